"""Flow: how much, how long, how old, how late. Days are calendar days of a time zone, both ends counted."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from pmsync.metrics.history import DELIVERED, Life, is_truth
from pmsync.model import Change, Field, Item
from pmsync.model.period import Period, week_of


def local(at: datetime, zone: tzinfo) -> date:
    """The calendar date of an instant in a time zone."""
    return at.astimezone(zone).date()


def days(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Calendar days from one instant to another, both included: the same day is 1."""
    return (local(end, zone) - local(start, zone)).days + 1


def percentile(values: Iterable[float], percent: float) -> float | None:
    """Nearest rank: the smallest value that at least `percent` of all values do not exceed; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = math.ceil(percent * len(ordered) / 100)
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def throughput(lives: Iterable[Life], period: Period, zone: tzinfo) -> int:
    """How many items were delivered on a day of the period."""
    delivered = (life.finished for life in lives if life.outcome == DELIVERED)
    return sum(finished is not None and local(finished, zone) in period for finished in delivered)


def weekly_throughput(lives: Sequence[Life], as_of: datetime, zone: tzinfo, weeks: int = 8) -> list[tuple[Period, int]]:
    """Throughput of the last complete ISO weeks before `as_of`, oldest first, weeks without any included."""
    monday = week_of(local(as_of, zone)).start
    periods = [week_of(monday - timedelta(days=7 * back)) for back in range(weeks, 0, -1)]
    return [(period, throughput(lives, period, zone)) for period in periods]


def wip(lives: Iterable[Life], day: date, zone: tzinfo) -> int:
    """Work in progress at the end of a day: started on it or before, and not finished by then."""
    return sum(
        life.started is not None
        and local(life.started, zone) <= day
        and (life.finished is None or local(life.finished, zone) > day)
        and (life.finished is not None or not life.closed)
        for life in lives
    )


def cycle_time(life: Life, zone: tzinfo) -> int | None:
    """Days from start to delivery; None when either is unknown, or when the dates contradict each other."""
    if life.outcome != DELIVERED or life.started is None or life.finished is None:
        return None
    return days(life.started, life.finished, zone) if life.finished > life.started else None


def lead_time(life: Life, zone: tzinfo) -> int | None:
    """Days from creation to delivery: what a customer waits."""
    if life.outcome != DELIVERED or life.finished is None:
        return None
    return days(life.created, life.finished, zone)


def age(life: Life, as_of: datetime, zone: tzinfo) -> int | None:
    """Days that unfinished work has been going on; None when it is not started or closed."""
    return days(life.started, as_of, zone) if life.started and not life.closed else None


def overdue_days(item: Item, life: Life, as_of: datetime, zone: tzinfo) -> int:
    """How many days past due unfinished work is, else 0. A date holds until its day is over, an instant exactly."""
    if life.closed or item.due is None:
        return 0
    if item.due_at is not None:
        return max(1, (local(as_of, zone) - local(item.due_at, zone)).days) if item.due_at < as_of else 0
    return max(0, (local(as_of, zone) - item.due).days)


def flagged_intervals(item: Item, changes: Iterable[Change]) -> list[tuple[datetime, datetime | None]]:
    """When the item carried its impediment flag, oldest first; the end of a flag still set is None."""
    flips = sorted((c for c in changes if c.field is Field.FLAG), key=lambda change: (change.at, change.id))
    found: list[tuple[datetime, datetime | None]] = []
    since = item.created if flips and is_truth(flips[0].before) else None
    for flip in flips:
        if is_truth(flip.after):
            since = since or flip.at
        elif since:
            found.append((since, flip.at))
            since = None
    return [*found, (since, None)] if since else found
