"""What to read: the config's projects, boards and JQL as queries that Jira can answer."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.tables import ProjectRow, Tables, wanted_boards
from pmsync.connectors.transport import AnswerError
from pmsync.errors import ScopeError
from pmsync.model import Problem

_ORDER_BY = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'])*?\border\s+by\b""", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the scope: issues of a project, or of a board's filter, that also meet `narrow` (JQL, or empty)."""

    name: str
    query: str
    title: str
    """What people call it; `name` stays when it is renamed."""
    board: str | None = None
    narrow: str = ""

    @property
    def project(self) -> str | None:
        """The project's id, when it is one."""
        return None if self.board else self.name.removeprefix("project ")

    @property
    def digest(self) -> str:
        """Changes when the unit may hold other issues."""
        return hashlib.blake2b(repr((self.query, self.narrow)).encode(), digest_size=8).hexdigest()


def units(client: Client, tables: Tables, pool: Executor) -> tuple[list[Unit], list[Problem]]:
    """One unit per project and per board of the config, narrowed by its `jql`.

    Raises:
        ScopeError: nothing is in scope.
    """
    problems: list[Problem] = []
    boards = wanted_boards(client.settings.boards, tables.boards)
    found = [Unit(f"project {id}", f"project = {id}", row.key) for id, row in tables.projects.items()]
    queries = pool.map(partial(_board_query, client, tables), boards)
    for id, (query, problem) in zip(boards, queries, strict=True):
        problems += [problem] if problem else []
        found.append(Unit(f"board {id}", query, f"board {tables.boards[id].name!r}", board=id))
    if not found:
        raise ScopeError(
            f"{client.source}: these credentials may see no project",
            hint="ask for permission to browse projects, or check `url:` and `email:`",
        )
    narrow = without_order(client.settings.jql or "")
    return [replace(unit, narrow=narrow) for unit in found], problems


def any_of(units: Sequence[Unit]) -> str:
    """One query for several units; projects are listed, so that a hundred of them stay one short clause."""
    projects = [re.fullmatch(r"project = (\d+)", unit.query) for unit in units]
    ids = [match[1] for match in projects if match]
    others = [f"({unit.query})" for unit, match in zip(units, projects, strict=True) if not match]
    listed = [f"project in ({', '.join(ids)})"] if ids else []
    found = " OR ".join([*listed, *others])
    return f"({found}) AND ({units[0].narrow})" if units[0].narrow else f"({found})"


def without_order(query: str) -> str:
    """The query up to its ORDER BY; those words inside quotes do not count."""
    found = _ORDER_BY.match(query)
    return (re.sub(r"(?i)\border\s+by$", "", found[0]) if found else query).strip()


def _board_query(client: Client, tables: Tables, board: str) -> tuple[str, Problem | None]:
    """The board's saved filter. `board/{id}/issue` would leave out whatever no column shows."""
    row = tables.boards[board]
    try:
        query = without_order(client.get(f"filter/{tables.filters[board]}", dict[str, Any])["jql"])
        return query or _everything(tables.projects), None
    except (KeyError, AnswerError) as error:
        if isinstance(error, AnswerError) and error.status not in {400, 403, 404}:
            raise
    if row.project_id is None:
        raise ScopeError(
            f"{client.source}: the filter of board {row.name!r} ({board}) is not shared with this account",
            hint="share the board's filter, or name its projects in `projects:`",
        )
    what = "its filter is not shared with this account; read as the whole project it lives in."
    return f"project = {row.project_id}", Problem(where=f"board {row.name}", what=what, fix="Share the filter.")


def _everything(projects: Mapping[str, ProjectRow]) -> str:
    """A filter without a condition shows all; Cloud refuses a query without one."""
    return f"project in ({', '.join(projects)})" if projects else 'created >= "1970-01-02"'
