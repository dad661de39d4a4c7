"""The small tables, remembered while issues are mapped: raw records in, the common model's catalog out."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from pmsync.connectors.decoding import decode
from pmsync.connectors.jira.fields import Definition, Fields
from pmsync.connectors.jira.shapes import Release, User, issue_decoder
from pmsync.model import Board, Catalog, Category, Column, Person, Project, Raw, Sprint, SprintState, Stage, Version

CATEGORIES = {"new": Category.BACKLOG, "indeterminate": Category.ACTIVE, "done": Category.DONE}
STATES = {state.value: state for state in SprintState}
WAITING = re.compile(r"\b(wait|waiting|blocked|on hold|hold|parked|pending|paused|impeded)\b", re.IGNORECASE)
CANCELLED = re.compile(
    r"\b(cancell?ed|won'?t (do|fix)|rejected|declined|abandoned|obsolete|duplicate)\b", re.IGNORECASE
)


class Tables:
    """What catalog records have said so far. Later records replace earlier ones of the same id."""

    def __init__(self, site: str, points_setting: str | None = None, others: Sequence[str] = ()) -> None:
        self.site = site
        self.fields = Fields(points_setting=points_setting, others=others)
        self.statuses: dict[str, dict[str, Any]] = {}
        self.projects: dict[str, Project] = {}
        self.versions: dict[str, Version] = {}
        self.people: dict[str, Person] = {}
        self.sprints: dict[str, Sprint] = {}
        self.boards_by_project: dict[str, tuple[str, ...]] = {}
        self._points: dict[str | None, tuple[str, ...]] = {}
        self.decode = issue_decoder(()).decode
        self._boards: dict[str, dict[str, Any]] = {}
        self._whole: dict[str, tuple[str, ...]] = {}
        self._configurations: dict[str, dict[str, Any]] = {}
        self._takers: dict[str, Callable[[Raw], None]] = {
            "server": self._server,
            "fields": self._fields,
            "statuses": self._statuses,
            "project": self._project,
            "versions": self._versions,
            "user": self._user,
            "board": self._take_board,
            "configuration": lambda raw: self._configurations.__setitem__(raw.id, _json(raw)),
            "sprints": self._sprints,
        }

    def take(self, raws: list[Raw]) -> Catalog:
        """Remember catalog records; return all that is known now, or nothing if there were none."""
        for raw in raws:
            self._takers[raw.kind](raw)
        if not raws:
            return Catalog()
        self._learn_boards()
        return self._catalog()

    def points(self, project: str | None) -> tuple[str, ...]:
        """The fields that hold an issue's points."""
        if project not in self._points:
            self._points[project] = self.fields.points(project)
        return self._points[project]

    def boards(self, project: str | None, found: str) -> tuple[str, ...]:
        """The boards of an issue: those its whole project is on, and those on which it was found (ids, by comma)."""
        whole = self.boards_by_project.get(project or "", ())
        return tuple(dict.fromkeys((*whole, *found.split(",")))) if found else whole

    def _catalog(self) -> Catalog:
        return Catalog(
            projects=dict(self.projects),
            boards={id: self._board(id) for id in self._boards},
            stages={id: self._stage(id) for id in self.statuses},
            sprints=dict(self.sprints),
            versions=dict(self.versions),
            people=dict(self.people),
        )

    def _learn_boards(self) -> None:
        """Which projects are on which boards as a whole, and in which field their points are."""
        on: dict[str, tuple[str, ...]] = {}
        estimation: dict[str | None, tuple[str, ...]] = {}
        for id in sorted(self._boards, key=int):
            home, whole = self._home(id), self._whole[id]
            on.update({project: (*on.get(project, ()), id) for project in whole})
            field = self._configurations.get(id, {}).get("estimation", {}).get("field", {}).get("fieldId", "")
            for project in [home] if home else whole:
                if field.startswith("customfield_") and field not in estimation.get(project, ()):
                    estimation[project] = (*estimation.get(project, ()), field)
        self.boards_by_project = on
        self.fields = replace(self.fields, estimation=estimation)
        self._points = {}
        self.decode = issue_decoder(self.fields.custom).decode

    def _home(self, board: str) -> str | None:
        project = (self._boards[board].get("location") or {}).get("projectId")
        return str(project) if project else None

    def _board(self, id: str) -> Board:
        row, columns = self._boards[id], self._configurations.get(id, {}).get("columnConfig", {}).get("columns", ())
        return Board(
            id=id,
            name=row.get("name") or f"Board {id}",
            kind=row.get("type") or "private",
            url=f"{self.site}/secure/RapidBoard.jspa?rapidView={id}",
            project_id=self._home(id),
            columns=tuple(_column(column) for column in columns),
        )

    def _stage(self, id: str) -> Stage:
        row = self.statuses[id]
        category = CATEGORIES.get((row.get("statusCategory") or {}).get("key", ""), Category.BACKLOG)
        name, place = row["name"], self._place(id)
        guess = _guess(name, category)
        if category is Category.BACKLOG and place >= 1:  # past a board's first column: chosen, not begun
            category = Category.WAIT
        return Stage(id=id, name=name, category=guess or category, position=float(place), guessed=guess is not None)

    def _place(self, status: str) -> int:
        """The column of the first board that shows the status."""
        for id in sorted(self._configurations, key=int):
            columns = self._configurations[id].get("columnConfig", {}).get("columns", ())
            for place, column in enumerate(columns):
                if any(str(each["id"]) == status for each in column.get("statuses", ())):
                    return place
        return 0

    def _take_board(self, raw: Raw) -> None:
        self._boards[raw.id] = _json(raw)
        self._whole[raw.id] = tuple(raw.note.split(",")) if raw.note else ()

    def _server(self, raw: Raw) -> None:
        if "api.atlassian.com" in self.site:  # links are for people, who know the site by another address
            self.site = (_json(raw).get("baseUrl") or self.site).rstrip("/")

    def _fields(self, raw: Raw) -> None:
        self.fields = replace(self.fields, definitions=decode(raw.body(), list[Definition]))

    def _statuses(self, raw: Raw) -> None:
        self.statuses.update({str(row["id"]): row for row in _json(raw)})

    def _project(self, raw: Raw) -> None:
        row = _json(raw)
        known = Project(id=str(row["id"]), key=row["key"], name=row["name"], archived=bool(row.get("archived")))
        self.projects[known.id] = known

    def _versions(self, raw: Raw) -> None:
        rows = decode(raw.body(), list[Release])
        self.versions.update({row.id: version(row, raw.id) for row in rows})

    def _user(self, raw: Raw) -> None:
        user = decode(raw.body(), User)
        if user.id:
            self.people[user.id] = person(user, user.id)

    def _sprints(self, raw: Raw) -> None:
        self.sprints.update({known.id: known for row in _json(raw) if (known := sprint(row))})


