"""How fast the Jira connector is, as ratios within one run, against the demo Jira in another process.

The faster of two downloads is compared with the faster of two syncs.

    python benchmarks/bench_jira.py --size 20000          the whole table
    python benchmarks/bench_jira.py --size 1000 --quick    in seconds, without the memory comparison
    python benchmarks/bench_jira.py --size 5000 --data-center

`--sink module:callable` measures with a store: it is called once without arguments and gives an object with
`apply(page, connector)`, `stamps()` and `checkpoint`. Without it pages are mapped into the model and forgotten.
"""

import argparse
import gc
import importlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from operator import itemgetter
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from pmsync.connectors.interface import Connector, Context, Page, Resume
from pmsync.connectors.jira import connect
from pmsync.connectors.jira.connector import JiraConnector
from pmsync.connectors.transport import Transport

CONTEXT = Context(timezone=ZoneInfo("UTC"))
CONNECTIONS = 8


class Token:
    def reveal(self) -> str:
        return "demo-token"


@dataclass
class Settings:
    url: str
    email: str | None
    token: Token = field(default_factory=Token)
    username = password = cloud_id = jql = points_field = ca_bundle = client_cert = client_key = proxy = None
    projects = boards = custom_fields = ()
    types: dict[str, str] = field(default_factory=dict)
    type: str = "jira"


class Forget:
    """Maps pages into the model, keeps on disk what the next sync needs, forgets the rest."""

    def __init__(self) -> None:
        self.checkpoint: Any = {}
        self._stamps = TemporaryFile("w+")  # noqa: SIM115 - lives as long as the sink

    def apply(self, page: Page, connector: Connector) -> None:
        batch = connector.model(page.raws)
        self._stamps.writelines(f"{record.item.id} {record.item.updated.isoformat()}\n" for record in batch.records)
        self.checkpoint = page.checkpoint if page.checkpoint is not None else self.checkpoint

    def stamps(self, board_id: str | None = None) -> dict[str, datetime]:
        if board_id is not None:
            return {}  # boards that hold whole projects are not asked about
        self._stamps.seek(0)
        return {id: datetime.fromisoformat(moment) for id, moment in (line.split() for line in self._stamps)}


def sync(url: str, kind: str, sink: Any) -> JiraConnector:
    connector = connect("bench", Settings(url, "demo@example.org" if kind == "cloud" else None), CONTEXT)
    resume = Resume(now=datetime.now(UTC), checkpoint=sink.checkpoint, stamps=sink.stamps)
    for page in connector.pull(resume):
        sink.apply(page, connector)
    connector.close()
    return connector


@contextmanager
def served(kind: str, issues: int, latency: float) -> Iterator[str]:
    """A demo Jira in a process of its own."""
    options = ["--issues", str(issues), "--latency", str(latency), "--deployment", kind]
    with subprocess.Popen(
        [sys.executable, "-m", "pmsync.demo.jira", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def recorded() -> Iterator[list[tuple[str, str, Any, Any]]]:
    """Every request that is sent meanwhile."""
    sent: list[tuple[str, str, Any, Any]] = []
    plain = Transport.request

    def request(self: Transport, method: str, url: str, **options: Any) -> Any:
        sent.append((method, url, options.get("params"), options.get("data")))
        return plain(self, method, url, **options)

    Transport.request = request  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        Transport.request = plain  # type: ignore[method-assign]


def download(address: str, kind: str, requests: list[tuple[str, str, Any, Any]]) -> tuple[float, int]:
    """The same responses, with as many connections, read and dropped. Returns seconds and bytes."""
    waiting: SimpleQueue[tuple[str, str, Any, Any]] = SimpleQueue()
    for request in requests:
        waiting.put(request)
    sizes: list[int] = []
    headers = {
        "Authorization": "Basic ZGVtb0BleGFtcGxlLm9yZzpkZW1vLXRva2Vu" if kind == "cloud" else "Bearer demo-token",
        "Content-Type": "application/json",
        "Accept-Encoding": "gzip",
    }

    def work() -> None:
        connection = HTTPConnection(urlsplit(address).netloc)
        while True:
            try:
                method, url, params, data = waiting.get_nowait()
            except Empty:
                connection.close()
                return
            query = "?" + urlencode(params) if params else ""
            connection.request(method, url + query, body=data, headers=headers)
            sizes.append(len(connection.getresponse().read()))

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start, sum(sizes)


def in_a_process(url: str, kind: str, sink: str) -> dict[str, float]:
    """A first and a second sync in a fresh process, with its peak memory; it may keep what it compiles."""
    command = [sys.executable, __file__, "--child", url, "--sink", sink, *(["--data-center"] * (kind != "cloud"))]
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=usual).stdout))


