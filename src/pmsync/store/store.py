"""The store: writes a plan in one transaction, streams items and changes back."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from pmsync.model import Absence, Catalog, Change, Field, Item, Json, Known, Plan, Presence, Raw, Record
from pmsync.store.columns import to_json
from pmsync.store.filters import conditions, holds, matcher, natural, one_of_keys
from pmsync.store.journal import Journal
from pmsync.store.query import ItemQuery
from pmsync.store.tables import CATALOG_KINDS, CHANGES, ITEMS, RAWS, catalog, changes, checkpoints, items, raw

_CHUNK = 500
"""How many ids go into one statement and how many rows are fetched at once."""

_PRESENCE = frozenset({"presence", "presence_since"})
_STREAM = {"yield_per": _CHUNK}
_EVERYTHING = ItemQuery()
_ENTRIES: dict[str, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(entry) for kind, entry in CATALOG_KINDS.items()
}


class Store(Journal):
    """An open store. Every write is one transaction; items and changes stream as of one instant, in bounded memory."""

    # -- writes ------------------------------------------------------------------------------------------------------

    def apply(self, source: str, plan: Plan, *, raws: Sequence[Raw] = (), checkpoint: Json | None = None) -> None:
        """Write a batch whole or not at all: records, history, catalog, absences, raw records, checkpoint.

        A key that changed stays as an alias; an item that is back is `here` again; history is only ever added to.
        """
        with self._write() as connection:
            self._put(connection, source, plan)
            self._put_rows(connection, raw, (RAWS.pack(record, source) for record in raws))
            if checkpoint is not None:
                self._put_rows(connection, checkpoints, [(source, checkpoint)])

    @contextmanager
    def rebuild(self, source: str) -> Iterator[Callable[[Plan], None]]:
        """Model a source anew (`remap`): yields the function to write plans with, all in one transaction.

        The source's history is replaced, so every item must be among `create` or `update` of some plan. Presence,
        the key of an item that is not here, overrides and the checkpoint stay. Nothing else can write meanwhile.
        """
        with self._write() as connection:
            connection.execute(delete(changes).where(changes.c.source == source))
            yield partial(self._put, connection, source, keep_presence=True)

    def _put(self, connection: Connection, source: str, plan: Plan, *, keep_presence: bool = False) -> None:
        records = [*plan.create, *plan.update]
        known = self._known(connection, source, [record.item.id for record in records])
        rows = (_item_row(record, known.get(record.item.id), keep_presence) for record in records)
        self._put_rows(connection, items, rows, keep=_PRESENCE if keep_presence else frozenset())
        history = chain(*(record.changes for record in records), plan.changes)
        self._put_rows(connection, changes, (CHANGES.pack(change, source) for change in history))
        self._put_catalog(connection, source, plan.catalog)
        self._put_absences(connection, source, plan.absences, plan.at)

    def _put_catalog(self, connection: Connection, source: str, part: Catalog) -> None:
        rows = (
            (source, kind, id, to_json(entry)) for kind in CATALOG_KINDS for id, entry in getattr(part, kind).items()
        )
        self._put_rows(connection, catalog, rows)

    def _put_absences(self, connection: Connection, source: str, absences: Sequence[Absence], at: datetime) -> None:
        known = self._known(connection, source, [absence.item_id for absence in absences])
        news = [absence for absence in absences if absence.item_id in known]
        rows = [row for absence in news if (row := _absence_row(absence, known[absence.item_id], at))]
        if rows:
            this = (items.c.source == source) & (items.c.id == bindparam("item_id"))
            connection.execute(update(items).where(this), rows)

    # -- reads -------------------------------------------------------------------------------------------------------

    def known(self, source: str, ids: Collection[str]) -> dict[str, Known]:
        """What is held of these items, whatever their presence; ids that are not held are left out."""
        with self._read() as connection:
            return self._known(connection, source, ids)

    def _known(self, connection: Connection, source: str, ids: Collection[str]) -> dict[str, Known]:
        c = items.c
        query = select(c.id, c.fingerprint, c.presence, c.key, c.aliases).where(c.source == source)
        return {
            row.id: Known(fingerprint=row.fingerprint, presence=row.presence, key=row.key, aliases=row.aliases)
            for chunk in _chunks(ids)
            for row in connection.execute(query.where(c.id.in_(chunk)))
        }

    def count(self, source: str, presence: Presence | None = Presence.HERE) -> int:
        """How many items of a source are held; None counts them all."""
        query = select(func.count()).select_from(items).where(items.c.source == source)
        if presence is not None:
            query = query.where(items.c.presence == presence)
        with self._read() as connection:
            return connection.scalar(query) or 0

    def stamps(self, source: str, board_id: str | None = None, *, archived: bool = False) -> dict[str, datetime]:
        """`updated` by id of the items that are here, with `archived` of those too, of one board if one is named."""
        shown = [Presence.HERE, Presence.ARCHIVED] if archived else [Presence.HERE]
        query = select(items.c.id, items.c.updated).where(items.c.source == source, items.c.presence.in_(shown))
        if board_id is not None:
            query = query.where(holds(items.c.board_ids, [board_id], self._dialect))
        with self._read() as connection:
            return {row.id: row.updated for row in connection.execute(query)}

    def checkpoint(self, source: str) -> Json:
        """Where the last stored batch of a source got to; empty before the first."""
        with self._read() as connection:
            return connection.scalar(select(checkpoints.c.body).where(checkpoints.c.source == source)) or {}

    def catalog(self, source: str) -> Catalog:
        """Boards, stages, sprints, versions, people and projects of a source."""
        with self._read() as connection:
            return self._catalog(connection, source)

    def _catalog(self, connection: Connection, source: str) -> Catalog:
        tables: dict[str, dict[str, Any]] = {kind: {} for kind in CATALOG_KINDS}
        query = select(catalog.c.kind, catalog.c.id, catalog.c.body).where(catalog.c.source == source)
        for kind, id, body in connection.execute(query.order_by(catalog.c.kind, catalog.c.id)):
            tables[kind][id] = _ENTRIES[kind].decode(body)
        return Catalog(**tables)

    def items(self, query: ItemQuery = _EVERYTHING) -> Iterator[Item]:
        """Stream items by source, then by key in natural order."""
        matches = matcher(query)
        with self._read() as connection:
            for source in sorted(query.sources) or self._sources(connection):
                narrowed = conditions(query, source, self._catalog(connection, source), self._dialect)
                found = select(*ITEMS.columns).where(*narrowed).order_by(items.c.key_order, items.c.id)
                with connection.execute(found, execution_options=_STREAM) as rows:
                    yield from (ITEMS.unpack(row) for row in rows if matches(row))

    def _sources(self, connection: Connection) -> list[str]:
        return sorted(connection.scalars(select(items.c.source).distinct()))

    def item(self, key_or_id: str) -> list[Item]:
        """The items meant by a key or id: exactly so if there are any, else by a former key, else in any case."""
        query = select(*ITEMS.columns).where(or_(items.c.id == key_or_id, one_of_keys([key_or_id], self._dialect)))
        with self._read() as connection:
            found = [ITEMS.unpack(row) for row in connection.execute(query.order_by(items.c.source, items.c.id))]
        exact = [item for item in found if key_or_id in (item.key, item.id)]
        return exact or [item for item in found if key_or_id in item.aliases] or found

    def changes(
        self, source: str, item_ids: Collection[str] | None = None, fields: Collection[Field] | None = None
    ) -> Iterator[Change]:
        """Stream history by item id, time and change id: of all items or of some, of all fields or of some."""
        query = select(*CHANGES.columns).where(changes.c.source == source)
        if fields is not None:
            query = query.where(changes.c.field.in_(fields))
        query = query.order_by(changes.c.item_id, changes.c.at, changes.c.id)
        parts = [query] if item_ids is None else [query.where(changes.c.item_id.in_(ids)) for ids in _chunks(item_ids)]
        with self._read() as connection:
            for part in parts:
                with connection.execute(part, execution_options=_STREAM) as rows:
                    yield from map(CHANGES.unpack, rows)

    def raw(self, source: str, kinds: Sequence[str] = ()) -> Iterator[Raw]:
        """Stream raw records: these kinds first and in this order, then the others.

        No transaction stays open between two chunks, so that a remap can write while it reads.
        """
        with self._read() as connection:
            held = connection.scalars(select(raw.c.kind).where(raw.c.source == source).distinct()).all()
        first = [kind for kind in kinds if kind in held]
        for kind in [*first, *sorted(set(held) - set(first))]:
            yield from self._raw_of_kind(source, kind)

    def _raw_of_kind(self, source: str, kind: str) -> Iterator[Raw]:
        query = select(*RAWS.columns).order_by(raw.c.id).limit(_CHUNK)
        query = query.where(raw.c.source == source, raw.c.kind == kind)
        last = ""
        while True:
            with self._read() as connection:
                rows = connection.execute(query.where(raw.c.id > last)).all()
            yield from map(RAWS.unpack, rows)
            if len(rows) < _CHUNK:
                return
            last = rows[-1].id


def _item_row(record: Record, old: Known | None, keep_presence: bool) -> tuple[Any, ...]:
    item = record.item
    key, former = item.key, item.aliases
    if old:
        key = old.key if keep_presence and old.presence is not Presence.HERE else key
        former = (*former, *old.aliases, old.key, item.key)
    aliases = _other_keys(key, former)
    if (key, aliases) != (item.key, item.aliases):
        item = replace(item, key=key, aliases=aliases)
    return ITEMS.pack(item, natural(key), record.fingerprint)


def _absence_row(absence: Absence, old: Known, at: datetime) -> dict[str, Any] | None:
    key = absence.key or old.key
    if (absence.presence, key) == (old.presence, old.key):
        return None  # swept before: it has been gone since then
    return {
        "item_id": absence.item_id,
        "presence": absence.presence,
        "presence_since": at,
        "key": key,
        "aliases": _other_keys(key, (*old.aliases, old.key)),
        "key_order": natural(key),
    }


def _other_keys(key: str, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(former for former in keys if former != key))


def _chunks(ids: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(ids))
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
