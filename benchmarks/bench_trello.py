"""How fast Trello is read, as ratios measured in one run, against a demo Trello at 100 ms latency.

python benchmarks/bench_trello.py [--size 0.1] [--store] [--pace]

first    a first pull of 10 boards, 5,000 cards and 20,000 actions, to a bare parallel download of the same answers
second   a pull when nothing has changed
changed  a pull when 30 cards of one board have changed
pace     a first pull from a Trello that enforces 100 requests in 10 s for a token, to the time that this allows
"""

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from pmsync.config import TrelloSource
from pmsync.connectors.interface import Connector, Context, Page, Resume
from pmsync.connectors.testing import MemoryStore
from pmsync.connectors.trello import connect
from pmsync.demo.server import serve
from pmsync.demo.trello import KEY, TOKEN
from pmsync.demo.trello.crowd import generate

LATENCY = 0.1
CONTEXT = Context(timezone=ZoneInfo("UTC"))
Sink = Callable[[Connector, Page], object]


def map_only(connector: Connector, page: Page) -> object:
    """The cheapest sink: the model is made and dropped."""
    return connector.model(page.raws)


@contextmanager
def served(*options: str) -> Iterator[str]:
    """A generated Trello in a process of its own, as a real one is."""
    command = [sys.executable, "-m", "pmsync.demo.trello", "--latency", str(LATENCY), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout
            yield running.stdout.readline().strip()
        finally:
            running.terminate()


def connector_to(url: str) -> Any:
    return connect("bench", TrelloSource.model_validate({"key": KEY, "token": TOKEN, "url": url}), CONTEXT)


def pull(connector: Any, sink: Sink = map_only, seen: list[str] | None = None, resume: Resume | None = None) -> float:
    """Seconds of one pull; the addresses it asked for go to `seen`."""
    start = time.perf_counter()
    if seen is not None:
        connector._trello._session.hooks["response"].append(lambda answer, **_: seen.append(answer.request.url))
    for page in connector.pull(resume or Resume(now=datetime.now(UTC))):
        sink(connector, page)
    return time.perf_counter() - start


def download(urls: list[str]) -> float:
    """Seconds of a bare download of the same answers over as many connections."""
    login = {"Authorization": f'OAuth oauth_consumer_key="{KEY}", oauth_token="{TOKEN}"', "Accept-Encoding": "gzip"}
    start = time.perf_counter()
    with requests.Session() as session, ThreadPoolExecutor(CONTEXT.connections) as pool:
        session.headers.update(login)
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=CONTEXT.connections))
        assert all(answer.ok for answer in pool.map(partial(session.get, timeout=60), urls))
    return time.perf_counter() - start


def first(boards: int, cards: int, actions: int, sink: Callable[[], Sink], rounds: int = 3) -> None:
    with served("--boards", str(boards), "--cards", str(cards), "--actions", str(actions)) as url:
        ours, bare = [], []
        for _ in range(rounds):
            urls: list[str] = []
            ours.append(pull(connector_to(url), sink(), urls))
            bare.append(download(urls))
    most = cards / 400 + actions / 1000 + 4 * boards
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    print(
        f"first    {statistics.median(ours):6.2f} s  {ratio:.2f} x bare ({statistics.median(bare):.2f} s), at most 1.5"
    )
    print(
        f"         {len(urls)} requests for {cards} cards and {actions} actions on {boards} boards, at most {most:.0f}"
    )


def later(boards: int, cards: int, actions: int) -> None:
    site = generate(boards, cards, actions)
    with serve(site, latency=LATENCY) as server:
        store = MemoryStore().sync(connector_to(server.url))
        server.log.clear()
        start = time.perf_counter()
        store.sync(connector_to(server.url))
        print(f"second   {time.perf_counter() - start:6.2f} s  {server.requests} requests, at most {1 + 3 * boards}")
        board = next(iter(site.boards))
        for card in [id for id, card in site.cards.items() if card["idBoard"] == board][:30]:
            site.edit(card, name="(5) Another name")
        server.log.clear()
        store.sync(connector_to(server.url))
        print(f"changed  30 cards: {server.requests} requests, at most {1 + 3 * boards + 4}")


def pace(boards: int) -> None:
    """Each board takes 3 requests, and 1 asks for all boards: more than one window of 100."""
    with served("--boards", str(boards), "--cards", str(boards), "--actions", str(boards * 12), "--limits") as url:
        urls: list[str] = []
        connector = connector_to(url)
        refused: list[int] = []
        connector._trello._session.hooks["response"].append(
            lambda answer, **_: refused.append(1) if answer.status_code == 429 else None
        )
        seconds = pull(connector, seen=urls)
    least = (len(urls) - 1) // 100 * 10
    allowed = f"{seconds / least:.2f} x the {least} s allowed, at most 1.1"
    print(f"pace     {seconds:6.2f} s  {len(urls)} requests, {len(refused)} refused, {allowed}")


@contextmanager
def storing() -> Iterator[Callable[[], Sink]]:
    """Sinks that write into a real store, a new one each time."""
    from pmsync.app.plan import plan
    from pmsync.store import open_store

    with tempfile.TemporaryDirectory() as folder:
        number = iter(range(100))

        def make() -> Sink:
            store = open_store(str(Path(folder, f"{next(number)}.db")))

            def write(connector: Connector, page: Page) -> None:
                batch = connector.model(page.raws)
                known = store.known("bench", [record.item.id for record in batch.records])
                planned = plan(batch, known, at=datetime.now(UTC))
                store.apply("bench", planned, raws=page.raws, checkpoint=page.checkpoint)

            return write

        yield make


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=1.0, help="a share of the boards, cards and actions")
    parser.add_argument("--store", action="store_true", help="write into a store, not only map")
    parser.add_argument("--pace", action="store_true", help="measure the pace too, which takes its time")
    options = parser.parse_args()
    gc.set_threshold(100_000, *gc.get_threshold()[1:])  # as a sync does
    boards, cards, actions = (max(1, round(count * options.size)) for count in (10, 5_000, 20_000))
    if options.store:
        with storing() as sink:
            first(boards, cards, actions, sink)
    else:
        first(boards, cards, actions, lambda: map_only)
    later(boards, cards, actions)
    if options.pace:
        pace(100 if options.size >= 1 else 40)


if __name__ == "__main__":
    main()
