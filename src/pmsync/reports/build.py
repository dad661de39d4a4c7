"""Build a report's facts from what the store holds: pure, the same inputs give the same facts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

from pmsync.metrics.history import is_partial
from pmsync.model import Outcome, Role
from pmsync.model.period import Period
from pmsync.reports import figures, sections
from pmsync.reports.agenda import agenda
from pmsync.reports.entries import Entry, Frame, SourceData, entries
from pmsync.reports.facts import Facts, Freshness, Gap
from pmsync.reports.hats import hat_balance
from pmsync.reports.health import Signs, Thresholds, health
from pmsync.roles import Scheme

NO_SOURCE = Gap(source="pmsync", what="no source was read", fix="Check the sources of the config and run pmsync sync.")


def build_facts(
    sources: Sequence[SourceData],
    *,
    name: str,
    period: Period,
    as_of: datetime,
    zone: ZoneInfo,
    scheme: Scheme,
    scope: str = "everything",
    one_hat: bool = False,
    stale_after: timedelta = timedelta(hours=24),
    limits: Thresholds | None = None,
) -> Facts:
    """Compute everything a report may say about a period, as it was known at `as_of` (UTC).

    `name` is the report's name, `scope` says in words which boards it covers, `one_hat` that only one role's work is
    shown, so that there is nothing to balance, `stale_after` how old data may be.
    """
    sources = sorted(sources, key=lambda source: source.name)
    frame = Frame(period, as_of, zone)
    everything = entries(sources, frame)
    found = [entry for entry in everything if entry.shown]
    fresh = tuple(_freshness(source, as_of, stale_after) for source in sources)
    gaps = [gap for row in fresh for gap in _unread(row)] or [NO_SOURCE] * (not fresh)
    signs = _signs(sources, found, frame)
    po_title, pm_title = scheme.hats.get(Role.PO, "Product owner"), scheme.hats.get(Role.PM, "Manager")
    return Facts(
        name=name,
        title=_title(name, po_title, pm_title),
        as_of=as_of,
        tz=zone.key,
        period=period,
        scope=scope,
        scheme=scheme.name,
        total=len(found),
        freshness=fresh,
        missing=(*gaps, *(gap for source in sources for gap in _unusable(source, found))),
        health=health(signs, frame, gaps, limits or Thresholds()),
        po=sections.hat(Role.PO, po_title, found, everything, frame),
        pm=sections.hat(Role.PM, pm_title, found, everything, frame),
        balance=None if one_hat else hat_balance(found, scheme, as_of),
        agenda=agenda(found, signs, frame),
        **_shown(signs),
        **_computed(found, everything, frame),
    )


def _title(name: str, po: str, pm: str) -> str:
    """The heading of a built-in report; a template of one's own is called as its file is."""
    own = PurePath(name).name.removesuffix(".md.j2")
    titles = {"status": "Status", "po": f"{po} report", "pm": f"{pm} report"}
    return titles.get(name, own).replace(" hat ", " ")


def _shown(signs: Signs) -> dict[str, Any]:
    """What health is judged by is shown, too."""
    names = ("overdue", "changes", "milestones", "risks", "sprints", "defects", "load")
    return {name: getattr(signs, name) for name in names}


def _computed(found: Sequence[Entry], everything: Sequence[Entry], frame: Frame) -> dict[str, Any]:
    groups = sections.done(found, everything, frame)
    return {
        "asks": sections.asks(found),
        "done": groups,
        "done_count": sum(len(group.lines) for group in groups),
        "doing": sections.doing(found),
        "next": sections.upcoming(found),
        "blocked": sections.blocked(found),
        "due_soon": sections.due_soon(found, frame),
        "flow": figures.flow(found, frame),
        "epics": figures.epics(found),
        "backlog": figures.backlog(found, frame),
        "logged_seconds": figures.logged_seconds(found, frame),
    }


def _signs(sources: Sequence[SourceData], found: Sequence[Entry], frame: Frame) -> Signs:
    return Signs(
        entries=found,
        milestones=figures.milestones(sources, found, frame),
        overdue=sections.overdue(found),
        changes=sections.movement(found, frame),
        sprints=figures.sprints(sources, found, frame),
        defects=figures.defects(found, frame),
        risks=sections.risks(found),
        load=figures.load(found),
    )


# --- freshness and gaps -------------------------------------------------------------------------------------------


def _freshness(source: SourceData, as_of: datetime, stale_after: timedelta) -> Freshness:
    run = source.run
    watermark = run.watermark if run else None
    return Freshness(
        source=source.name,
        kind=source.kind,
        result=run.result.value if run else "never read",
        watermark=watermark,
        age=age_words(as_of - watermark) if watermark else "never",
        stale=watermark is None or as_of - watermark > stale_after,
        stored=run.stored if run else len(source.items),
        expected=run.expected if run else None,
        problems=tuple(str(problem) for problem in run.problems) if run else (),
    )


def age_words(age: timedelta) -> str:
    """How long ago, in the largest unit that says enough."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if (count := int(age.total_seconds() // size)) >= 2:
            return f"{count} {unit} ago"
    return "just now"


def _unread(row: Freshness) -> list[Gap]:
    """What one source could not give: these make a green light doubtful."""
    gaps = [Gap(source=row.source, what=problem) for problem in row.problems]
    if row.watermark is None:
        gaps.append(Gap(source=row.source, what="has never been read completely", fix="Run pmsync sync."))
    elif row.stale:
        gaps.append(Gap(source=row.source, what=f"was last read completely {row.age}", fix="Run pmsync sync."))
    if row.result in (Outcome.FAILED, Outcome.PARTIAL) and not row.problems:
        gaps.append(Gap(source=row.source, what=f"the last sync ended as {row.result}", fix="Run pmsync sync."))
    if row.expected is not None and row.expected != row.stored:
        gaps.append(Gap(source=row.source, what=f"holds {row.stored} items, the tracker says {row.expected}"))
    return gaps


def _unusable(source: SourceData, found: Sequence[Entry]) -> list[Gap]:
    """Items of a source that some figures leave out, and why."""
    mine = [entry for entry in found if entry.source is source]
    stages = sorted({entry.line.item.stage or "?" for entry in mine if entry.life.category is None})
    guessed = sorted(stage.name for stage in source.catalog.stages.values() if stage.guessed and not stage.archived)
    undated = sum(entry.life.closed and entry.life.finished is None for entry in mine)
    crossed = sum(bool(e.life.started and e.life.finished and e.life.finished < e.life.started) for e in mine)
    partial = sum(is_partial(entry.item) for entry in mine)
    unclassified = sum(entry.role is None for entry in mine)
    told = [
        (undated, f"{undated} closed, but nobody knows when: not in any figure of a period", ""),
        (crossed, f"{crossed} finished before they were started, says the tracker: no cycle time", ""),
        (partial, f"{partial} with a history that begins late: no age and no cycle time", ""),
        (stages, f"stages that mean nothing yet: {', '.join(stages)}", "Map them under stages: in the config."),
        (guessed, f"stages guessed by their name: {', '.join(guessed)}", "pmsync doctor prints the setting."),
        (unclassified, f"{unclassified} of {len(mine)} items have no role", ""),
    ]
    return [Gap(source=source.name, what=what, fix=fix) for happened, what, fix in told if happened]