def peak_memory() -> float:
    """MB of this process. Linux counts the parent's in `ru_maxrss` of a new process, but not in VmHWM."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(url: str, kind: str, make: Any) -> None:
    sink = make()
    gc.set_threshold(100_000)  # as `pmsync.app.sync` does
    start, cpu = time.perf_counter(), time.process_time()
    first = sync(url, kind, sink)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = peak_memory()
    again = time.perf_counter()
    second = sync(url, kind, sink)
    result = {"seconds": seconds, "cpu": cpu, "requests": first.requests, "peak": peak}
    print(json.dumps({**result, "again": time.perf_counter() - again, "again requests": second.requests}))


def fifty_changed(kind: str, issues: int) -> tuple[int, int, int]:
    """Requests of an empty sync, of one after 50 changes, and the number of boards; in this process."""
    from pmsync.demo.jira.crowd import generate
    from pmsync.demo.jira.site import JiraSite
    from pmsync.demo.server import serve

    clock = [datetime(2026, 5, 4, 8, tzinfo=UTC)]
    site = JiraSite(clock[0], deployment=kind, fill=generate(issues), now=lambda: clock[0])
    with serve(site) as server:
        sink = Forget()
        sync(server.url, kind, sink)
        clock[0] += timedelta(hours=1)
        empty = sync(server.url, kind, sink).requests
        for number, issue in enumerate(list(site.issues.values())[:: issues // 50][:50]):
            site.edit(issue.key, summary=f"Changed {number}")
        clock[0] += timedelta(hours=1)
        return empty, sync(server.url, kind, sink).requests, len(site.tables["board"])


def line(what: str, value: str, limit: str) -> None:
    print(f"{what:<58} {value:>18}   {limit}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=20_000)
    options.add_argument("--latency", type=float, default=0.1)
    options.add_argument("--quick", action="store_true", help="without the comparison of memory")
    options.add_argument("--data-center", dest="kind", action="store_const", const="datacenter", default="cloud")
    options.add_argument("--sink", default=f"{Path(__file__).stem}:Forget")
    options.add_argument("--child", help=argparse.SUPPRESS)
    given = options.parse_args()
    module, name = given.sink.split(":")
    if given.child:
        child(given.child, given.kind, getattr(importlib.import_module(module), name))
        return
    with served(given.kind, given.size, given.latency) as url:
        with recorded() as requests:
            sync(url, given.kind, Forget())  # also lets the server remember what it has rendered
        bare, size = min(download(url, given.kind, requests) for _ in range(2))
        ours = min((in_a_process(url, given.kind, given.sink) for _ in range(2)), key=itemgetter("seconds"))
    line(f"bare download, {given.size} issues, {size / 1e6:.1f} MB on the wire", f"{bare:.2f} s", "")
    line("first sync, whole process", f"{ours['seconds']:.2f} s", "10 s for 20,000")
    line("  as a ratio", f"{ours['seconds'] / bare:.2f}", "1.5")
    line("  CPU", f"{ours['cpu']:.2f} s", "")
    line("  requests", f"{ours['requests']:.0f}", f"{given.size / 90:.0f}")
    line("  peak memory", f"{ours['peak']:.0f} MB", "150 MB")
    with served(given.kind, given.size, 0.0) as url:
        still = in_a_process(url, given.kind, given.sink)
    line("second sync, nothing changed, no latency", f"{still['again']:.2f} s", "1 s")
    empty, changed, boards = fifty_changed(given.kind, given.size)
    line("  requests", f"{empty}", f"{12 + 2 * boards} (12 + 2 x {boards} boards)")
    line("50 changed issues: requests more than that", f"{changed - empty}", "6")
    if not given.quick:
        peaks = []
        for size in (5_000, 50_000):
            with served(given.kind, size, 0.0) as url:
                peaks.append(in_a_process(url, given.kind, given.sink)["peak"])
        ratio = f"{peaks[1]:.0f} / {peaks[0]:.0f} = {peaks[1] / peaks[0]:.2f}"
        line("peak memory, 50,000 issues against 5,000", ratio, "1.2")


if __name__ == "__main__":
    main()
