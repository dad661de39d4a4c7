"""Facts: everything a template may use, as plain immutable data. `docs/templates.md` describes every name.

`FACTS_VERSION` grows when a name changes its meaning or goes away; new names do not change it. Instants are UTC
(filters show them in the report's time zone), counts are items, `days` are calendar days with both ends counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from pmsync.model import ItemView, PersonView, Role
from pmsync.model.period import Period
from pmsync.roles import Untouched

FACTS_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How current and how complete one source is. `age` is in words, `stale` says it is too old to trust."""

    source: str
    kind: str
    result: str
    watermark: datetime | None
    age: str
    stale: bool
    stored: int
    expected: int | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that the numbers of this report do not contain, and what mends it."""

    source: str
    what: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An item with what a report says about it. Figures that cannot be known are None."""

    item: ItemView
    age: int | None = None
    cycle: int | None = None
    overdue: int = 0
    blocked: bool = False
    blocked_since: date | None = None
    blocked_days: int | None = None
    blocked_by: tuple[str, ...] = ()
    is_new: bool = False
    exposure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Delivered work under one heading: the epic it belongs to, else its board. `key` and `url` are the epic's."""

    title: str
    key: str
    url: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An item whose due date moved, from where to where."""

    line: Line
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What changed in the plan during the period."""

    added: tuple[Line, ...] = ()
    removed: tuple[Line, ...] = ()
    reopened: tuple[Line, ...] = ()
    moved: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A release with its planned day. `days` until then, negative once it has passed."""

    name: str
    source: str
    day: date
    days: int
    released: bool
    done: int
    total: int

    @property
    def overdue(self) -> bool:
        """Its day has passed and it is not released."""
        return self.days < 0 and not self.released


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintFacts:
    """A sprint in numbers, in `unit`; shares are of the commitment, None when nothing was committed."""

    name: str
    source: str
    goal: str
    state: str
    start: date
    end: date | None
    days_left: int | None
    unit: str
    committed: float
    added: float
    removed: float
    reestimated: float
    completed: float
    discarded: float
    carried: float
    net_change: float | None
    say_do: float | None
    plan_kept: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rag:
    """One dimension of health: `state` is red, amber, green or unknown; `evidence` says why, `lines` which items."""

    dimension: str
    state: str
    evidence: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The dimensions, the worst of them, and the thresholds in words."""

    overall: str
    dimensions: tuple[Rag, ...]
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """How many items were delivered in one complete ISO week."""

    start: date
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Work in progress, and the pace of the last complete weeks. Percentiles: days, nearest rank, of `n` items."""

    wip: int
    n: int
    cycle_p50: float | None
    cycle_p85: float | None
    lead_p85: float | None
    weeks: tuple[Week, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epic:
    """An open epic and how much of it is done."""

    line: Line
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is not started: how much of it has an estimate, how much nobody has touched for 90 days."""

    total: int
    estimated: int
    stale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Defects:
    """Bugs that came in and went out in the period, and what is open now."""

    found: int
    fixed: int
    open: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one person has in hand."""

    person: PersonView
    doing: int
    blocked: int
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Open and delivered items under one word: a role, a duty."""

    name: str
    open: int
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hat:
    """What one role answers for. `duties` are counted over open items and those delivered in the period."""

    role: str
    title: str
    done: tuple[Group, ...]
    done_count: int
    doing: tuple[Line, ...]
    next: tuple[Line, ...]
    blocked: tuple[Line, ...]
    overdue: tuple[Line, ...]
    duties: tuple[Tally, ...]
    confidence: dict[str, int]
    review: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HatBalance:
    """One person's two hats: shares (0 to 1) of the open items, and of all delivered so far, per role; empty for none.

    `untouched` are the duties that the scheme watches, those without an item first, then the longest untouched; `days`
    of each are whole days, at most, when `touched_since` counts watched items that were touched after the instant.
    `self_accepted` are verdicts that their own assignee closed; of `closer_unknown` more nobody knows who closed them.
    """

    open: Mapping[Role, float]
    delivered: Mapping[Role, float]
    untouched: tuple[Untouched, ...]
    touched_since: int
    self_accepted: tuple[Line, ...]
    closer_unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A line of an agenda: an item or a milestone and why to talk about it.

    `kind` is decision, blocked, overdue, ageing, risk, scope or milestone.
    """

    kind: str
    reason: str
    line: Line | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A report's facts: these are the names at the top level of a template."""

    name: str
    title: str
    as_of: datetime
    tz: str
    period: Period
    scope: str
    scheme: str
    facts_version: int = FACTS_VERSION
    total: int = 0
    freshness: tuple[Freshness, ...] = ()
    missing: tuple[Gap, ...] = ()
    health: Health
    asks: tuple[Line, ...] = ()
    done: tuple[Group, ...] = ()
    done_count: int = 0
    doing: tuple[Line, ...] = ()
    next: tuple[Line, ...] = ()
    blocked: tuple[Line, ...] = ()
    overdue: tuple[Line, ...] = ()
    due_soon: tuple[Line, ...] = ()
    changes: Movement = field(default_factory=Movement)
    milestones: tuple[Milestone, ...] = ()
    risks: tuple[Line, ...] = ()
    sprints: tuple[SprintFacts, ...] = ()
    flow: Flow
    epics: tuple[Epic, ...] = ()
    backlog: Backlog
    defects: Defects
    load: tuple[Load, ...] = ()
    logged_seconds: int = 0
    po: Hat
    pm: Hat
    balance: HatBalance | None = None
    agenda: tuple[Topic, ...] = ()
