"""ItemView: an item with every id looked up and its life computed: what listings print and reports read."""

from dataclasses import dataclass
from datetime import date, datetime

from pmsync.model.catalog import Category
from pmsync.model.role import Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person by the id of the source and the name to print."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SprintView:
    """A sprint an item is or was in."""

    id: str
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistView:
    """How much of all checklists is ticked."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A relation to another item, by its current key."""

    type: str
    direction: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change with names instead of ids where the catalog knows them."""

    field: str
    before: str | None
    before_id: str | None
    after: str | None
    after_id: str | None
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """Exactly what `items -o jsonl` prints, as values. Instants are UTC, `due` and `start` are dates."""

    source: str
    id: str
    key: str
    aliases: tuple[str, ...]
    url: str
    boards: tuple[str, ...]
    type: str
    type_name: str
    title: str
    stage: str | None
    stage_id: str | None
    category: Category | None
    outcome: str | None
    resolution: str | None
    priority: str | None
    labels: tuple[str, ...]
    components: tuple[str, ...]
    assignees: tuple[PersonView, ...]
    reporter: PersonView | None
    created: datetime
    updated: datetime
    started: datetime | None
    finished: datetime | None
    due: date | None
    start: date | None
    points: float | None
    estimate_seconds: int | None
    spent_seconds: int | None
    remaining_seconds: int | None
    parent: str | None
    sprints: tuple[SprintView, ...]
    versions: tuple[str, ...]
    flagged: bool
    checklist: ChecklistView
    links: tuple[LinkView, ...]
    comments: int
    worklogs: int
    archived: bool
    presence: str
    presence_since: datetime | None
    history_complete_from: datetime | None
    changes: tuple[ChangeView, ...] | None = None  # with --history
    role: Classification | None = None  # with --roles
