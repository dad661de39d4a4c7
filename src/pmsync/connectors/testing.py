# ruff: noqa: S101 - pytest is made of asserts
"""Tests that every connector must pass, for connectors in this package and in yours.

    from pmsync.connectors.testing import ConnectorContract

    class TestMyTracker(ConnectorContract):
        secrets = ("my-token",)

        @pytest.fixture
        def make(self):
            with my_test_server() as url:
                yield lambda: MyConnector("source", settings_for(url), context)

`make` makes a new connector each time, to the same tracker, which holds some items and does not change meanwhile.
"""

import copy
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from pmsync.connectors.interface import Connector, Page, Resume
from pmsync.model import Catalog, Change, Item, Presence, Problem, Raw, Record

Make = Callable[[], Connector]
NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


@dataclass
class MemoryStore:
    """Holds one source in memory and applies pages as the real store does."""

    items: dict[str, Item] = field(default_factory=dict)
    changes: dict[str, dict[str, Change]] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)
    raws: dict[tuple[str, str], Raw] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    expected: int | None = None
    watermark: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """Ids of items that the last sync created or changed, in that order."""

    def sync(self, connector: Connector, *, pages: int | None = None, **resume: Any) -> "MemoryStore":
        """Pull to the end, or stop dead after so many pages."""
        self.written, self.problems = [], []
        stream = connector.pull(self.resume(**resume))
        for count, page in enumerate(stream, 1):
            self.apply(page, connector)
            if count == pages:
                break
        close = getattr(stream, "close", None)
        if close:
            close()
        return self

    def resume(self, now: datetime = NOW, **asked: bool) -> Resume:
        """What the next pull is told."""
        return Resume(now=now, checkpoint=self.checkpoint, stamps=self.stamps, **asked)

    def apply(self, page: Page, connector: Connector) -> None:
        """Write a page and its checkpoint as one step."""
        if page.remap:
            self._remap(connector)
        batch = connector.model(page.raws)
        self.catalog = self.catalog | batch.catalog
        self.raws.update({(raw.kind, raw.id): raw for raw in page.raws})
        for record in batch.records:
            self._put(record)
        for change in batch.changes:
            self.changes.setdefault(change.item_id, {})[change.id] = change
        for absence in page.absences:
            item = self.items[absence.item_id]
            self.items[item.id] = _renamed(replace(item, presence=absence.presence), item, absence.key or item.key)
        self.checkpoint = copy.deepcopy(page.checkpoint) if page.checkpoint is not None else self.checkpoint
        self.expected = page.expected if page.expected is not None else self.expected
        self.watermark = page.watermark or self.watermark
        self.problems += page.problems

    def here(self) -> dict[str, Item]:
        """The items that the tracker still shows."""
        return {id: item for id, item in self.items.items() if item.presence is Presence.HERE}

    def stamps(self, board_id: str | None = None, *, archived: bool = False) -> dict[str, datetime]:
        """Item id -> `updated` of what is here, or archived."""
        shown = (Presence.HERE, Presence.ARCHIVED) if archived else (Presence.HERE,)
        found = [item for item in self.items.values() if item.presence in shown]
        return {item.id: item.updated for item in found if board_id is None or board_id in item.board_ids}

    def remapped(self, connector: Connector) -> "MemoryStore":
        """What a remap with a new connector makes of the raw records."""
        order = {kind: place for place, kind in enumerate(connector.catalog_kinds)}
        fresh = MemoryStore()
        for raw in sorted(self.raws.values(), key=lambda raw: order.get(raw.kind, len(order))):
            fresh.apply(Page(raws=(raw,)), connector)
        return fresh

    def _remap(self, connector: Connector) -> None:
        """As the app does it: history anew, presence as it was."""
        fresh = self.remapped(connector)
        self.changes, self.catalog = fresh.changes, self.catalog | fresh.catalog
        for id, item in fresh.items.items():
            held = self.items[id]
            same = replace(item, presence=held.presence, presence_since=held.presence_since)
            self.items[id] = _renamed(same, held, held.key if held.presence is not Presence.HERE else item.key)

    def _put(self, record: Record) -> None:
        known, held = self.items.get(record.item.id), self.changes.get(record.item.id, {})
        found = {**held, **{change.id: change for change in record.changes}}
        item = _renamed(record.item, known, record.item.key) if known else record.item
        if (known, held) != (item, found):
            self.written.append(item.id)
        self.items[item.id] = item
        self.changes[item.id] = found