def instant(text: object) -> datetime | None:
    """An instant as Jira writes it, in whatever zone the reader has: text with an offset, or epoch milliseconds."""
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
    except TypeError:
        return datetime.fromtimestamp(text / 1000, UTC) if isinstance(text, int) else None
    except ValueError:
        return None
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def person(user: User, id: str) -> Person:
    """A user as the model has it."""
    name = user.displayName or user.name or id
    return Person(id=id, name=name, account=user.accountId, handle=user.name, email=user.emailAddress)


def sprint(value: Any) -> Sprint | None:
    """A sprint: an object on Cloud, `...Sprint@1f[id=3,state=CLOSED,name=...]` on Data Center."""
    row = dict(_parts(value)) if isinstance(value, str) else value
    if not row or not row.get("id"):
        return None
    return Sprint(
        id=str(row["id"]),
        name=row.get("name") or f"Sprint {row['id']}",
        state=STATES.get(str(row.get("state")).lower(), SprintState.FUTURE),
        start=instant(row.get("startDate")),
        end=instant(row.get("endDate")),
        completed=instant(row.get("completeDate")),
        goal=row.get("goal") or "",
        board_id=str(row.get("originBoardId") or row.get("boardId") or row.get("rapidViewId") or "") or None,
    )


_SPRINT_KEY = re.compile(
    r"(?:^|,)(id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal|autoStartStop|synced"
    r"|incompleteIssuesDestinationId)="
)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The values of a Data Center sprint. Names may hold commas, equal signs and brackets: only known keys divide."""
    inside = text.partition("[")[2].rpartition("]")[0]
    keys = list(_SPRINT_KEY.finditer(inside))
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        value = inside[key.end() : following.start() if following else len(inside)]
        yield key[1], "" if value == "<null>" else value


def version(row: Release, project: str | None = None) -> Version:
    """A release."""
    return Version(
        id=row.id,
        name=row.name,
        released=bool(row.released),
        release_date=row.releaseDate,
        archived=bool(row.archived),
        project_id=project or (str(row.projectId) if row.projectId else None),
    )


def _column(row: dict[str, Any]) -> Column:
    ids = tuple(str(status["id"]) for status in row.get("statuses", ()))
    return Column(name=row["name"], stage_ids=ids, min=row.get("min"), max=row.get("max"))


def _guess(name: str, category: Category) -> Category | None:
    """What a status name says beyond its category."""
    if category is Category.DONE:
        return Category.CANCELLED if CANCELLED.search(name) else None
    return Category.WAIT if WAITING.search(name) else None


def _json(raw: Raw) -> Any:
    return msgspec.json.decode(raw.body())
