"""The small tables: read whole on every run, because a rename touches no issue."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

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


class ProjectRow(msgspec.Struct):
    """A project as listed."""

    id: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Tables:
    """What the source has besides issues: the raw records, and what the scope needs of them."""

    raws: tuple[Raw, ...]
    projects: Mapping[str, ProjectRow]
    boards: Mapping[str, BoardRow]
    rules: Mapping[str, Rule]
    """Board id -> what puts issues on it."""
    keys: Mapping[str, str]
    """Project id -> key, of all projects that may be seen."""


def read_projects(client: Client, site: Site) -> dict[str, tuple[ProjectRow, msgspec.Raw]]:
    """Every project we may see, by id, with its JSON."""
    if site.cloud:
        found: Iterable[msgspec.Raw] = client.pages("project/search", size=100)
    else:
        found = client.get("project", list[msgspec.Raw])
    rows = ((decode(raw, ProjectRow), raw) for raw in found)
    return {row.id: (row, raw) for row, raw in rows}


def read(client: Client, site: Site, pool: Executor) -> Tables:
    """Read all tables that the configured scope needs, side by side.

    Raises:
        ScopeError: the config names a project or board that is not there.
    """
    settings = client.settings
    whole = {
        kind: pool.submit(client.get, path, msgspec.Raw) for kind, path in (("fields", "field"), ("statuses", "status"))
    }
    people = pool.submit(_people, client, site)
    board_list = pool.submit(read_boards, client) if site.cloud or settings.boards or not settings.projects else None
    projects = read_projects(client, site)
    chosen = _chosen_projects(client.source, settings.projects, projects, narrowed=bool(settings.boards))
    listed = (
        board_list.result() if board_list else boards_of(client, {row.id: row.key for row in chosen.values()}, pool)
    )
    boards = _chosen_boards(client.source, settings.boards, listed, chosen, every=not settings.projects)
    homes = {row.project_id for row, _ in boards.values()} & projects.keys()
    versions = pool.map(partial(_versions, client), sorted(chosen.keys() | homes))
    sprints = pool.map(partial(read_sprints, client), (id for id, (row, _) in boards.items() if row.type != "kanban"))
    setups = list(pool.map(partial(read_configuration, client), boards))
    keys = {id: row.key for id, (row, _) in projects.items()}
    rules = read_rules(client, site, boards, setups, keys, pool)
    return Tables(
        raws=(
            Raw.of("server", "server", site.raw),
            *(Raw.of(kind, kind, bytes(answer.result())) for kind, answer in whole.items()),
            *(Raw.of("project", id, bytes(raw)) for id, (_, raw) in projects.items()),
            *versions,
            *people.result(),
            *(_board(id, raw, rules.get(id)) for id, (_, raw) in boards.items()),
            *(raw for raw in setups if raw),
            *sprints,
        ),
        projects={id: row for id, (row, _) in projects.items() if id in chosen},
        boards={id: row for id, (row, _) in boards.items()},
        rules=rules,
        keys=keys,
    )


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