def _renamed(item: Item, known: Item, key: str) -> Item:
    """The item under this key, with every key it ever had as an alias."""
    aliases = dict.fromkeys((*known.aliases, *item.aliases, known.key))
    return replace(item, key=key, aliases=tuple(alias for alias in aliases if alias != key))


class ConnectorContract:
    """Subclass it, name your `secrets`, and give it the fixture `make`."""

    secrets: ClassVar[Sequence[str]] = ()

    @pytest.fixture
    def make(self) -> Iterator[Make]:
        """Connectors to one tracker that holds some items."""
        raise NotImplementedError

    @pytest.fixture
    def straight(self, make: Make) -> MemoryStore:
        """What one undisturbed pull gives."""
        return MemoryStore().sync(make())

    def test_making_one_asks_nothing(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        """No network in the constructor."""
        monkeypatch.setattr(socket.socket, "connect", _no_network)
        assert make().requests == 0

    def test_a_second_pull_brings_nothing_new(self, make: Make, straight: MemoryStore) -> None:
        """Pulling what has not changed writes nothing."""
        assert straight.items
        assert straight.sync(make()).written == []

    def test_a_full_pull_brings_the_same(self, make: Make, straight: MemoryStore) -> None:
        """Asking for everything again writes nothing new."""
        assert straight.sync(make(), full=True).written == []

    def test_the_model_is_pure(self, make: Make, straight: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same records make the same model, without asking anybody; a remap agrees with the pull."""
        monkeypatch.setattr(socket.socket, "connect", _no_network)
        once, twice = straight.remapped(make()), straight.remapped(make())
        assert (once.items, once.changes, once.catalog) == (twice.items, twice.changes, twice.catalog)
        assert (once.items, once.changes) == (straight.items, straight.changes)

    def test_a_pull_resumes_at_every_page(self, make: Make, straight: MemoryStore) -> None:
        """Stopped after any page, the next pull completes the store; nothing is lost or doubled."""
        pages = sum(1 for _ in make().pull(MemoryStore().resume()))
        for stop in sorted({*range(1, min(pages, 10)), pages - 1} - {0}):
            store = MemoryStore().sync(make(), pages=stop).sync(make())
            assert (store.items, store.changes) == (straight.items, straight.changes), f"stopped after page {stop}"

    def test_the_last_page_promotes_the_watermark(self, make: Make) -> None:
        """Only a pull that went to the end says up to when everything is known."""
        *rest, last = make().pull(MemoryStore().resume())
        assert last.watermark is not None
        assert last.watermark.utcoffset() is not None
        assert all(page.watermark is None for page in rest)

    def test_what_is_there_is_never_absent(self, make: Make, straight: MemoryStore) -> None:
        """A sweep of a tracker that lost nothing finds nothing; a first pull cannot find anything."""
        assert all(not page.absences for page in make().pull(MemoryStore().resume()))
        assert all(not page.absences for page in make().pull(straight.resume(sweep=True)))

    def test_records_fit_together(self, make: Make, straight: MemoryStore) -> None:
        """Items are of this source; changes have an item and an id of their own; instants are in UTC."""
        ids = [change.id for changes in straight.changes.values() for change in changes.values()]
        moments = [change.at for changes in straight.changes.values() for change in changes.values()]
        moments += [moment for item in straight.items.values() for moment in (item.created, item.updated)]
        assert {item.source for item in straight.items.values()} == {make().source}
        assert straight.changes.keys() <= straight.items.keys()
        assert len(ids) == len(set(ids))
        assert all(moment.utcoffset() is not None and not moment.utcoffset() for moment in moments)

    def test_secrets_stay_secret(self, make: Make, straight: MemoryStore) -> None:
        """Neither the connector's text nor anything handed to the store holds a secret."""
        raws = b"\n".join(raw.body() for raw in straight.raws.values()).decode(errors="replace")
        said = f"{make()!r} {straight.checkpoint!r} {raws}"
        assert not [secret for secret in self.secrets if secret in said]

    def test_boards_and_doctor_answer(self, make: Make) -> None:
        """Both work on a healthy tracker, and every complaint names its remedy."""
        connector = make()
        findings = list(connector.doctor())
        assert list(connector.boards())
        assert {finding.level for finding in findings} <= {"ok", "warning", "error"}
        assert all(finding.fix for finding in findings if finding.level == "error")

    def test_it_can_be_closed_twice(self, make: Make) -> None:
        """Closing gives connections back, and is never an error."""
        connector = make()
        list(connector.boards())
        connector.close()
        connector.close()


def _no_network(*_: object) -> None:
    raise AssertionError("this must not use the network")
