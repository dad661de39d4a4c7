"""Notes: prepare a meeting's file from the trackers' state and from what the last meeting left."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pmsync.app.report import Request, read_facts
from pmsync.app.workspace import Workspace
from pmsync.errors import ReportError
from pmsync.notes import AGENDA, Document, carried_actions, parse_document, refresh, with_sealed, write_action
from pmsync.reports.facts import Facts
from pmsync.reports.meeting import AGENDAS, LONGEST_AGENDA, MeetingFacts
from pmsync.reports.render import render
from pmsync.reports.text import Markdown, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Which meeting to prepare; without a day it is today."""

    kind: str
    series: str
    day: date | None = None
    boards: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def prepare(workspace: Workspace, meeting: Meeting, file: Path | None) -> str:
    """The text of the notes. What people wrote in `file` stays; actions come from the series' last notes beside it.

    Raises:
        ReportError: a notes file cannot be read, or the template is wrong.
    """
    day = meeting.day or workspace.today
    facts = read_facts(workspace, Request(name="notes", board=meeting.boards, source=meeting.sources))
    previous = _previous(file, meeting.series, day) if file else None
    context = _meeting_facts(facts, meeting, day, workspace, previous)
    fresh = parse_document(render("notes", context, format="md", templates=workspace.settings.templates))
    fresh = with_sealed(fresh, AGENDA)
    existing = _read(file) if file and file.exists() else None
    document = refresh(existing, fresh) if existing and str(existing).strip() else fresh
    return str(document).rstrip("\n") + "\n"


def _meeting_facts(
    facts: Facts, meeting: Meeting, day: date, workspace: Workspace, previous: Document | None
) -> MeetingFacts:
    topics = [topic for topic in facts.agenda if topic.kind in AGENDAS[meeting.kind]]
    closed = {line.item.key for group in facts.done for line in group.lines}
    return MeetingFacts(
        series=meeting.series,
        kind=meeting.kind,
        day=day,
        tz=facts.tz,
        as_of=facts.as_of,
        present=tuple(workspace.settings.people),
        since=tuple(Markdown(write_action(action)) for action in carried_actions(previous, closed)),
        topics=tuple(topics[:LONGEST_AGENDA]),
        more=len(topics[LONGEST_AGENDA:]),
        missing=facts.missing,
    )


def _previous(file: Path, series: str, day: date) -> Document | None:
    """The latest earlier notes of a series in the same folder."""
    earlier = {
        document.value("date"): document
        for document in map(_read, sorted(file.parent.glob("*.md")))
        if document.value("series") == plain(series) and document.value("date") < str(day)
    }
    return earlier[max(earlier)] if earlier else None


def _read(file: Path) -> Document:
    hint = "Move it away, or write to a file in another folder"
    try:
        return parse_document(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ReportError(f"{file} cannot be read as notes: it is not UTF-8 text", hint=hint) from None
    except OSError as error:
        raise ReportError(f"{file} cannot be read as notes: {error.strerror}", hint=hint) from None
