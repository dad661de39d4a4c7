"""Figures: milestones, sprints, flow and load, computed from a report's entries."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from pmsync.metrics.flow import lead_time, local, percentile, weekly_throughput, wip
from pmsync.metrics.history import iso_day
from pmsync.metrics.sprint import sprint_scope
from pmsync.model import ItemType, PersonView, Sprint
from pmsync.reports.entries import Frame, SourceData
from pmsync.reports.facts import Backlog, Defects, Epic, Flow, Line, Load, Milestone, SprintFacts, Week
from pmsync.reports.sections import Entries, doing, lines, not_started


def milestones(sources: Sequence[SourceData], found: Entries, frame: Frame) -> tuple[Milestone, ...]:
    """Releases with a day: the open ones, and those of the period, by day."""
    rows = [row for source in sources for row in _milestones(source, found, frame)]
    return tuple(sorted(rows, key=lambda row: (row.day, row.source, row.name)))


def _milestones(source: SourceData, found: Entries, frame: Frame) -> Iterable[Milestone]:
    members = Counter[tuple[str, bool]]()
    for entry in found:
        if entry.leaf and entry.item.source == source.name:
            members.update((id, entry.life.closed) for id in entry.item.version_ids)
    for version in source.catalog.versions.values():
        day = iso_day(version.release_date)
        if day and not version.archived and (not version.released or day in frame.period):
            finished, unfinished = members[version.id, True], members[version.id, False]
            if source.shown is not None and not finished + unfinished:
                continue  # of another board or role
            yield Milestone(
                name=version.name,
                source=source.name,
                day=day,
                days=(day - frame.today).days,
                released=version.released,
                done=finished,
                total=finished + unfinished,
            )


def sprints(sources: Sequence[SourceData], found: Entries, frame: Frame) -> tuple[SprintFacts, ...]:
    """Sprints running at `as_of`, and those closed in the period; the latest first."""
    rows = [
        row
        for source in sources
        for sprint in source.catalog.sprints.values()
        if (row := _sprint(source, sprint, found, frame))
    ]
    return tuple(sorted(rows, key=lambda row: (row.state != "active", -row.start.toordinal(), row.source, row.name)))


_SCOPE = (
    *("unit", "committed", "added", "removed", "reestimated", "completed", "discarded", "carried"),
    *("net_change", "say_do", "plan_kept"),
)


def _sprint(source: SourceData, sprint: Sprint, found: Entries, frame: Frame) -> SprintFacts | None:
    closed = sprint.completed is not None and sprint.completed <= frame.as_of
    if sprint.start is None or sprint.start > frame.as_of or (closed and not frame.covers(sprint.completed)):
        return None
    members = ((entry.item, entry.changes) for entry in found if entry.leaf and entry.source.name == source.name)
    scope = sprint_scope(sprint, members, source.catalog, frame.as_of)
    if scope is None or (source.shown is not None and scope.empty):
        return None
    end = local(sprint.end, frame.zone) if sprint.end else None
    return SprintFacts(
        name=sprint.name,
        source=source.name,
        goal=sprint.goal,
        state="closed" if closed else "active",
        start=local(sprint.start, frame.zone),
        end=end,
        days_left=(end - frame.today).days if end and not closed else None,
        **{name: getattr(scope, name) for name in _SCOPE},
    )


def epics(found: Entries) -> tuple[Epic, ...]:
    """Open epics that have children, by the tracker's order of keys."""
    children = [entry for entry in found if entry.leaf and entry.line.item.parent]
    total = Counter((entry.item.source, entry.line.item.parent) for entry in children)
    finished = Counter((entry.item.source, entry.line.item.parent) for entry in children if entry.life.closed)
    open_epics = [e for e in found if e.item.type is ItemType.EPIC and not e.life.closed]
    keyed = [(entry.line, (entry.item.source, entry.item.key)) for entry in open_epics]
    return tuple(Epic(line=line, done=finished[key], total=total[key]) for line, key in keyed if total[key])


# --- figures ------------------------------------------------------------------------------------------------------


def flow(found: Entries, frame: Frame) -> Flow:
    """Work in progress now, and how long delivered work took, over eight complete weeks."""
    leaves = [entry for entry in found if entry.leaf]
    lives = [entry.life for entry in leaves]
    weeks = weekly_throughput(lives, frame.as_of, frame.zone)
    start = weeks[0][0].start
    recent = [e for e in leaves if e.life.finished and local(e.life.finished, frame.zone) >= start]
    cycles = [entry.line.cycle for entry in recent if entry.line.cycle is not None]
    leads = [lead for entry in recent if (lead := lead_time(entry.life, frame.zone)) is not None]
    return Flow(
        wip=wip(lives, frame.today, frame.zone),
        n=len(cycles),
        cycle_p50=percentile(cycles, 50),
        cycle_p85=percentile(cycles, 85),
        lead_p85=percentile(leads, 85),
        weeks=tuple(Week(start=p.start, label=f"W{p.start.isocalendar().week:02}", count=n) for p, n in weeks),
    )


def backlog(found: Entries, frame: Frame) -> Backlog:
    """How ready the work is that nobody has started."""
    waiting = not_started(found)
    limit = frame.as_of - timedelta(days=90)
    return Backlog(
        total=len(waiting),
        estimated=sum(e.item.points is not None or e.item.estimate_seconds is not None for e in waiting),
        stale=sum(entry.item.updated < limit for entry in waiting),
    )


def defects(found: Entries, frame: Frame) -> Defects:
    """Bugs in, bugs out, bugs open."""
    bugs = [entry for entry in found if entry.item.type is ItemType.BUG]
    return Defects(
        found=sum(frame.covers(entry.item.created) for entry in bugs),
        fixed=sum(entry.delivered(frame) for entry in bugs),
        open=lines(entry for entry in bugs if not entry.life.closed),
    )


def load(found: Entries) -> tuple[Load, ...]:
    """Who has how much in hand, the most first."""
    rows: dict[PersonView, list[Line]] = {}
    for line in doing(found):
        for person in line.item.assignees:
            rows.setdefault(person, []).append(line)
    counted = [
        Load(
            person=person,
            doing=len(each),
            blocked=sum(line.blocked for line in each),
            overdue=sum(line.overdue > 0 for line in each),
        )
        for person, each in rows.items()
    ]
    return tuple(sorted(counted, key=lambda row: (-row.doing, row.person.name, row.person.id)))


def logged_seconds(found: Entries, frame: Frame) -> int:
    """Work logged in the period."""
    return sum(log.seconds for entry in found for log in entry.item.worklogs if frame.covers(log.started))
