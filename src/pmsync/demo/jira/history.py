"""How Jira writes a change down: the id and the words before, the id and the words after.

Every field has its own habits: sprints are lists in one string, versions come one entry each, points have no ids, users
go by account. A parent, a link and a key have no field id; Data Center has none at all.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, UnsetType

from pmsync.demo.jira.fields import FIELDS, Field

if TYPE_CHECKING:
    from pmsync.demo.jira.state import Issue, Tracker

Words = tuple[str | None, str | None]
_WIRE = {"before_id": "from", "before": "fromString", "after_id": "to", "after": "toString", "field_id": "fieldId"}


class Moved(msgspec.Struct, frozen=True, gc=False, rename=_WIRE):
    """One field of one change, in Jira's own shape."""

    field: str
    fieldtype: str
    before_id: str | None
    before: str | None
    after_id: str | None
    after: str | None
    field_id: str | UnsetType = UNSET


class History(msgspec.Struct, frozen=True, gc=False):
    """What one person changed at one instant (epoch milliseconds)."""

    id: int
    at: int
    author: str
    items: tuple[Moved, ...]


def logged(tracker: "Tracker", issue: "Issue", name: str, value: Any) -> Iterator[Moved]:
    """The changelog items of a field going from what it is to `value`."""
    known, old = FIELDS[name], issue.values.get(name)
    kind, title = (
        "custom" if known.custom else "jira",
        known.logged or known.name if known.custom else known.logged or known.id,
    )
    id: str | UnsetType = known.id if tracker.cloud and name != "parent" else UNSET
    if name == "parent" and not tracker.cloud:
        kind, title = ("jira", "Parent") if tracker.is_subtask(issue) else ("custom", "Epic Link")
    if name in {"fixVersions", "components"}:
        gone, come = ([each for each in a or () if each not in (b or ())] for a, b in ((old, value), (value, old)))
        yield from (Moved(title, kind, *_words(tracker, known, each), None, None, id) for each in gone)
        yield from (Moved(title, kind, None, None, *_words(tracker, known, each), id) for each in come)
    else:
        yield Moved(title, kind, *_words(tracker, known, old), *_words(tracker, known, value), id)


def _words(tracker: "Tracker", known: Field, value: Any) -> Words:
    """The id and the text of a value."""
    if value is None or isinstance(value, tuple):
        return _list_words(tracker, known, value or ()) if known.type == "array" else (None, None)
    if known.id == "parent":
        return str(value), tracker.issues[value].key if value in tracker.issues else None
    if known.table == "user":
        return tracker.user_id(value), tracker.tables["user"][value]["displayName"]
    if known.table:
        return value, tracker.tables[known.table][value]["name"]
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if known.type == "date":
        return text, f"{text} 00:00:00.0"
    return (text if known.id.startswith("time") else None), text


def _list_words(tracker: "Tracker", known: Field, value: tuple[str, ...]) -> Words:
    if known.table == "sprint":
        return ", ".join(value), ", ".join(tracker.tables["sprint"][id]["name"] for id in value)
    if known.name == "Flagged":
        return ("[10019]", ",".join(value)) if value else (None, "")
    return None, " ".join(value)
