"""Item: one piece of work, whatever tracker holds it, and what hangs on it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field  # made in a fifth of a dataclass's time: a sync makes a million of these

from pmsync.model.catalog import Category


class ItemType(StrEnum):
    """The neutral kinds of work; `Item.type_name` keeps the tracker's own word."""

    EPIC = "epic"
    STORY = "story"
    TASK = "task"
    BUG = "bug"
    SUBTASK = "subtask"
    RISK = "risk"
    INCIDENT = "incident"
    OTHER = "other"


class Presence(StrEnum):
    """Whether the tracker still shows an item. Only a confirmed sweep ever leaves `HERE`."""

    HERE = "here"
    ARCHIVED = "archived"
    MOVED = "moved"
    GONE = "gone"
    HIDDEN = "hidden"


class TextFormat(StrEnum):
    """How a description or comment was written; it is stored as sent and converted when shown."""

    WIKI = "wiki"
    ADF = "adf"
    MARKDOWN = "markdown"


class ItemRef(Struct, frozen=True, kw_only=True, gc=False):
    """Points at another item of the same source: by id where the tracker says it, else by key."""

    key: str
    id: str | None = None


class Link(Struct, frozen=True, kw_only=True, gc=False):
    """One end of a relation: `blocks` with direction `in` reads "is blocked by"."""

    type: str
    direction: str
    target: ItemRef
    id: str = ""


class ChecklistEntry(Struct, frozen=True, kw_only=True, gc=False):
    """One line of a checklist."""

    text: str
    done: bool
    checklist: str = ""


class Comment(Struct, frozen=True, kw_only=True, gc=False):
    """What somebody said on an item. Times are UTC; `author_id` is unknown for deleted accounts."""

    id: str
    author_id: str | None
    created: datetime
    body: str
    format: TextFormat = TextFormat.MARKDOWN
    updated: datetime | None = None


class Worklog(Struct, frozen=True, kw_only=True, gc=False):
    """Time somebody logged: `seconds` of work that began at `started` (UTC)."""

    id: str
    author_id: str | None
    started: datetime
    seconds: int
    comment: str = ""


class Item(Struct, frozen=True, kw_only=True, gc=False):
    """One issue or card. Identity is `(source, id)`; keys, names and boards may change.

    Stages, people, sprints, versions and boards are held by id and looked up in the `Catalog`, so that a
    rename shows at once without touching items. Instants are UTC; `due` and `start` are dates in the
    workspace's time zone, `due_at` is the instant where the tracker has one (Trello).
    """

    source: str
    id: str
    key: str
    url: str
    type: ItemType
    type_name: str
    title: str
    created: datetime
    updated: datetime
    stage_id: str | None
    aliases: tuple[str, ...] = ()
    project_id: str | None = None
    description: str = ""
    description_format: TextFormat = TextFormat.MARKDOWN
    done_at: datetime | None = None  # the tracker's own word that it is finished: resolution date, dueComplete, archive
    resolution: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    assignee_ids: tuple[str, ...] = ()
    reporter_id: str | None = None
    due: date | None = None
    due_at: datetime | None = None
    start: date | None = None
    points: float | None = None
    estimate_seconds: int | None = None
    spent_seconds: int | None = None
    remaining_seconds: int | None = None
    parent: ItemRef | None = None
    sprint_ids: tuple[str, ...] = ()
    version_ids: tuple[str, ...] = ()
    board_ids: tuple[str, ...] = ()
    flagged: bool = False
    rank: str | None = None
    security: str | None = None
    archived: bool = False
    checklist: tuple[ChecklistEntry, ...] = ()
    links: tuple[Link, ...] = ()
    comments: tuple[Comment, ...] = ()
    worklogs: tuple[Worklog, ...] = ()
    attachments: tuple[str, ...] = ()
    custom_fields: Mapping[str, str | float | bool] = field(default_factory=dict)
    history_complete_from: datetime | None = None  # changes before this instant are unknown
    presence: Presence = Presence.HERE
    presence_since: datetime | None = None


DISCARDED_RESOLUTIONS = frozenset(
    {"won't do", "won't fix", "wont fix", "wont do", "duplicate", "cannot reproduce", "invalid", "declined", "obsolete"}
)


def is_discarded(category: Category, resolution: str | None) -> bool:
    """Whether finished work was dropped rather than delivered."""
    return category is Category.CANCELLED or (resolution or "").strip().lower() in DISCARDED_RESOLUTIONS
