"""What can be asked of the store and what it answers besides the model's own types. No SQL, so cheap to import."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pmsync.model import Category, ItemType, Presence

ItemId = tuple[str, str]
"""(source, item id): what identifies an item in a store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuery:
    """Which items to read. Filters that are set must all hold; within one filter any value will do.

    Boards, stages and assignees may be named by id or by name; names, labels, keys and `text` (looked for in key,
    title and description) match in any case. Former keys count as keys.
    """

    sources: tuple[str, ...] = ()
    boards: tuple[str, ...] = ()
    types: tuple[ItemType, ...] = ()
    stages: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    text: str = ""
    updated_since: datetime | None = None
    presence: Presence | Literal["all"] = Presence.HERE


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReport:
    """A report as it was given out, with the facts behind it as JSON text."""

    id: int
    name: str
    scope: str
    as_of: datetime
    facts: str
    markdown: str
