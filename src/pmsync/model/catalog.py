"""The small tables of a source, refreshed on every run: boards, stages, sprints, versions, people, projects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum


class Category(StrEnum):
    """What a stage means, neutral of its name."""

    BACKLOG = "backlog"
    WAIT = "wait"
    ACTIVE = "active"
    DONE = "done"
    CANCELLED = "cancelled"


class SprintState(StrEnum):
    """A sprint is planned, running or over."""

    FUTURE = "future"
    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A Jira project or a Trello workspace."""

    id: str
    key: str
    name: str
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A board's column and the stages shown in it, with its work-in-progress limits."""

    name: str
    stage_ids: tuple[str, ...]
    min: int | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A Jira board or a Trello board; `kind` is the tracker's word (`scrum`, `kanban`, `trello`)."""

    id: str
    name: str
    kind: str
    url: str = ""
    project_id: str | None = None
    columns: tuple[Column, ...] = ()
    closed: bool = False
    history_complete_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A Jira status or a Trello list. `guessed` says the category came from the name, not from a setting."""

    id: str
    name: str
    category: Category
    board_id: str | None = None
    position: float = 0.0
    archived: bool = False
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprint:
    """A time box. `completed` is the actual close, `end` the planned one (UTC)."""

    id: str
    name: str
    state: SprintState
    start: datetime | None = None
    end: datetime | None = None
    completed: datetime | None = None
    goal: str = ""
    board_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A release: `release_date` is the planned or actual day as an ISO date."""

    id: str
    name: str
    released: bool = False
    release_date: str | None = None
    archived: bool = False
    project_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in a tracker. `account` is the Atlassian account id, the same in Jira Cloud and Trello."""

    id: str
    name: str
    account: str | None = None
    handle: str | None = None
    email: str | None = None  # where the tracker shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What a source has besides items, each table by id. A connector may hand over a part; the store merges it."""

    projects: Mapping[str, Project] = field(default_factory=dict)
    boards: Mapping[str, Board] = field(default_factory=dict)
    stages: Mapping[str, Stage] = field(default_factory=dict)
    sprints: Mapping[str, Sprint] = field(default_factory=dict)
    versions: Mapping[str, Version] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)

    def __or__(self, newer: "Catalog") -> "Catalog":
        """This catalog with the rows of a newer one on top."""
        return Catalog(
            **{table.name: {**getattr(self, table.name), **getattr(newer, table.name)} for table in fields(self)}
        )
