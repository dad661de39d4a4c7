"""Demo: the whole job on two small trackers on loopback and one export file, in a folder of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pmsync.app.notes import Meeting, prepare
from pmsync.app.report import Request, make_report
from pmsync.app.sync import Progress, sync
from pmsync.app.workspace import open_workspace
from pmsync.errors import ReportError
from pmsync.model import ItemType, SourceRun
from pmsync.store import ItemQuery

if TYPE_CHECKING:
    from pmsync.demo.server import RunningServer, Site

CONFIG = """\
# The demo's trackers answer while `pmsync demo --serve` runs; reports and lists need only the store.
timezone: Europe/Berlin
scheme: project-manager
store: demo.sqlite
sources:
  shop: {{type: jira, url: "{jira}", email: demo@example.org, token: "file:secrets/jira-token"}}
  marketing:
    type: trello
    url: "{trello}"
    key: file:secrets/trello-key
    token: file:secrets/trello-token
    boards: [Launch plan]
    stages: {{backlog: [Ideas, To do], active: [Doing], wait: [Waiting for print, Review], done: [Live]}}
  office:
    type: trello-export
    files: [exports/*.json]
    stages: {{backlog: [To do], active: [Doing], wait: [Waiting for others], done: [Done]}}
people:
  anna: {{name: Anna Berg, marketing: annaberg}}
  li: {{name: Li Wei, marketing: liwei}}
"""

REPORTS = ("status", "po", "pm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trackers:
    """The demo's trackers while they run, and the config that reads them."""

    jira: str
    trello: str
    config: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a demo has done: runs, files, and the status report for the terminal."""

    runs: list[SourceRun]
    files: list[Path]
    status: str
    example: str


def run_demo(folder: Path, *, now: datetime, width: int, color: bool, progress: Progress) -> Shown:
    """Start the trackers, sync, write reports and notes into `folder`. Running it again reads only what changed."""
    with trackers(folder, now=now) as running, open_workspace(running.config, now=now) as workspace:
        runs = sync(workspace, progress=progress)
        reports = {name: make_report(workspace, Request(name=name)) for name in REPORTS}
        files = [
            _write(folder / f"{name}.{format}", report.text(format))
            for name, report in reports.items()
            for format in ("md", "html")
        ]
        notes = folder / "notes" / f"{workspace.today}.md"
        files.append(_write(notes, prepare(workspace, Meeting(kind="weekly", series="weekly"), notes)))
        status = reports["status"].text("text", width=width, color=color)
        stories = ItemQuery(sources=("shop",), types=(ItemType.STORY,))
        example = next(item.key for item in workspace.store.items(stories))
    return Shown(runs=runs, files=files, status=status, example=example)


@contextmanager
def trackers(
    folder: Path, *, now: datetime, jira_port: int | None = None, trello_port: int | None = None
) -> Iterator[Trackers]:
    """Run both trackers on loopback. Their data end at the hour of the first run in this folder.

    Without a port it is the usual one, so that the links in reports lead to what `demo --serve` serves; where that is
    taken, a free one.
    """
    from pmsync.demo.jira import JiraSite
    from pmsync.demo.trello import TrelloSite
    from pmsync.demo.trello.export import export_board

    clock = partial(datetime.now, UTC)
    with _writable(folder):
        anchor = _anchor(folder, now)
        jira_site, trello_site = JiraSite(anchor, now=clock), TrelloSite(anchor)
        office = next(id for id, board in trello_site.boards.items() if board["name"] == "Office move")
        _write(folder / "exports" / "office-move.json", export_board(trello_site, office))
        with ExitStack() as stack:
            jira, trello = _serve(stack, jira_site, jira_port, 8471), _serve(stack, trello_site, trello_port, 8472)
            _write_secrets(folder / "secrets")
            config = _write(folder / "pmsync.yaml", CONFIG.format(jira=jira.url, trello=trello.url))
            yield Trackers(jira=jira.url, trello=trello.url, config=config)


def _serve(stack: ExitStack, site: "Site", port: int | None, usual: int) -> "RunningServer":
    from pmsync.demo.server import serve

    try:
        return stack.enter_context(serve(site, port=usual if port is None else port))
    except OSError:
        if port is not None:
            raise
        return stack.enter_context(serve(site))


def _anchor(folder: Path, now: datetime) -> datetime:
    """The instant at which the demo's data end: kept, so that a second run finds the same trackers."""
    file = folder / "anchor.txt"
    if not file.exists():
        _write(file, now.replace(minute=0, second=0, microsecond=0).isoformat())
    return datetime.fromisoformat(file.read_text(encoding="utf-8")).astimezone(UTC)


def _write_secrets(folder: Path) -> None:
    from pmsync.demo import trello
    from pmsync.demo.jira import site

    for name, secret in {"jira-token": site.TOKEN, "trello-key": trello.KEY, "trello-token": trello.TOKEN}.items():
        _write(folder / name, secret)


def _write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        hint = "Choose another place with --folder, or another port."
        raise ReportError(f"the demo cannot use {folder}: {error.strerror}", hint=hint) from None
