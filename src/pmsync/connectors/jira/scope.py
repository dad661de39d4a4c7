"""What to read: the config's projects, boards and JQL as queries that Jira can answer."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pmsync.connectors.jira.boards import without_order
from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.tables import Tables, wanted_boards
from pmsync.errors import ScopeError
from pmsync.model import Problem

_PROJECTS = re.compile(r"project in \(([\d, ]+)\)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the scope: issues of a project, or of a board's filter, that also meet `narrow` (JQL, or empty)."""

    name: str
    query: str
    title: str
    """What people call it; `name` stays when it is renamed."""
    narrow: str = ""

    @property
    def digest(self) -> str:
        """Changes when the unit may hold other issues."""
        return hashlib.blake2b(repr((self.query, self.narrow)).encode(), digest_size=8).hexdigest()


def units(client: Client, tables: Tables) -> tuple[list[Unit], list[Problem]]:
    """One unit per project and per board of the config, narrowed by its `jql`.

    Raises:
        ScopeError: nothing is in scope, or nothing is known of a board.
    """
    problems: list[Problem] = []
    found = [Unit(f"project {id}", f"project in ({id})", row.key) for id, row in tables.projects.items()]
    for id in wanted_boards(client.settings.boards, tables.boards):
        name, rule = tables.boards[id].name, tables.rules.get(id)
        if rule is None:
            raise ScopeError(
                f"{client.source}: the filter of board {name!r} ({id}) is not shared with this account",
                hint="share the board's filter, or name its projects in `projects:`",
            )
        if not rule.shared:
            what = "its filter is not shared with this account; read as the whole project it lives in."
            problems.append(Problem(where=f"board {name}", what=what, fix="Share the filter."))
        found.append(Unit(f"board {id}", rule.jql, f"board {name!r}"))
    if not found:
        raise ScopeError(
            f"{client.source}: these credentials may see no project",
            hint="ask for permission to browse projects, or check `url:` and `email:`",
        )
    narrow = without_order(client.settings.jql or "")
    return [replace(unit, narrow=narrow) for unit in found], problems


def any_of(units: Sequence[Unit]) -> str:
    """One query for several units; projects are listed, so that a hundred of them stay one short clause."""
    projects = [_PROJECTS.fullmatch(unit.query) for unit in units]
    ids = dict.fromkeys(id for match in projects if match for id in match[1].split(", "))
    others = [f"({unit.query})" for unit, match in zip(units, projects, strict=True) if not match]
    listed = [f"project in ({', '.join(ids)})"] if ids else []
    found = " OR ".join([*listed, *others])
    return f"({found}) AND ({units[0].narrow})" if units[0].narrow else f"({found})"
