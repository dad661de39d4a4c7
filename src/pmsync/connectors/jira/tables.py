"""The small tables: read whole on every run, because a rename touches no issue."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

import msgspec

from pmsync.connectors.jira.client import Client, Site
from pmsync.connectors.jira.shapes import User
from pmsync.connectors.transport import AnswerError
from pmsync.errors import ScopeError
from pmsync.model import Raw

CATALOG_KINDS = ("server", "fields", "statuses", "project", "versions", "user", "board", "configuration", "sprints")


class ProjectRow(msgspec.Struct):
    """A project as listed."""

    id: str
    key: str
    name: str


class _Place(msgspec.Struct):
    projectId: int | None = None  # noqa: N815 - Jira's spelling


class BoardRow(msgspec.Struct):
    """A board as listed; private ones have no name or type, Data Center says no location."""

    id: int
    name: str = ""
    type: str = ""
    location: _Place | None = None

    @property
    def project_id(self) -> str | None:
        """The project the board lives in, where the server says so."""
        return str(self.location.projectId) if self.location and self.location.projectId else None


class _Id(msgspec.Struct):
    id: str


class _Filtered(msgspec.Struct):
    filter: _Id


@dataclass(frozen=True, slots=True)
class Tables:
    """What the source has besides issues: the raw records, and what the scope needs of them."""

    raws: tuple[Raw, ...]
    projects: Mapping[str, ProjectRow]
    boards: Mapping[str, BoardRow]
    filters: Mapping[str, str]
    """Board id -> id of its saved filter."""
    keys: Mapping[str, str]
    """Project id -> key, of all projects that may be seen."""


def read_projects(client: Client, site: Site) -> dict[str, tuple[ProjectRow, msgspec.Raw]]:
    """Every project we may see, by id, with its JSON."""
    if site.cloud:
        found: Iterable[msgspec.Raw] = client.pages("project/search", size=100)
    else:
        found = client.get("project", list[msgspec.Raw])
    rows = ((msgspec.json.decode(raw, type=ProjectRow), raw) for raw in found)
    return {row.id: (row, raw) for row, raw in rows}


BoardTable = dict[str, tuple[BoardRow, msgspec.Raw]]


def read_boards(client: Client, **params: str) -> BoardTable:
    """Boards we may see, by id, with their JSON. A Jira without Software has none."""
    try:
        raws = list(client.pages("board", size=50, agile=True, **params))
    except AnswerError as error:
        if error.status not in {403, 404}:
            raise
        return {}
    rows = ((msgspec.json.decode(raw, type=BoardRow), raw) for raw in raws)
    return {str(row.id): (row, raw) for row, raw in rows}


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
    listed = board_list.result() if board_list else _boards_of(client, chosen, pool)
    boards = _chosen_boards(client.source, settings.boards, listed, chosen, every=not settings.projects)
    homes = {row.project_id for row, _ in boards.values()} & projects.keys()
    versions = pool.map(partial(_versions, client), sorted(chosen.keys() | homes))
    sprints = pool.map(partial(_sprints, client), (id for id, (row, _) in boards.items() if row.type != "kanban"))
    configurations = list(pool.map(partial(_configuration, client), boards))
    return Tables(
        raws=(
            Raw.of("server", "server", site.raw),
            *(Raw.of(kind, kind, bytes(answer.result())) for kind, answer in whole.items()),
            *(Raw.of("project", id, bytes(raw)) for id, (_, raw) in projects.items()),
            *versions,
            *people.result(),
            *(Raw.of("board", id, bytes(raw)) for id, (_, raw) in boards.items()),
            *(raw for raw in configurations if raw),
            *sprints,
        ),
        projects={id: row for id, (row, _) in projects.items() if id in chosen},
        boards={id: row for id, (row, _) in boards.items()},
        filters={raw.id: msgspec.json.decode(raw.body(), type=_Filtered).filter.id for raw in configurations if raw},
        keys={id: row.key for id, (row, _) in projects.items()},
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
    close = get_close_matches(word, known, 1, cutoff=0.5)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return ScopeError(
        f"{source}: there is no {what} {word!r} that these credentials may see",
        hint=f"{guess}`pmsync boards` lists what is there",
    )


def _boards_of(client: Client, projects: Mapping[str, ProjectRow], pool: Executor) -> BoardTable:
    """Data Center does not say where a board lives: ask by project, and write the answer into the row."""
    found: BoardTable = {}
    asked = [partial(read_boards, client, projectKeyOrId=row.key) for row in projects.values()]
    for id, boards in zip(projects, pool.map(lambda ask: ask(), asked), strict=True):
        for board, (row, raw) in boards.items():
            found.setdefault(board, (row, raw) if row.location else _placed(row, raw, int(id)))
    return found


def _placed(row: BoardRow, raw: msgspec.Raw, project: int) -> tuple[BoardRow, msgspec.Raw]:
    row.location = _Place(project)
    return row, msgspec.Raw(bytes(raw).rstrip()[:-1] + b',"location":{"projectId":%d}}' % project)


def _configuration(client: Client, board: str) -> Raw | None:
    """A board's columns, filter and estimation. Without the scope for it a board has none; `doctor` says so."""
    try:
        return Raw.of(
            "configuration", board, bytes(client.get(f"board/{board}/configuration", msgspec.Raw, agile=True))
        )
    except AnswerError as error:
        if error.status not in {403, 404}:
            raise
        return None


def _sprints(client: Client, board: str) -> Raw:
    """A board's sprints. Team-managed boards may have some; a board that cannot answers 400, which means none."""
    found: list[msgspec.Raw] = []
    try:
        found.extend(client.pages(f"board/{board}/sprint", size=50, agile=True))
    except AnswerError as error:
        if error.status not in {400, 403, 404}:
            raise
    return Raw.of("sprints", board, b"[" + b",".join(bytes(each) for each in found) + b"]")


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
        found += [Raw.of("user", msgspec.json.decode(raw, type=User).id or "", bytes(raw)) for raw in people]
        if len(people) < 1000:
            return found
