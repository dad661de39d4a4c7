"""An item's life, read from its changes: where it was, when it was started and finished, how it ended.

Ids decide, never names. The first stage is the `before` of the first change, held since creation. Where a tracker's
history begins later than the item, nothing is guessed: what cannot be known is None.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from pmsync.model import Catalog, Category, Change, Field, Item, ItemRef, ItemType, Presence, is_discarded

DELIVERED = "delivered"
DISCARDED = "discarded"
_STARTED = (Category.WAIT, Category.ACTIVE)
_CLOSED = (Category.DONE, Category.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What an item's history says at one instant. Instants are UTC; None means not yet, or not knowable.

    `started` is the first entry to a wait or active stage, `finished` the entry to the closed stage it is still in.
    `entered` is when it came to its present stage. `category` is None for a stage that no setting maps.
    """

    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    outcome: str | None = None
    category: Category | None = None
    stage_id: str | None = None
    entered: datetime | None = None

    @property
    def closed(self) -> bool:
        """Delivered or discarded, even when nobody knows since when."""
        return self.outcome is not None


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay in a stage from `at` on; None when the tracker's history does not tell."""

    stage_id: str | None
    category: Category | None
    at: datetime | None


def life(item: Item, changes: Sequence[Change], catalog: Catalog, as_of: datetime) -> Life | None:
    """Read an item's life as it was known at `as_of` (UTC), None before it was created.

    `changes` are all of this item's, in any order; those after `as_of` are undone first.
    """
    then = state_at(item, changes, as_of)
    if then is None:
        return None
    known = [change for change in changes if change.at <= as_of]
    past = visits(then, known, catalog)
    outcome = _outcome(then, past)
    finished = _finished(then, past, known) if outcome else None
    started = _started(past)
    return Life(
        created=then.created,
        started=None if started == finished else started,
        finished=finished,
        outcome=outcome,
        category=past[-1].category,
        stage_id=then.stage_id,
        entered=past[-1].at,
    )


def is_partial(item: Item) -> bool:
    """Whether the tracker no longer tells the beginning of this item's history."""
    return item.history_complete_from is not None and item.history_complete_from > item.created


def is_leaf(item: Item) -> bool:
    """Whether the item counts in flow figures: epics hold others, sub-tasks are part of one."""
    return item.type not in (ItemType.EPIC, ItemType.SUBTASK)


def visits(item: Item, past: Sequence[Change], catalog: Catalog) -> list[Visit]:
    """Every stage the item was in, oldest first, never empty; the last one is where it is."""
    moves = sorted((c for c in past if c.field is Field.STATUS), key=lambda change: (change.at, change.id))
    born = None if is_partial(item) else item.created
    if not moves:
        return [_visit(catalog, item.stage_id, None, born)]
    found = [_visit(catalog, moves[0].before_id, moves[0].before, born)]
    found += [_visit(catalog, move.after_id, move.after, move.at) for move in moves]
    if item.stage_id not in (None, found[-1].stage_id):
        found.append(_unseen_move(found[-1], _visit(catalog, item.stage_id, None, None)))
    return found


def _unseen_move(last: Visit, now: Visit) -> Visit:
    """The tracker's list and its history disagree: a renamed workflow keeps the instant, a real move has none."""
    return dataclasses.replace(now, at=last.at) if now.category is last.category else now


def _visit(catalog: Catalog, stage_id: str | None, name: str | None, at: datetime | None) -> Visit:
    stage = catalog.stages.get(stage_id or "")
    if stage is None and stage_id is None and name is not None:
        stage = next((other for other in catalog.stages.values() if other.name == name), None)
    return Visit(stage_id or (stage.id if stage else None), stage.category if stage else None, at)


def _started(past: Sequence[Visit]) -> datetime | None:
    if past[0].at is None:
        return None
    return next((visit.at for visit in past if visit.category in _STARTED), None)


def _ticked(item: Item, past: Sequence[Visit]) -> bool:
    """Done by the tracker's own mark, wherever it lies.

    A workflow's resolution is no such mark: there the stage decides. Work that has left done since is not done.
    """
    done_at = item.done_at
    if done_at is None or (item.resolution or "complete").lower() != "complete":
        return False
    left = (after.at for before, after in pairwise(past) if before.category is Category.DONE is not after.category)
    return not any(at is None or at >= done_at for at in left)


def _outcome(item: Item, past: Sequence[Visit]) -> str | None:
    category = past[-1].category
    if category in _CLOSED:
        return DISCARDED if is_discarded(category, item.resolution) else DELIVERED
    if _ticked(item, past):
        return DELIVERED
    return DISCARDED if item.archived or item.presence is Presence.ARCHIVED else None


