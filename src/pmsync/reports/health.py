"""Health: red, amber, green by stated thresholds over the data; where data is missing unknown, never green."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pmsync.metrics.flow import throughput
from pmsync.model import ItemType
from pmsync.model.period import Period
from pmsync.reports.entries import Entry, Frame
from pmsync.reports.facts import Defects, Gap, Health, Line, Load, Milestone, Movement, Rag, SprintFacts
from pmsync.reports.filters import percent, plural

_ORDER = ("red", "amber", "green")
_TOP = frozenset({"highest", "blocker", "critical", "p0", "p1", "urgent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where amber and red begin. Shares are of the commitment or the estimate, days are calendar days."""

    scope_amber: float = 0.10
    scope_red: float = 0.25
    cost_amber: float = 0.07
    cost_red: float = 0.15
    coverage: float = 0.80
    defect_days: int = 2
    exposure_amber: float = 8
    exposure_red: float = 15
    person_items: int = 4

    def __str__(self) -> str:
        return (
            "Schedule is red when a milestone has passed, amber when work is overdue or a due date moved. "
            f"Scope is amber when the running sprint changed by more than {percent(self.scope_amber)}, red over "
            f"{percent(self.scope_red)}. Cost is amber when the share of the estimate that is spent runs more than "
            f"{percent(self.cost_amber)} ahead of the share that is done, red over {percent(self.cost_red)}. "
            "Quality is amber when more bugs were found than fixed two periods running, red when a top-priority bug is "
            f"open for more than {self.defect_days} days. Risk, impact times probability, is amber from "
            f"{self.exposure_amber:g}, red from {self.exposure_red:g}. People is amber when one person has more than "
            f"{self.person_items} items in hand, red over {2 * self.person_items}. Overall is the worst known one, "
            "unknown when three or more are unknown and none is red."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the dimensions are computed from."""

    entries: Sequence[Entry]
    milestones: Sequence[Milestone]
    overdue: Sequence[Line]
    changes: Movement
    sprints: Sequence[SprintFacts]
    defects: Defects
    risks: Sequence[Line]
    load: Sequence[Load]


def health(signs: Signs, frame: Frame, gaps: Sequence[Gap], limits: Thresholds) -> Health:
    """Judge every dimension. A source that is missing turns green into unknown."""
    rags = tuple(judge(signs, frame, limits) for judge in _JUDGES)
    if gaps:
        missing = ", ".join(sorted({gap.source for gap in gaps}))
        rags = tuple(_doubted(rag, missing) for rag in rags)
    return Health(overall=_overall(rags), dimensions=rags, rules=str(limits))


def _doubted(rag: Rag, missing: str) -> Rag:
    if rag.state != "green":
        return rag
    return replace(rag, state="unknown", evidence=f"{rag.evidence}, but data of {missing} is missing")


def _overall(rags: Sequence[Rag]) -> str:
    states = [rag.state for rag in rags]
    if states.count("unknown") >= 3 and "red" not in states:
        return "unknown"
    return next((state for state in _ORDER if state in states), "unknown")


def _schedule(signs: Signs, frame: Frame, limits: Thresholds) -> Rag:
    late = [milestone.name for milestone in signs.milestones if milestone.overdue]
    moved = [move.line for move in signs.changes.moved]
    if late:
        return Rag(dimension="schedule", state="red", evidence=f"Milestone passed: {', '.join(late)}")
    if signs.overdue:
        evidence = f"{plural(len(signs.overdue), 'item')} overdue"
        return Rag(dimension="schedule", state="amber", evidence=evidence, lines=tuple(signs.overdue))
    if moved:
        return Rag(
            dimension="schedule", state="amber", evidence=f"{plural(len(moved), 'item')} moved", lines=tuple(moved)
        )
    if signs.entries and (signs.milestones or any(entry.item.due for entry in signs.entries)):
        return Rag(dimension="schedule", state="green", evidence="Nothing overdue, no date moved")
    return Rag(dimension="schedule", state="unknown", evidence="No milestone and no due date")


def _scope(signs: Signs, frame: Frame, limits: Thresholds) -> Rag:
    running = [s for s in signs.sprints if s.state == "active" and s.net_change is not None]
    if not running:
        return Rag(dimension="scope", state="unknown", evidence="No running sprint with a commitment")
    worst = max(running, key=lambda sprint: abs(sprint.net_change or 0))
    change = worst.net_change or 0
    state = _level(abs(change), limits.scope_amber, limits.scope_red)
    return Rag(
        dimension="scope", state=state, evidence=f"{worst.name}: net change {change * 100:+.0f} % of the commitment"
    )


def _cost(signs: Signs, frame: Frame, limits: Thresholds) -> Rag:
    leaves = [entry for entry in signs.entries if entry.leaf]
    budgeted = [entry for entry in leaves if entry.item.estimate_seconds]
    total = sum(entry.item.estimate_seconds or 0 for entry in budgeted)
    if not total or len(budgeted) < limits.coverage * len(leaves):
        known = f"{len(budgeted)} of {len(leaves)} items have a time estimate"
        return Rag(dimension="cost", state="unknown", evidence=known)
    spent = sum(entry.item.spent_seconds or 0 for entry in budgeted) / total
    finished = sum(entry.item.estimate_seconds or 0 for entry in budgeted if entry.life.closed) / total
    state = _level(spent - finished, limits.cost_amber, limits.cost_red)
    return Rag(
        dimension="cost", state=state, evidence=f"{percent(spent)} of the estimate spent, {percent(finished)} done"
    )


def _quality(signs: Signs, frame: Frame, limits: Thresholds) -> Rag:
    limit = frame.as_of - timedelta(days=limits.defect_days)
    old = [b for b in signs.defects.open if (b.item.priority or "").lower() in _TOP and b.item.created < limit]
    if old:
        evidence = f"{plural(len(old), 'top-priority bug')} open for more than {limits.defect_days} days"
        return Rag(dimension="quality", state="red", evidence=evidence, lines=tuple(old))
    if not any(entry.item.type is ItemType.BUG for entry in signs.entries):
        return Rag(dimension="quality", state="unknown", evidence="No bugs are tracked here")
    growing = _inflow(signs.entries, frame) and signs.defects.found > signs.defects.fixed
    evidence = f"{signs.defects.found} found, {signs.defects.fixed} fixed, {len(signs.defects.open)} open"
    return Rag(dimension="quality", state="amber" if growing else "green", evidence=evidence)


def _inflow(entries: Sequence[Entry], frame: Frame) -> bool:
    """Whether more bugs came than went in the period before this one, too."""
    end = frame.period.start - timedelta(days=1)
    before = replace(frame, period=Period(end - (frame.period.end - frame.period.start), end, ""))
    bugs = [entry for entry in entries if entry.item.type is ItemType.BUG]
    fixed = throughput((entry.life for entry in bugs), before.period, frame.zone)
    return sum(before.covers(entry.item.created) for entry in bugs) > fixed


def _risk(signs: Signs, frame: Frame, limits: Thresholds) -> Rag:
    scored = [risk for risk in signs.risks if risk.exposure is not None]
    if not scored:
        told = f"{plural(len(signs.risks), 'risk')} open, none with impact and probability"
        evidence = told if signs.risks else "No open risk is recorded"
        return Rag(dimension="risk", state="unknown", evidence=evidence, lines=tuple(signs.risks))
    top = max(scored, key=lambda risk: risk.exposure or 0)
    exposure = top.exposure or 0
    state = "red" if exposure >= limits.exposure_red else "amber" if exposure >= limits.exposure_amber else "green"
    return Rag(dimension="risk", state=state, evidence=f"Highest open exposure {exposure:g} of 25", lines=(top,))


def _people(signs: Signs, frame: Frame, limits: Thresholds) -> Rag:
    if not signs.load:
        return Rag(dimension="people", state="unknown", evidence="No work in hand has an assignee")
    top = signs.load[0]
    state = _level(top.doing, limits.person_items, 2 * limits.person_items)
    return Rag(dimension="people", state=state, evidence=f"At most {plural(top.doing, 'item')} in one person's hands")


_JUDGES: tuple[Callable[[Signs, Frame, Thresholds], Rag], ...] = (_schedule, _scope, _cost, _quality, _risk, _people)


def _level(value: float, amber: float, red: float) -> str:
    return "red" if value > red else "amber" if value > amber else "green"
