"""A Jira changelog as changes of the common model."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pmsync.connectors.jira.catalog import Tables, instant, person
from pmsync.model import Change, Field

Entry = Mapping[str, Any]


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
    dated = [(at, entry) for entry in histories if (at := instant(entry.get("created")))]
    dated.sort(key=lambda pair: (pair[0], int(pair[1]["id"])))
    return tuple(change for at, entry in dated for change in _entry(item_id, at, entry, tables))


def former_keys(histories: Sequence[Entry], key: str) -> tuple[str, ...]:
    """The keys an issue had before it was moved, oldest first."""
    moves = (each for entry in histories for each in entry.get("items", ()) if each.get("field") == "Key")
    return tuple(dict.fromkeys(old for each in moves if (old := each.get("fromString")) and old != key))


def _entry(item_id: str, at: datetime, entry: Entry, tables: Tables) -> Iterator[Change]:
    known, author = tables.fields.history, person(entry.get("author"))
    by_id = author.id if author else None
    for place, row in enumerate(entry.get("items", ())):
        field = known.get(row.get("fieldId") or "") or known.get(row["field"].lower())
        if field is None:
            continue
        steps = _steps(field, row, tables)
        for number, step in enumerate(steps):
            id = f"{entry['id']}.{place}" + (f".{number}" if field in _SEVERAL else "")
            yield Change(
                id=id,
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


def _steps(field: Field, row: Entry, tables: Tables) -> list[_Step]:
    before, after = row.get("fromString") or None, row.get("toString") or None
    before_id, after_id = row.get("from") or None, row.get("to") or None
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
