"""Change: who moved what from where to where, and when. Metrics and `--as-of` read these, never current values."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Field(StrEnum):
    """The fields whose history is kept, in every tracker's words the same."""

    STATUS = "status"
    ASSIGNEE = "assignee"
    SPRINT = "sprint"
    POINTS = "points"
    ESTIMATE = "estimate"
    DUE = "due"
    TYPE = "type"
    TITLE = "title"
    BOARD = "board"
    FLAG = "flag"
    PARENT = "parent"
    VERSION = "version"
    LABEL = "label"
    RESOLUTION = "resolution"
    ARCHIVED = "archived"


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """One field of one item changed at `at` (UTC).

    `id` is unique within the source and the same on every fetch. `before`/`after` are the values as
    words; `before_id`/`after_id` the ids where the field has them (stage, sprint, person, board). Fields with
    several values (sprint, label, version, several assignees) keep one change per value: `after` alone says
    added, `before` alone says removed. Points are numbers as text, estimates seconds as text, dates ISO.
    """

    id: str
    item_id: str
    field: Field
    at: datetime
    before: str | None = None
    before_id: str | None = None
    after: str | None = None
    after_id: str | None = None
    by_id: str | None = None
