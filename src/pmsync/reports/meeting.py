"""What the template of meeting notes may use: which meeting, what was left open, what to talk about."""

from dataclasses import dataclass
from datetime import date, datetime

from pmsync.reports.facts import Gap, Topic
from pmsync.reports.text import Markdown

AGENDAS = {
    "weekly": ("decision", "blocked", "overdue", "ageing", "risk", "scope", "milestone"),
    "standup": ("blocked", "overdue", "ageing", "scope"),
    "planning": ("decision", "blocked", "scope", "milestone"),
    "review": ("decision", "scope", "milestone"),
    "retro": ("blocked", "ageing", "scope"),
    "refinement": ("decision", "ageing", "risk"),
    "steering": ("decision", "risk", "milestone"),
}
"""Which kinds of topics a kind of meeting talks about."""

LONGEST_AGENDA = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFacts:
    """The names at the top level of `notes.md.j2`: `since` are action lines, `more` is how many topics did not fit."""

    series: str
    kind: str
    day: date
    tz: str
    as_of: datetime
    present: tuple[str, ...]
    since: tuple[Markdown, ...] = ()
    topics: tuple[Topic, ...] = ()
    more: int = 0
    missing: tuple[Gap, ...] = ()
