"""A third-party connector, found by its entry point: it plays the pages and failures that a test has written down.

    play(shop=[[make_item("1")], UnreachableError("...")])

Each step is a list of items (one page), a `Page`, a function that makes one, or an exception to raise. A pull starts
after the pages that
the checkpoint says were stored, unless everything is asked for again.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pmsync.connectors.interface import Context, Finding, Page, Resume
from pmsync.model import Batch, Board, Item, Raw, Record

Step = list[Item] | Page | Exception | Callable[[Resume], Page]
SCRIPTS: dict[str, list[Step]] = {}


def play(**scripts: list[Step]) -> None:
    SCRIPTS.clear()
    SCRIPTS.update(scripts)


class Scripted:
    catalog_kinds = ("board",)

    def __init__(self, source: str, settings: Any, context: Context) -> None:
        self.source = source
        self.requests = 0

    def pull(self, resume: Resume) -> Iterator[Page]:
        start = 0 if resume.full else resume.checkpoint.get("step", 0)
        for number, step in enumerate(SCRIPTS[self.source][start:], start + 1):
            self.requests += 1
            if isinstance(step, Exception):
                raise step
            if callable(step):
                yield step(resume)
            else:
                yield step if isinstance(step, Page) else self.page(step, number)
        yield Page(watermark=resume.now)

    def page(self, items: list[Item], step: int) -> Page:
        raws = tuple(Raw.of("thing", item.id, pickle.dumps(item)) for item in items)
        return Page(raws=raws, checkpoint={"step": step})

    def model(self, raws: Iterable[Raw]) -> Batch:
        return Batch(records=tuple(Record(pickle.loads(raw.body())) for raw in raws))

    def boards(self) -> Sequence[Board]:
        return [Board(id="b1", name="Board", kind="scripted")]

    def doctor(self) -> Iterator[Finding]:
        yield Finding(level="ok", subject=self.source, message="plays its script")

    def close(self) -> None:
        pass
