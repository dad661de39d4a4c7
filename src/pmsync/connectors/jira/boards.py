"""Boards: which ones are read, what they show, and which issues are on them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import msgspec

from pmsync.connectors.decoding import decode
from pmsync.connectors.jira.client import Client, Site
from pmsync.connectors.transport import AnswerError
from pmsync.model import Raw


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


class _Filter(msgspec.Struct):
    id: str
    jql: str = ""


class _Filtered(msgspec.Struct):
    filter: _Filter


@dataclass(frozen=True, slots=True)
class Rule:
    """What puts an issue on a board: `jql`, its saved filter.

    With `projects` (ids) the filter names projects and says nothing else, as most do: then an issue's project tells.
    A filter that is not `shared` cannot be read; the board is taken as the whole project it lives in.
    """

    jql: str
    projects: tuple[str, ...] = ()
    shared: bool = True


BoardTable = dict[str, tuple[BoardRow, msgspec.Raw]]

_ORDER_BY = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'])*?\border\s+by\b""", re.IGNORECASE | re.DOTALL)
_PROJECTS = re.compile(r"""\s*project\s*(?:=\s*("[^"]*"|'[^']*'|[\w-]+)|in\s*\(([^()]*)\))\s*""", re.IGNORECASE)


def read_boards(client: Client, **params: str) -> BoardTable:
    """Boards we may see, by id, with their JSON. A Jira without Software has none."""
    try:
        raws = list(client.pages("board", size=50, agile=True, **params))
    except AnswerError as error:
        if error.status not in {403, 404}:
            raise
        return {}
    rows = ((decode(raw, BoardRow), raw) for raw in raws)
    return {str(row.id): (row, raw) for row, raw in rows}


def boards_of(client: Client, keys: Mapping[str, str], pool: Executor) -> BoardTable:
    """Boards of these projects (ids with keys). Data Center does not say where a board lives: we write it down."""
    found: BoardTable = {}
    asked = [partial(read_boards, client, projectKeyOrId=key) for key in keys.values()]
    for id, boards in zip(keys, pool.map(lambda ask: ask(), asked), strict=True):
        for board, (row, raw) in boards.items():
            found.setdefault(board, (row, raw) if row.location else _placed(row, raw, int(id)))
    return found


def _placed(row: BoardRow, raw: msgspec.Raw, project: int) -> tuple[BoardRow, msgspec.Raw]:
    row.location = _Place(project)
    return row, msgspec.Raw(bytes(raw).rstrip()[:-1] + b',"location":{"projectId":%d}}' % project)


def read_configuration(client: Client, board: str) -> Raw | None:
    """A board's columns, filter and estimation. Without the scope for it a board has none; `doctor` says so."""
    try:
        body = bytes(client.get(f"board/{board}/configuration", msgspec.Raw, agile=True))
    except AnswerError as error:
        if error.status not in {403, 404}:
            raise
        return None
    return Raw.of("configuration", board, body)


def read_sprints(client: Client, board: str) -> Raw:
    """A board's sprints. Team-managed boards may have some; a board that cannot answers 400, which means none."""
    found: list[msgspec.Raw] = []
    try:
        found.extend(client.pages(f"board/{board}/sprint", size=50, agile=True))
    except AnswerError as error:
        if error.status not in {400, 403, 404}:
            raise
    return Raw.of("sprints", board, b"[" + b",".join(bytes(each) for each in found) + b"]")


def read_rules(
    client: Client,
    site: Site,
    boards: BoardTable,
    setups: Iterable[Raw],
    keys: Mapping[str, str],
    pool: Executor,
) -> dict[str, Rule]:
    """What puts issues on each board, by their configurations; nothing for a board of which nothing is known.

    `keys` are the keys of all visible projects by id.
    """
    filters = {raw.id: decode(raw.body(), _Filtered).filter.id for raw in setups}
    read = _filters if site.cloud else _each_filter
    known = read(client, sorted(set(filters.values())), pool)
    found = {board: _rule(known[id], keys) for board, id in filters.items() if id in known}
    homes = {board: row.project_id for board, (row, _) in boards.items() if board not in found}
    lone = {board: _rule(f"project = {home}", keys, shared=False) for board, home in homes.items() if home in keys}
    return found | lone


def _rule(query: str, keys: Mapping[str, str], *, shared: bool = True) -> Rule:
    """A filter without a condition shows all, but Cloud refuses a query without one."""
    jql = without_order(query)
    projects = only_projects(jql, keys) if jql else tuple(sorted(keys))
    return Rule(f"project in ({', '.join(projects)})", projects, shared) if projects else Rule(jql, (), shared)


def only_projects(jql: str, keys: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the projects that a query names, if it names some by key or id and says nothing else."""
    found = _PROJECTS.fullmatch(jql)
    ids = {**{id: id for id in keys}, **{key.upper(): id for id, key in keys.items()}}
    words = [word.strip().strip("\"'").upper() for word in (found[1] or found[2]).split(",")] if found else [""]
    return tuple(sorted(ids[word] for word in words)) if all(word in ids for word in words) else ()


def without_order(query: str) -> str:
    """The query up to its ORDER BY; those words inside quotes do not count."""
    found = _ORDER_BY.match(query)
    return (re.sub(r"(?i)\border\s+by$", "", found[0]) if found else query).strip()


def _filters(client: Client, ids: Sequence[str], _: Executor) -> dict[str, str]:
    """The queries of saved filters, a hundred a request; those that are not shared with us are left out."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), 100):
        asked = ids[start : start + 100]
        try:
            raws = list(client.pages("filter/search", size=100, id=asked, expand="jql"))
        except AnswerError as error:
            if error.status not in {400, 403, 404}:
                raise
            continue
        found.update((each.id, each.jql) for each in (decode(raw, _Filter) for raw in raws))
    return found


def _each_filter(client: Client, ids: Sequence[str], pool: Executor) -> dict[str, str]:
    """The same on Data Center, which gives them one by one only."""
    found = zip(ids, pool.map(partial(_one_filter, client), ids), strict=True)
    return {id: jql for id, jql in found if jql is not None}


def _one_filter(client: Client, id: str) -> str | None:
    try:
        return client.get(f"filter/{id}", _Filter).jql
    except AnswerError as error:
        if error.status not in {400, 403, 404}:
            raise
        return None
