"""The small tables: read whole on every run, because a rename touches no issue."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import cached_property, partial

import msgspec

from pmsync.connectors.decoding import decode
from pmsync.connectors.jira.boards import (
    BoardRow,
    BoardTable,
    Rule,
    boards_of,
    read_boards,
    read_configuration,
    read_rules,
    read_sprints,
)
from pmsync.connectors.jira.client import Client, Site
from pmsync.connectors.jira.shapes import User
from pmsync.connectors.transport import AnswerError
from pmsync.errors import ScopeError, nearest
from pmsync.model import Raw

CATALOG_KINDS = ("server", "fields", "statuses", "project", "versions", "user", "board", "configuration", "sprints")

WHOLE = {"fields": "field", "statuses": "status"}
"""Tables that one request gives whole, by kind, and their addresses."""


class ProjectRow(msgspec.Struct):
    """A project as listed."""

    id: str
    key: str
    name: str


class Tables:
    """What the source has besides issues: the raw records, and what the scope needs of them.

    Made when projects and boards are listed. What is asked about each of them is under way by then, and waited for by
    whoever needs `rules` or `raws` first.
    """

    def __init__(self, client: Client, site: Site, pool: Executor) -> None:
        """Read all tables that the configured scope needs, side by side.

        Raises:
            ScopeError: the config names a project or board that is not there.
        """
        self._client, self._site, self._pool = client, site, pool
        self._whole = pool.map(partial(_whole, client), WHOLE)
        self._people = pool.submit(_people, client, site)
        settings = client.settings
        every = site.cloud or settings.boards or not settings.projects
        board_list = pool.submit(read_boards, client) if every else None
        self._visible = read_projects(client, site)
        self.keys = {id: row.key for id, (row, _) in self._visible.items()}
        """Project id -> key, of all projects that may be seen."""
        self.projects = _chosen_projects(
            client.source, settings.projects, self._visible, narrowed=bool(settings.boards)
        )
        keys = {id: row.key for id, row in self.projects.items()}
        listed = board_list.result() if board_list else boards_of(client, keys, pool)
        self._listed = _chosen_boards(
            client.source, settings.boards, listed, self.projects, every=not settings.projects
        )
        self.boards = {id: row for id, (row, _) in self._listed.items()}
        homes = {row.project_id for row in self.boards.values()} & self.keys.keys()
        self._versions = pool.map(partial(_versions, client), sorted(self.projects.keys() | homes))
        scrum = (id for id, row in self.boards.items() if row.type != "kanban")
        self._sprints = pool.map(partial(read_sprints, client), scrum)
        self._asked = pool.map(partial(read_configuration, client), self.boards)

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Board id -> what puts issues on it."""
        return read_rules(self._client, self._site, self._listed, self._setups, self.keys, self._pool)

    @cached_property
    def raws(self) -> tuple[Raw, ...]:
        """Everything that was read, to be stored."""
        return (
            Raw.of("server", "server", self._site.raw),
            *self._whole,
            *(Raw.of("project", id, bytes(raw)) for id, (_, raw) in self._visible.items()),
            *self._versions,
            *self._people.result(),
            *(_board(id, raw, self.rules.get(id)) for id, (_, raw) in self._listed.items()),
            *self._setups,
            *self._sprints,
        )

    @cached_property
    def _setups(self) -> list[Raw]:
        """The boards' configurations, as far as they may be read."""
        return [raw for raw in self._asked if raw]


def read_projects(client: Client, site: Site) -> dict[str, tuple[ProjectRow, msgspec.Raw]]:
    """Every project we may see, by id, with its JSON."""
    if site.cloud:
        found: Iterable[msgspec.Raw] = client.pages("project/search", size=100)
    else:
        found = client.get("project", list[msgspec.Raw])
    rows = ((decode(raw, ProjectRow), raw) for raw in found)
    return {row.id: (row, raw) for row, raw in rows}


def _chosen_projects(
    source: str, wanted: Sequence[str], projects: Mapping[str, tuple[ProjectRow, msgspec.Raw]], *, narrowed: bool
) -> dict[str, ProjectRow]:
    """The projects of the config by id; all when it names neither projects nor boards."""
    rows = {id: row for id, (row, _) in projects.items()}
    if not wanted:
        return {} if narrowed else rows
    named = {word.upper(): row for row in rows.values() for word in (row.key, row.id, row.name)}
    for word in wanted:
        if word.upper() not in named:
            raise _absent(source, "project", word, [row.key for row in rows.values()])
    return {row.id: row for row in (named[word.upper()] for word in wanted)}


def _chosen_boards(
    source: str,
    wanted: Sequence[str],
    listed: BoardTable,
    projects: Mapping[str, ProjectRow],
    *,
    every: bool,
) -> BoardTable:
    """The boards of the config, and those that live in its projects."""
    chosen = {id: found for id, found in listed.items() if found[0].project_id in projects}
    if every and not wanted:
        return dict(listed)
    for word in wanted:
        ids = [id for id, (row, _) in listed.items() if word in (id, row.name)]
        if not ids:
            raise _absent(source, "board", word, [row.name for row, _ in listed.values()])
        if len(ids) > 1:
            raise ScopeError(
                f"{source}: several boards are called {word!r}: {', '.join(ids)}",
                hint="name one by its id in `boards:`",
            )
        chosen[ids[0]] = listed[ids[0]]
    return chosen


def wanted_boards(names: Sequence[str], boards: Mapping[str, BoardRow]) -> list[str]:
    """Ids of the boards that the config names."""
    return [id for id, row in boards.items() if id in names or row.name in names]


def _absent(source: str, what: str, word: str, known: Sequence[str]) -> ScopeError:
    near = nearest(word, known)
    guess = f"did you mean {near!r}? " if near else ""
    return ScopeError(
        f"{source}: there is no {what} {word!r} that these credentials may see",
        hint=f"{guess}`pmsync boards` lists what is there",
    )


def _board(id: str, raw: msgspec.Raw, rule: Rule | None) -> Raw:
    """The record of a board; its note says which projects are on it as a whole."""
    return Raw.of("board", id, bytes(raw), ",".join(rule.projects) if rule else "")


def _whole(client: Client, kind: str) -> Raw:
    return Raw.of(kind, kind, bytes(client.get(WHOLE[kind], msgspec.Raw)))


def _versions(client: Client, project: str) -> Raw:
    return Raw.of("versions", project, bytes(client.get(f"project/{project}/versions", msgspec.Raw)))


def _people(client: Client, site: Site) -> list[Raw]:
    """Everybody, so that a new name shows at once; accounts that may not list people know those on issues."""
    path = "users/search" if site.cloud else "user/search?username=."
    found: list[Raw] = []
    while True:
        try:
            people = client.get(path, list[msgspec.Raw], startAt=len(found), maxResults=1000)
        except AnswerError:
            return found
        found += [Raw.of("user", decode(raw, User).id or "", bytes(raw)) for raw in people]
        if len(people) < 1000:
            return found
