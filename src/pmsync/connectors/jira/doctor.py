"""What is wrong with a Jira source, and the line that mends it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from functools import partial

from pmsync.connectors.interface import Context, Finding
from pmsync.connectors.jira import tables
from pmsync.connectors.jira.catalog import Tables as Catalog
from pmsync.connectors.jira.client import Client, Site
from pmsync.connectors.jira.fields import Definition
from pmsync.connectors.jira.issues import Engine
from pmsync.connectors.jira.pull import engine_for
from pmsync.connectors.jira.scope import Unit, any_of, units
from pmsync.connectors.transport import AnswerError
from pmsync.errors import PmsyncError
from pmsync.model import Stage

CLOCK_LIMIT = 300
"""Seconds of difference between the clocks that are worth a word."""

Check = Callable[[], Iterator[Finding]]


def doctor(client: Client, context: Context, pool: Executor) -> Iterator[Finding]:
    """Check one thing after the other; what cannot be checked because of an error is left out."""
    try:
        site = client.open()
        yield from _account(site)
        found = tables.Tables(client, site, pool)
        scope, problems = units(client, found)
    except PmsyncError as error:
        yield _error("connection", error)
        return
    for problem in problems:
        yield Finding(level="warning", subject=problem.where, message=problem.what, fix=problem.fix)
    known = Catalog(client.settings.url, client.settings.points_field, client.settings.custom_fields)
    catalog = known.take(list(found.raws))
    engine = engine_for(client, site)
    checks: Sequence[Check] = (
        partial(_scope, engine, scope, client.settings.jql),
        partial(_boards, found),
        partial(_points, engine, scope, known, found),
        partial(_stages, list(catalog.stages.values())),
    )
    for check in checks:
        try:
            yield from check()
        except PmsyncError as error:
            yield _error(check.func.__name__.strip("_"), error)  # type: ignore[attr-defined]


def _account(site: Site) -> Iterator[Finding]:
    kind = "Jira Cloud" if site.cloud else "Jira Data Center"
    zone = f", time zone {site.account_zone}" if site.account_zone else ""
    yield Finding(
        level="ok", subject="connection", message=f"{kind} {site.version}, logged in as {site.account}{zone}."
    )
    skew = abs(site.now / 1000 - datetime.now(UTC).timestamp())
    if skew > CLOCK_LIMIT:
        what = f"this computer's clock and the server's differ by {skew / 60:.0f} minutes."
        fix = "Set this computer's clock: reports use it, syncs use the server's."
        yield Finding(level="warning", subject="clock", message=what, fix=fix)


def _scope(engine: Engine, scope: Sequence[Unit], jql: str | None) -> Iterator[Finding]:
    try:
        count = engine.count(any_of(scope))
    except PmsyncError as error:
        words = error.words if isinstance(error, AnswerError) else str(error)
        fix = "Correct `jql:` in the config." if jql else error.hint or "See the message."
        line = f"`jql: {jql}`: " if jql else ""
        yield Finding(level="error", subject="scope", message=f"{line}{words}", fix=fix, exit_code=3)
        return
    names = ", ".join(unit.title for unit in scope[:5]) + (f" and {len(scope) - 5} more" if len(scope) > 5 else "")
    level, fix = ("ok", "") if count else ("warning", "Widen `projects:`, `boards:` or `jql:`.")
    yield Finding(level=level, subject="scope", message=f"{count} issues in {names}.", fix=fix)


def _boards(found: tables.Tables) -> Iterator[Finding]:
    configured = {raw.id for raw in found.raws if raw.kind == "configuration"}
    if blind := [row.name for id, row in found.boards.items() if id not in configured]:
        what = f"the columns of {', '.join(blind)} cannot be read."
        fix = "Give the token the scope read:board-scope.admin:jira-software."
        yield Finding(level="warning", subject="boards", message=what, fix=fix)
    if taken := [found.boards[id].name for id, rule in found.rules.items() if id in configured and not rule.shared]:
        what = f"the filters of {', '.join(taken)} are not shared with this account: taken as whole projects."
        yield Finding(level="warning", subject="boards", message=what, fix="Share the filters.")
    yield Finding(level="ok", subject="boards", message=f"{len(found.boards)} boards.")


def _points(engine: Engine, scope: Sequence[Unit], known: Catalog, found: tables.Tables) -> Iterator[Finding]:
    """The field that holds story points, and how many issues have it; with all candidates where nothing decides."""
    undecided: dict[str, Definition] = {}
    for project in found.projects:
        undecided.update({each.id: each for each in known.fields.ambiguous(project)})
    if undecided:
        filled = ", ".join(f"{each.name} {each.id} ({_filled(engine, scope, each.id)})" for each in undecided.values())
        fix = f"Set `points_field: {next(iter(undecided))}`, or the one that your team fills."
        yield Finding(level="error", subject="story points", message=f"several fields could be it: {filled}.", fix=fix)
        return
    used = [id for id in known.fields.all_points if any(id in known.points(project) for project in found.projects)]
    if not used:
        fix = "Set `points_field:` if your team estimates in points."
        yield Finding(level="warning", subject="story points", message="no field for them was found.", fix=fix)
    for id in used:
        what = f"{known.fields.name(id)} ({id}): {_filled(engine, scope, id)}."
        yield Finding(level="ok", subject="story points", message=what)


def _filled(engine: Engine, scope: Sequence[Unit], field: str) -> str:
    number = field.removeprefix("customfield_")
    try:
        return f"set on {engine.count(f'{any_of(scope)} AND cf[{number}] is not EMPTY')} issues"
    except PmsyncError:
        return "not searchable"


def _stages(stages: Sequence[Stage]) -> Iterator[Finding]:
    for stage in stages:
        if stage.guessed:
            what = f"{stage.name!r} is taken as {stage.category.value}, by its name."
            yield Finding(level="ok", subject="stages", message=what)


def _error(subject: str, error: PmsyncError) -> Finding:
    fix = error.hint or "See the message."
    return Finding(level="error", subject=subject, message=str(error), fix=fix, exit_code=error.exit_code)
