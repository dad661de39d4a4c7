"""Report: read what the store holds, compute the facts, render the template."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pmsync.app.people import Catalogs, by_human
from pmsync.app.reading import load, read_catalogs, refuse_unknown
from pmsync.app.roles import RoleBook, scheme_of
from pmsync.app.workspace import Workspace
from pmsync.errors import StaleError, UsageError
from pmsync.model import Outcome, SourceRun
from pmsync.model.period import Period
from pmsync.reports.build import build_facts
from pmsync.reports.entries import SourceData
from pmsync.reports.facts import Facts
from pmsync.reports.render import render
from pmsync.store import ItemQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `pmsync report` was asked for."""

    name: str
    board: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    period: str = "last 7 days"
    as_of: str | None = None
    role: str | None = None
    scheme: str | None = None
    max_age: str | None = None

    @property
    def scope(self) -> str:
        """What the report covers, in words."""
        boards = ", ".join(self.board) or "all boards"
        sources = f" of {', '.join(self.source)}" if self.source else ""
        return f"{boards}{sources}" + (f", {self.role.upper()} work only" if self.role else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report's facts, ready to be shown in any format."""

    name: str
    facts: Facts
    templates: Path | None

    def text(self, format: str, *, width: int = 80, color: bool = False) -> str:
        """The report in one of `md`, `html`, `text` and `json`; width and colour matter to `text` alone.

        Raises:
            ReportError: the template is wrong.
        """
        return render(self.name, self.facts, format=format, templates=self.templates, width=width, color=color)


def make_report(workspace: Workspace, request: Request) -> Report:
    """Compute a report and keep it in the store with its facts, so that it can be shown again and compared.

    Raises:
        StaleError: a source was last read longer ago than `max_age`, or never, or its last run failed.
        ReportError: the template is wrong.
    """
    if request.max_age:
        refuse_stale(workspace, request.source, request.max_age)
    facts = read_facts(workspace, request)
    report = Report(name=request.name, facts=facts, templates=workspace.settings.templates)
    scope = f"{request.scope}, {request.period} ({facts.scheme})"
    workspace.store.save_report(request.name, facts.as_of, scope, report.text("json"), report.text("md"))
    return report


def read_facts(workspace: Workspace, request: Request) -> Facts:
    """Everything a template may use, from the store alone.

    Raises:
        UsageError: a source, board, period or instant is not understood.
    """
    settings = workspace.settings
    as_of = instant(request.as_of, settings.zone, workspace.now)
    scheme = scheme_of(settings, request.scheme)
    book, catalogs, sources = RoleBook(workspace, scheme), read_catalogs(workspace), workspace.sources(request.source)
    refuse_unknown("board", request.board, (board for name in sources for board in catalogs[name].boards.values()))
    data = [_read_source(workspace, source, request, book, catalogs) for source in sources]
    book.save()
    return build_facts(
        data,
        name=request.name,
        period=Period.parse(request.period, as_of.astimezone(settings.zone).date()),
        as_of=as_of,
        zone=settings.zone,
        scheme=scheme,
        scope=request.scope,
        one_hat=bool(request.role),
    )


def _read_source(workspace: Workspace, source: str, request: Request, book: RoleBook, catalogs: Catalogs) -> SourceData:
    query = ItemQuery(sources=(source,), boards=request.board, presence="all")
    found = list(load(workspace, query, catalogs))
    shown = frozenset(known.item.id for known in found)
    others = {key for known in found for id, key in known.keys.items() if id not in shown}
    if others:  # epics and blockers on other boards
        query = replace(query, boards=(), keys=tuple(others))
        found += [known for known in load(workspace, query, catalogs) if known.item.id not in shown]
    answers = {known.item.id: book.answer(known.item, known.catalog) for known in found}
    if request.role:
        shown = frozenset(id for id in shown if answers[id].role.lower() == request.role)
    return SourceData(
        name=source,
        kind=workspace.settings.sources[source].type,
        catalog=by_human(catalogs[source]),
        items=[known.item for known in found],
        changes={known.item.id: known.changes for known in found},
        run=last_runs(workspace).get(source),
        classifications=answers,
        shown=shown if request.board or request.role else None,
    )


def last_runs(workspace: Workspace) -> dict[str, SourceRun]:
    """The latest run of every source. Its watermark is the last that any run has reached: a failure unreads nothing."""
    watermarks = workspace.store.watermarks()
    runs = workspace.store.last_runs()
    return {source: replace(run, watermark=run.watermark or watermarks.get(source)) for source, run in runs.items()}


def instant(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant (UTC) that `--as-of` means: a day is meant to its end, a time without zone is the workspace's.

    Raises:
        UsageError: it is neither a date nor a date and time.
    """
    if text is None:
        return now
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            asked = datetime.combine(date.fromisoformat(text), time.max, zone)
        else:
            asked = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f'"{text}" is no date or time', hint="Use 2026-05-08 or 2026-05-08T17:00.") from None
    return (asked if asked.tzinfo else asked.replace(tzinfo=zone)).astimezone(UTC)


def refuse_stale(workspace: Workspace, sources: Sequence[str], max_age: str) -> None:
    """Fail when a source's data are older than `max_age` (such as 2h).

    Raises:
        StaleError: with every source that is too old, failed or was never read.
    """
    limit = _age(max_age)
    runs = last_runs(workspace)
    problems = []
    for source in workspace.sources(sources):
        run = runs.get(source)
        if run is None or run.watermark is None:
            problems.append(f"{source}: never read to the end")
        elif run.result is Outcome.FAILED or workspace.now - run.watermark > limit:
            problems.append(f"{source}: last read to the end {run.watermark:%Y-%m-%d %H:%M} UTC")
    if problems:
        raise StaleError(f"data older than {max_age}", hint="Run `pmsync sync`.", problems=problems)


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d+)\s*([mhd])", text.strip())
    if not match:
        raise UsageError(f'"{text}" is no age', hint="Use 30m, 2h or 1d.")
    unit = {"m": "minutes", "h": "hours", "d": "days"}[match[2]]
    return timedelta(**{unit: int(match[1])})
