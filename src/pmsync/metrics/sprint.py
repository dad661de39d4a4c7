"""Sprint arithmetic: what was committed, what changed on the way, what came out.

Always true: committed + added - removed + reestimated - completed - discarded = carried.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise

from pmsync.metrics.history import DELIVERED, Life, life, state_at
from pmsync.model import Catalog, Category, Change, Field, Item, Sprint

_FLOW = (Category.BACKLOG, Category.WAIT, Category.ACTIVE)
History = tuple[Item, Sequence[Change]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintScope:
    """A sprint in numbers, in points or, where nothing is estimated, in items.

    `committed` is what it held when it was activated, at the estimates of that instant; `kept` is the part of the
    commitment that was completed, at the same estimates.
    """

    committed: float = 0
    added: float = 0
    removed: float = 0
    reestimated: float = 0
    completed: float = 0
    discarded: float = 0
    carried: float = 0
    kept: float = 0
    unit: str = "points"

    def __add__(self, other: "SprintScope") -> "SprintScope":
        numbers = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self) if f.name != "unit"}
        return SprintScope(**numbers, unit=self.unit)

    @property
    def empty(self) -> bool:
        """Whether nothing was ever in it."""
        return not (self.committed or self.added)

    @property
    def net_change(self) -> float | None:
        """Scope change as a share of the commitment; None when nothing was committed."""
        return _share(self.added - self.removed + self.reestimated, self.committed)

    @property
    def say_do(self) -> float | None:
        """Completed work as a share of the commitment."""
        return _share(self.completed, self.committed)

    @property
    def plan_kept(self) -> float | None:
        """The completed part of the commitment, as a share of it."""
        return _share(self.kept, self.committed)


def sprint_scope(sprint: Sprint, histories: Iterable[History], catalog: Catalog, as_of: datetime) -> SprintScope | None:
    """Add up a sprint as it was known at `as_of` (UTC); None for one that has not been activated by then."""
    if sprint.start is None or sprint.start > as_of:
        return None
    close = min(sprint.completed or as_of, as_of)
    members = [(item, changes) for item, changes in histories if _ever_in(sprint.id, item, changes)]
    pointed = any(item.points is not None for item, _ in members)
    unit = SprintScope(unit="points" if pointed else "items")
    tallies = [_tally(sprint, member, catalog, close, pointed) for member in members]
    return sum((tally for tally in tallies if tally), start=unit)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _ever_in(sprint_id: str, item: Item, changes: Sequence[Change]) -> bool:
    touched = (change for change in changes if change.field is Field.SPRINT)
    return sprint_id in item.sprint_ids or any(sprint_id in (c.after_id, c.before_id) for c in touched)


def _tally(sprint: Sprint, history: History, catalog: Catalog, close: datetime, pointed: bool) -> SprintScope | None:
    """One item's part: its size at activation, then every step until it was finished or the sprint closed."""
    (item, changes), start = history, sprint.start or close
    at_start, at_close = life(item, changes, catalog, start), life(item, changes, catalog, close)
    if at_close is None or (at_start and at_start.category not in _FLOW) or _done_before(at_start, at_close, start):
        return None
    end = at_close.finished if at_close.finished and at_close.finished <= close else close
    instants = sorted(
        {c.at for c in changes if start < c.at <= end} | ({item.created} if item.created > start else set())
    )
    sizes = [_size(sprint.id, item, changes, at, pointed) for at in [start, *instants, end]]
    committed, last = sizes[0], sizes[-1]
    result = SprintScope(committed=committed or 0)
    for before, after in pairwise(sizes):
        result += _step(before, after)
    return result + _ending(at_close, committed, last)


def _done_before(at_start: Life | None, at_close: Life, start: datetime) -> bool:
    return bool(at_start and at_start.closed) or bool(at_close.finished and at_close.finished <= start)


def _size(sprint_id: str, item: Item, changes: Sequence[Change], at: datetime, pointed: bool) -> float | None:
    """The item's size at an instant, None when it is not in the sprint then."""
    then = state_at(item, changes, at)
    if then is None or sprint_id not in then.sprint_ids:
        return None
    return (then.points or 0.0) if pointed else 1.0


def _step(before: float | None, after: float | None) -> SprintScope:
    if before is None:
        return SprintScope(added=after or 0)
    if after is None:
        return SprintScope(removed=before)
    return SprintScope(reestimated=after - before)


def _ending(at_close: Life, committed: float | None, last: float | None) -> SprintScope:
    if last is None:
        return SprintScope()
    if at_close.outcome == DELIVERED:
        return SprintScope(completed=last, kept=committed or 0)
    return SprintScope(discarded=last) if at_close.closed else SprintScope(carried=last)
