"""Agenda: what a meeting should talk about, from the state of the trackers, the most urgent first."""

from collections.abc import Iterable, Sequence

from pmsync.metrics.flow import percentile
from pmsync.reports import sections
from pmsync.reports.entries import Entry, Frame
from pmsync.reports.facts import Line, Topic
from pmsync.reports.filters import days
from pmsync.reports.health import Signs


def agenda(found: Sequence[Entry], signs: Signs, frame: Frame) -> tuple[Topic, ...]:
    """Decisions, blocked, overdue, ageing, risks, added scope, milestones, in this order; each item once."""
    topics: dict[object, Topic] = {}
    for topic in _topics(found, signs, frame):
        topics.setdefault((topic.line.item.source, topic.line.item.key) if topic.line else topic.name, topic)
    return tuple(topics.values())


def _topics(found: Sequence[Entry], signs: Signs, frame: Frame) -> Iterable[Topic]:
    yield from (Topic(kind="decision", line=line, reason="decision needed") for line in sections.asks(found))
    yield from (Topic(kind="blocked", line=line, reason=_blocked(line)) for line in sections.blocked(found))
    yield from (Topic(kind="overdue", line=line, reason=f"overdue for {days(line.overdue)}") for line in signs.overdue)
    yield from _ageing(found)
    yield from (Topic(kind="risk", line=line, reason="new risk") for line in signs.risks if line.is_new)
    yield from _added_to_sprint(signs, frame)
    for milestone in signs.milestones:
        if not milestone.released and 0 <= milestone.days <= 14:
            when = "today" if milestone.days == 0 else f"in {days(milestone.days)}"
            yield Topic(
                kind="milestone",
                name=milestone.name,
                reason=f"due {when}, {milestone.done} of {milestone.total} items closed",
            )


def _ageing(found: Sequence[Entry]) -> Iterable[Topic]:
    limit = percentile((entry.line.cycle for entry in found if entry.leaf and entry.line.cycle), 85)
    if limit is not None:
        old = [line for line in sections.doing(found) if line.age and line.age > limit]
        yield from (Topic(kind="ageing", line=line, reason=_aged(line, limit)) for line in old)


def _added_to_sprint(signs: Signs, frame: Frame) -> Iterable[Topic]:
    running = {sprint.name for sprint in signs.sprints if sprint.state == "active"}
    added = (line for line in signs.changes.added if running & {sprint.name for sprint in line.item.sprints})
    yield from (Topic(kind="scope", line=line, reason="added to the sprint") for line in added)


def _aged(line: Line, limit: float) -> str:
    return f"{days(line.age or 0)} old, 85 % take {limit:g} at most"


def _blocked(line: Line) -> str:
    since = f" for {days(line.blocked_days)}" if line.blocked_days else ""
    return f"blocked{since}" + (f" by {', '.join(line.blocked_by)}" if line.blocked_by else "")
