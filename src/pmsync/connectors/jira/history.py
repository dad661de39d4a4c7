"""A Jira changelog as changes of the common model."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pmsync.connectors.jira.catalog import Tables, instant
from pmsync.connectors.jira.shapes import Entry, Moved
from pmsync.model import Change, Field


class _Step(NamedTuple):
    """From one value to another, as words and ids."""

    before: str | None
    before_id: str | None
    after: str | None
    after_id: str | None


def changes(item_id: str, histories: Sequence[Entry], tables: Tables) -> tuple[Change, ...]:
    """The changes of the fields that the model knows, oldest first.

    A change's id is made of the entry's id and its places in it, so that it is the same on every fetch and endpoint.
    """
    known = tables.fields.history
    found: list[tuple[datetime, int, Entry, list[tuple[int, Moved, Field]]]] = []
    for entry in histories:
        rows = [
            (place, row, field)
            for place, row in enumerate(entry.items)
            if (field := known.get(row.fieldId or "") or known.get(row.field.lower()))
        ]
        if rows and (at := instant(entry.created)):
            found.append((at, int(entry.id), entry, rows))
    found.sort(key=lambda each: each[:2])
    return tuple(change for at, _, entry, rows in found for change in _changes(item_id, at, entry, rows, tables))


def former_keys(histories: Sequence[Entry], key: str) -> tuple[str, ...]:
    """The keys an issue had before it was moved, oldest first."""
    old = [row.before for entry in histories for row in entry.items if row.field == "Key"]
    return tuple(dict.fromkeys(each for each in old if each and each != key)) if old else ()


def _changes(
    item_id: str, at: datetime, entry: Entry, rows: Sequence[tuple[int, Moved, Field]], tables: Tables
) -> Iterator[Change]:
    by_id = entry.author.id if entry.author else None
    for place, row, field in rows:
        for number, step in enumerate(_steps(field, row, tables)):
            yield Change(
                id=f"{entry.id}.{place}.{number}" if field in _SEVERAL else f"{entry.id}.{place}",
                item_id=item_id,
                field=field,
                at=at,
                before=step.before,
                before_id=step.before_id,
                after=step.after,
                after_id=step.after_id,
                by_id=by_id,
            )


_SEVERAL = {Field.SPRINT, Field.LABEL}
"""Fields that a changelog writes as whole lists; the model wants what was added and what was removed."""


def _steps(field: Field, row: Moved, tables: Tables) -> list[_Step]:
    before, before_id = row.before or None, row.before_id or None
    after, after_id = row.after or None, row.after_id or None
    if field is Field.LABEL:
        return _several(_words(before), _words(after), named=False)
    if field is Field.SPRINT:
        return _several(_sprints(before_id, before, tables), _sprints(after_id, after, tables), named=True)
    if field is Field.DUE:  # the words are written for people: `2026-05-04 00:00:00.0`; the value is the date
        return [_Step(_day(before_id or before), None, _day(after_id or after), None)]
    if field is Field.ESTIMATE:
        return [_Step(before_id or before, None, after_id or after, None)]
    return [_Step(before, before_id, after, after_id)]


def _several(before: Mapping[str, str], after: Mapping[str, str], *, named: bool) -> list[_Step]:
    gone = [_Step(before[id], id if named else None, None, None) for id in before if id not in after]
    new = [_Step(None, None, after[id], id if named else None) for id in after if id not in before]
    return gone + new


def _words(text: str | None) -> dict[str, str]:
    return {word: word for word in (text or "").split()}


def _sprints(ids: str | None, names: str | None, tables: Tables) -> dict[str, str]:
    """Sprint ids with names. Names are divided by commas and may hold some: then the small table knows better."""
    found = [id.strip() for id in (ids or "").split(",") if id.strip()]
    words = [names or ""] if len(found) == 1 else (names or "").split(", ")
    if len(words) != len(found):
        words = [tables.sprints[id].name if id in tables.sprints else id for id in found]
    return dict(zip(found, words, strict=True))


def _day(text: str | None) -> str | None:
    return text[:10] if text else None
