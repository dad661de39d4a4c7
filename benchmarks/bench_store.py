"""How long a store takes: 20,000 items with 160,000 changes, written in batches of 100 to 1000, and read back.

python benchmarks/bench_store.py [--url URL] [--items N] [--batch N]
"""

import argparse
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from pmsync.model import Board, Catalog, Category, Change, Field, Item, ItemType, Plan, Raw, Record, Stage
from pmsync.store import ItemQuery, open_store

START = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = {str(id): Stage(id=str(id), name=f"Stage {id}", category=Category.ACTIVE) for id in range(5)}
CATALOG = Catalog(stages=STAGES, boards={"7": Board(id="7", name="PAY board", kind="scrum")})


def record(number: int, changes: int = 8) -> Record:
    created = START + timedelta(minutes=number)
    history = tuple(
        Change(
            id=f"{number}:{step}",
            item_id=str(number),
            field=Field.STATUS,
            at=created + timedelta(hours=step),
            before=f"Stage {step % 5}",
            before_id=str(step % 5),
            after=f"Stage {(step + 1) % 5}",
            after_id=str((step + 1) % 5),
            by_id=f"account-{number % 40}",
        )
        for step in range(changes)
    )
    item = Item(
        source="shop",
        id=str(number),
        key=f"PAY-{number}",
        url=f"https://example.org/browse/PAY-{number}",
        type=ItemType.STORY,
        type_name="Story",
        title=f"As a customer I want voucher {number} to be accepted",
        description="Given a basket, when a voucher is entered, then the sum is lower. " * 8,
        created=created,
        updated=created + timedelta(days=1),
        stage_id=str(number % 5),
        labels=("checkout", "voucher"),
        assignee_ids=(f"account-{number % 40}",),
        sprint_ids=("1", "2"),
        board_ids=("7",),
        points=3.0,
    )
    return Record(item, history)


@contextmanager
def timed(what: str) -> Iterator[None]:
    wall, own = time.perf_counter(), time.process_time()
    yield
    print(f"{what:<40}{time.perf_counter() - wall:7.2f} s{time.process_time() - own:8.2f} s of our own")


def measure(url: str, count: int, batch: int) -> None:
    parts = [range(start, min(start + batch, count)) for start in range(0, count, batch)]
    batches = [tuple(record(number) for number in part) for part in parts]
    body = b'{"fields": {"summary": "' + b"x" * 4000 + b'"}}'
    raws = [[Raw.of("issue", entry.item.id, body) for entry in records] for records in batches]
    print(f"{count} items, {count * 8} changes, batches of {batch}")
    with timed("fingerprints (part of each write)"):
        for records in batches:
            for entry in records:
                _ = entry.fingerprint
    with timed("open, new"):
        open_store(url).close()
    with timed("open, at head"):
        open_store(url).close()
    with open_store(url) as store:
        for what in ("first load", "same again"):
            with timed(what):
                for records, raw in zip(batches, raws, strict=True):
                    plan = Plan(create=records, catalog=CATALOG, at=START)
                    store.apply("shop", plan, raws=raw, checkpoint={"last": records[-1].item.id})
        with timed("remap: raw read, all written"), store.rebuild("shop") as write:
            for _ in store.raw("shop"):
                pass
            for records in batches:
                write(Plan(update=records, at=START))
        with timed("known, all"):
            store.known("shop", [str(number) for number in range(count)])
        with timed("stamps of a board"):
            store.stamps("shop", "7")
        with timed("items, all"):
            deque(store.items(), maxlen=0)
        with timed("items with a text"):
            deque(store.items(ItemQuery(text="voucher 77")), maxlen=0)
        with timed("item by key"):
            store.item("pay-77")
        with timed("changes, all"):
            deque(store.changes("shop"), maxlen=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a PostgreSQL database to write into; SQLite in a temporary folder if absent")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(given.url or f"{folder}/bench.db", given.items, given.batch)


if __name__ == "__main__":
    main()
