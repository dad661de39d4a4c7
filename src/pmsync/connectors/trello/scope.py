"""Which boards the config means."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from pmsync.errors import ScopeError, did_you_mean

if TYPE_CHECKING:
    from pmsync.config import TrelloSource


class Listed(TypedDict):
    """A board as the account lists it."""

    id: str
    name: str
    closed: NotRequired[bool]
    idOrganization: NotRequired[str | None]
    shortLink: NotRequired[str]
    shortUrl: NotRequired[str]
    organization: NotRequired[dict[str, Any] | None]


def choose(source: str, settings: "TrelloSource", listed: Sequence[Listed], held: Collection[str] = ()) -> list[str]:
    """The ids of the boards to read; a board that is not listed may still be public, so its id or short link is kept.

    Without `boards` and `workspace` all listed boards are meant. Closed ones are left out unless they are asked for by
    name, by `closed:`, or `held` already. One that is held but no longer listed is asked for: its refusal will say what
    became of it.

    Raises:
        ScopeError: names that no board or workspace has, all at once.
    """
    chosen: dict[str, None] = {}
    problems = []
    for name in settings.boards:
        found = _named(name, listed)
        if len(found) == 1:
            chosen[found[0]] = None
        else:
            problems.append(_problem(name, found, listed))
    if settings.workspace or not settings.boards:
        rows = [row for row in listed if not settings.workspace or _is_in(row, settings.workspace)]
        if settings.workspace and not rows:
            problems.append(f'no workspace "{settings.workspace}" among {", ".join(_workspaces(listed)) or "yours"}')
        chosen |= {row["id"]: None for row in rows if settings.closed or not row.get("closed") or row["id"] in held}
        chosen |= dict.fromkeys(id for id in held if id not in {row["id"] for row in listed})
    if problems:
        raise ScopeError(f"{source}: sources.{source} names what this account does not see", problems=problems)
    return list(chosen)


def _named(name: str, listed: Sequence[Listed]) -> list[str]:
    """Boards by id, short link or name; an open board before closed ones of the same name."""
    exact = [row["id"] for row in listed if name in (row["id"], row.get("shortLink"))]
    called = [row for row in listed if (row.get("name") or "").casefold() == name.casefold()]
    open_ones = [row["id"] for row in called if not row.get("closed")]
    found = exact or open_ones or [row["id"] for row in called]
    return found or ([name] if re.fullmatch(r"[0-9a-f]{24}|(?=.*\d)[A-Za-z0-9]{8}", name) else [])


def _problem(name: str, found: Sequence[str], listed: Sequence[Listed]) -> str:
    if found:
        return f'several boards are called "{name}": use one of the ids {", ".join(found)}'
    return missing(name, listed)


def missing(name: str, listed: Sequence[Listed]) -> str:
    """That there is no such board, with the nearest name."""
    words = [str(row[key]) for row in listed for key in ("name", "shortLink", "id") if row.get(key)]
    return f'no board "{name}"{did_you_mean(name, words)}'


def _is_in(board: Listed, workspace: str) -> bool:
    return workspace.casefold() in {str(word).casefold() for word in _words(board)}


def _words(board: Listed) -> tuple[object, ...]:
    row: Mapping[str, object] = board.get("organization") or {}
    return board.get("idOrganization"), row.get("name"), row.get("displayName")


def _workspaces(listed: Sequence[Listed]) -> list[str]:
    return sorted({f'"{_words(row)[2]}"' for row in listed if _words(row)[2]})
