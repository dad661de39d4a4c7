"""Sections: which items a report shows where, and in which order."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pmsync.metrics.history import DISCARDED, iso_day
from pmsync.model import Category, Field, ItemType, Role
from pmsync.reports.entries import Entry, Frame, natural
from pmsync.reports.facts import Group, Hat, Line, Move, Movement, Tally

DECISION = re.compile(r"\b(needs?[- _]decision|decision[- _]needed|decision)\b", re.IGNORECASE)
Entries = Sequence[Entry]


def lines(found: Iterable[Entry]) -> tuple[Line, ...]:
    """The lines of entries, in their order."""
    return tuple(entry.line for entry in found)


def done(found: Entries, everything: Entries, frame: Frame) -> tuple[Group, ...]:
    """Work delivered in the period, under its epic (one of `everything`), else its board; the largest group first."""
    epics = {(entry.item.source, entry.item.key): entry for entry in everything}
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in found:
        if entry.delivered(frame):
            groups.setdefault(_heading(entry, epics), []).append(entry)
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), natural(pair[0][1]), pair[0]))
    return tuple(Group(title=title, key=key, url=url, lines=lines(each)) for (title, key, url), each in ordered)


def _heading(entry: Entry, epics: dict[tuple[str, str], Entry]) -> tuple[str, str, str]:
    view = entry.line.item
    parent = epics.get((view.source, view.parent or ""))
    if parent:
        return parent.item.title, parent.item.key, parent.item.url
    return view.parent or (view.boards[0] if view.boards else "Other work"), view.parent or "", ""


def doing(found: Entries) -> tuple[Line, ...]:
    """Work in a wait or active stage, the oldest first."""
    active = [e for e in found if e.leaf and not e.life.closed and e.life.category in (Category.WAIT, Category.ACTIVE)]
    return lines(sorted(active, key=lambda entry: (-(entry.line.age or 0), natural(entry.item.key))))


def upcoming(found: Entries) -> tuple[Line, ...]:
    """What is not started, in its probable order: the running sprint, then dates, then the tracker's rank."""
    waiting = [entry for entry in not_started(found) if entry.item.type is not ItemType.RISK]
    return lines(sorted(waiting, key=_turn))


def not_started(found: Entries) -> list[Entry]:
    """Open work in a backlog stage."""
    return [e for e in found if e.leaf and not e.life.closed and e.life.category is Category.BACKLOG]


def _turn(entry: Entry) -> tuple[object, ...]:
    sprint = any(sprint.state == "active" for sprint in entry.line.item.sprints)
    return not sprint, entry.item.due or date.max, _rank(entry.item.rank), natural(entry.item.key)


def _rank(rank: str | None) -> tuple[float, str]:
    """Jira ranks are words in order, Trello positions are numbers."""
    try:
        return float(rank or "inf"), ""
    except ValueError:
        return 0.0, rank or ""


def blocked(found: Entries) -> tuple[Line, ...]:
    """What is stopped now, the longest first."""
    stopped = [entry for entry in found if entry.line.blocked]
    return lines(sorted(stopped, key=lambda entry: (-(entry.line.blocked_days or 0), natural(entry.item.key))))


def overdue(found: Entries) -> tuple[Line, ...]:
    """Unfinished work past its date, the latest first."""
    late = [entry for entry in found if entry.line.overdue]
    return lines(sorted(late, key=lambda entry: (-entry.line.overdue, natural(entry.item.key))))


def due_soon(found: Entries, frame: Frame, within: int = 7) -> tuple[Line, ...]:
    """Unfinished work that falls due in the next days, today included."""
    limit = frame.today + timedelta(days=within)
    soon = [e for e in found if not e.life.closed and e.item.due and not e.line.overdue and e.item.due <= limit]
    return lines(sorted(soon, key=lambda entry: (entry.item.due or date.max, natural(entry.item.key))))


def asks(found: Entries) -> tuple[Line, ...]:
    """Open items whose label says that somebody has to decide."""
    return lines(e for e in found if not e.life.closed and any(DECISION.search(label) for label in e.item.labels))


def risks(found: Entries) -> tuple[Line, ...]:
    """Open risks, by exposure where it is scored."""
    open_risks = [e for e in found if not e.life.closed and is_risk(e)]
    return lines(sorted(open_risks, key=lambda entry: (-(entry.line.exposure or 0), natural(entry.item.key))))


def is_risk(entry: Entry) -> bool:
    """A risk by type or by label."""
    return entry.item.type is ItemType.RISK or any(label.lower() in ("risk", "risks") for label in entry.item.labels)


# --- movement -----------------------------------------------------------------------------------------------------


def movement(found: Entries, frame: Frame) -> Movement:
    """What came in, was dropped, was reopened or got another date in the period."""
    leaves = [entry for entry in found if entry.leaf]
    return Movement(
        added=lines(entry for entry in leaves if frame.covers(entry.item.created)),
        removed=lines(e for e in leaves if e.life.outcome == DISCARDED and frame.covers(e.life.finished)),
        reopened=lines(entry for entry in leaves if not entry.life.closed and _left_done(entry, frame)),
        moved=tuple(move for entry in found if (move := _move(entry, frame))),
    )


def _left_done(entry: Entry, frame: Frame) -> bool:
    stages = entry.source.catalog.stages
    moves = (change for change in entry.changes if change.field is Field.STATUS and frame.covers(change.at))
    left = (stages.get(move.before_id or "") for move in moves)
    return any(stage is not None and stage.category is Category.DONE for stage in left)


def _move(entry: Entry, frame: Frame) -> Move | None:
    moves = [change for change in entry.changes if change.field is Field.DUE and frame.covers(change.at)]
    first = min(moves, key=lambda change: (change.at, change.id), default=None)
    before = iso_day(first.before) if first else None
    return Move(line=entry.line, before=before, after=entry.item.due) if before not in (None, entry.item.due) else None


# --- roles --------------------------------------------------------------------------------------------------------


def hat(role: Role, title: str, found: Entries, everything: Entries, frame: Frame) -> Hat:
    """The part of the work that one role answers for."""
    mine = [entry for entry in found if entry.role and entry.role.role is role]
    current = [entry for entry in mine if not entry.life.closed or entry.delivered(frame)]
    groups = done(mine, everything, frame)
    return Hat(
        role=role.value,
        title=title,
        done=groups,
        done_count=sum(len(group.lines) for group in groups),
        doing=doing(mine),
        next=upcoming(mine),
        blocked=blocked(mine),
        overdue=overdue(mine),
        duties=_duties(current),
        confidence=dict(sorted(Counter(str(e.role.confidence) for e in current if e.role).items())),
        review=lines(e for e in current if e.role and (e.role.confidence == "low" or e.role.duty == "unclear")),
    )


def _duties(found: Entries) -> tuple[Tally, ...]:
    unfinished = Counter(entry.role.duty for entry in found if entry.role and not entry.life.closed)
    finished = Counter(entry.role.duty for entry in found if entry.role and entry.life.closed)
    names = sorted(unfinished | finished, key=lambda name: (-unfinished[name] - finished[name], name))
    return tuple(Tally(name=name, open=unfinished[name], done=finished[name]) for name in names)
