"""A store in memory: applies pages as the real one does, so that connectors can be tested without a database."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pmsync.connectors.interface import Connector, Page, Resume
from pmsync.model import Catalog, Change, Item, Presence, Problem, Raw

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


@dataclass
class FakeStore:
    """Holds one source. `apply` writes a page and its checkpoint as one step."""

    items: dict[str, Item] = field(default_factory=dict)
    changes: dict[str, dict[str, Change]] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)
    raws: dict[tuple[str, str], Raw] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    expected: int | None = None
    watermark: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """Ids in the order they were created or changed."""

    def apply(self, page: Page, connector: Connector) -> None:
        batch = connector.model(page.raws)
        self.catalog = self.catalog | batch.catalog
        for raw in page.raws:
            self.raws[raw.kind, raw.id] = raw
        for record in batch.records:
            self._put(record.item, record.changes)
        for change in batch.changes:
            self.changes.setdefault(change.item_id, {})[change.id] = change
        for absence in page.absences:
            item = self.items[absence.item_id]
            aliases = (*item.aliases, item.key) if absence.key not in (None, item.key) else item.aliases
            self.items[item.id] = replace(
                item, presence=absence.presence, key=absence.key or item.key, aliases=tuple(dict.fromkeys(aliases))
            )
        if page.checkpoint is not None:
            self.checkpoint = copy.deepcopy(page.checkpoint)
        self.expected = page.expected if page.expected is not None else self.expected
        self.watermark = page.watermark or self.watermark
        self.problems += page.problems

    def _put(self, item: Item, changes: tuple[Change, ...]) -> None:
        known = self.items.get(item.id)
        if known:
            old = (*known.aliases, *((known.key,) if known.key != item.key else ()))
            item = replace(item, aliases=tuple(dict.fromkeys(key for key in (*item.aliases, *old) if key != item.key)))
        found = {change.id: change for change in changes}
        if (known, self.changes.get(item.id)) != (item, found):
            self.written.append(item.id)
        self.items[item.id] = item
        self.changes[item.id] = found

    def here(self) -> dict[str, Item]:
        return {id: item for id, item in self.items.items() if item.presence is Presence.HERE}

    def stamps(self, board_id: str | None = None) -> dict[str, datetime]:
        here = self.here().items()
        return {id: item.updated for id, item in here if board_id is None or board_id in item.board_ids}

    def resume(self, now: datetime = NOW, *, full: bool = False, sweep: bool = False) -> Resume:
        return Resume(now=now, checkpoint=self.checkpoint, stamps=self.stamps, full=full, sweep=sweep)

    def sync(self, connector: Connector, *, pages: int | None = None, **resume: Any) -> "FakeStore":
        """Pull to the end, or stop dead after so many pages; say what was written in `written`."""
        self.written, self.problems = [], []
        stream: Iterator[Page] = connector.pull(self.resume(**resume))
        for count, page in enumerate(stream, 1):
            self.apply(page, connector)
            if count == pages:
                stream.close()  # type: ignore[attr-defined]
                break
        return self

    def remapped(self, connector: Connector) -> "FakeStore":
        """What a remap with this (new) connector would make of the raw records."""
        fresh = FakeStore()
        order = {kind: place for place, kind in enumerate(connector.catalog_kinds)}
        for raw in sorted(self.raws.values(), key=lambda raw: order.get(raw.kind, len(order))):
            fresh.apply(Page(raws=(raw,)), connector)
        return fresh