def _finished(item: Item, past: Sequence[Visit], changes: Sequence[Change]) -> datetime | None:
    now = past[-1].category
    if now not in _CLOSED:
        return item.done_at or _archived_at(item, changes)
    run = len(past) - 1
    while run and past[run - 1].category is now:
        run -= 1
    return (past[run].at if run else _born_closed(item)) or item.done_at


def _born_closed(item: Item) -> datetime | None:
    """Closed without a move that we know of: the tracker's own date, and only a complete history proves creation."""
    proven = item.history_complete_from is not None and not is_partial(item)
    return item.done_at or (item.created if proven else None)


def _archived_at(item: Item, changes: Sequence[Change]) -> datetime | None:
    moments = [c.at for c in changes if c.field is Field.ARCHIVED and is_truth(c.after)]
    return max(moments, default=item.presence_since)


# --- the state at an earlier instant ------------------------------------------------------------------------------


def state_at(item: Item, changes: Sequence[Change], as_of: datetime) -> Item | None:
    """The item as it was at `as_of` (UTC): every later change undone, None before it was created.

    What no tracker keeps a history of (description, checklist, links) stays as it is now.
    """
    if as_of < item.created:
        return None
    later = sorted((c for c in changes if c.at > as_of), key=lambda change: (change.at, change.id), reverse=True)
    if any(change.field is Field.STATUS for change in later):
        item = replace(item, stage_id=_stage_at(changes, as_of))
    for change in later:
        item = _undo(item, change)
    return _without_future(item, as_of)


def _stage_at(changes: Sequence[Change], as_of: datetime) -> str | None:
    """Where the last move had brought it; a tracker may leave out where a later one began."""
    moves = sorted((c for c in changes if c.field is Field.STATUS), key=lambda change: (change.at, change.id))
    past = [move for move in moves if move.at <= as_of]
    return past[-1].after_id if past else moves[0].before_id


def _undo(item: Item, change: Change) -> Item:
    undo = _UNDO.get(change.field)
    return replace(item, **undo(item, change)) if undo else item


def _without_future(item: Item, as_of: datetime) -> Item:
    fields: dict[str, Any] = {}
    if item.done_at and item.done_at > as_of:
        fields["done_at"] = None
    if item.presence_since and item.presence_since > as_of:
        fields |= {"presence": Presence.HERE, "presence_since": None}
        fields["archived"] = item.archived and item.presence is not Presence.ARCHIVED
    if any(comment.created > as_of for comment in item.comments):
        fields["comments"] = tuple(comment for comment in item.comments if comment.created <= as_of)
    if any(log.started > as_of for log in item.worklogs):
        fields["worklogs"] = tuple(log for log in item.worklogs if log.started <= as_of)
    return replace(item, **fields) if fields else item


def _swap(values: tuple[str, ...], change: Change) -> tuple[str, ...]:
    """Undo one value of several: what was added goes, what was removed comes back."""
    added, removed = change.after_id or change.after, change.before_id or change.before
    kept = tuple(value for value in values if value != added)
    return kept + ((removed,) if removed and removed not in kept else ())


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _seconds(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def is_truth(text: str | None) -> bool:
    """Whether a flag kept as text is set."""
    return (text or "").lower() not in ("", "false", "no", "0")


def iso_day(text: str | None) -> date | None:
    """The day of an ISO date or instant; None for nothing, and for what is neither."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


_UNDO: Mapping[Field, Callable[[Item, Change], dict[str, Any]]] = {
    Field.TITLE: lambda item, change: {"title": change.before or item.title},
    Field.POINTS: lambda item, change: {"points": _number(change.before)},
    Field.ESTIMATE: lambda item, change: {"estimate_seconds": _seconds(change.before)},
    Field.DUE: lambda item, change: {"due": iso_day(change.before), "due_at": None},
    Field.FLAG: lambda item, change: {"flagged": is_truth(change.before)},
    Field.ARCHIVED: lambda item, change: {"archived": is_truth(change.before)},
    Field.RESOLUTION: lambda item, change: {"resolution": change.before},
    Field.PARENT: lambda item, change: {
        "parent": ItemRef(key=change.before, id=change.before_id) if change.before else None
    },
    Field.ASSIGNEE: lambda item, change: {"assignee_ids": _swap(item.assignee_ids, change)},
    Field.SPRINT: lambda item, change: {"sprint_ids": _swap(item.sprint_ids, change)},
    Field.VERSION: lambda item, change: {"version_ids": _swap(item.version_ids, change)},
    Field.LABEL: lambda item, change: {"labels": _swap(item.labels, change)},
}
