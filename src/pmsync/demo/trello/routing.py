"""The addresses of the demo Trello and what is read at each."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pmsync.demo.server import Request
from pmsync.demo.trello.query import Ask, RefusedError, limit_of, pick
from pmsync.demo.trello.records import Json
from pmsync.demo.trello.view import actions_page, board_part, board_view, card_view, cards_page

if TYPE_CHECKING:
    from pmsync.demo.trello.site import TrelloSite


def route(site: "TrelloSite", request: Request) -> object:
    """Answer by the first address that fits."""
    path = request.path.removeprefix("/1/").strip("/")
    for address, answer in ROUTES.items():
        if found := re.fullmatch(address, path):
            return answer(site, request.param, *found.groups(""))
    raise RefusedError(404, f"Cannot GET {request.path}")


def _boards(site: "TrelloSite", ask: Ask, kind: str = "") -> list[Json]:
    closed = {"open": (False,), "closed": (True,)}.get(kind or ask("filter"), (False, True))
    rows = [row for row in site.boards.values() if row["id"] not in site.hidden]
    return [board_view(site, row, ask) for row in rows if row["closed"] in closed]


def _board_part(site: "TrelloSite", ask: Ask, board: str, name: str, kind: str) -> list[Json]:
    kind, fields, most = kind or ask("filter"), ask("fields"), limit_of(ask, 50)
    return board_part(site, site.board_of(board), name, kind=kind, fields=fields, most=most)


def _board_actions(site: "TrelloSite", ask: Ask, board: str) -> list[Json]:
    return actions_page(site, site.board_actions[site.board_of(board)["id"]], ask, ask("filter", "all"))


def _card_actions(site: "TrelloSite", ask: Ask, card: str) -> list[Json]:
    kinds = ask("filter", "commentCard,updateCard:idList")
    return actions_page(site, site.card_actions[site.card_of(card)["id"]], ask, kinds)


def _me(site: "TrelloSite", ask: Ask) -> Json:
    mine = {"idBoards": [*site.boards], "idOrganizations": [site.organization["id"]]}
    private = {"email": "demo@example.org", "prefs": {"timezone": "Europe/Berlin", "locale": "en-GB"}}
    return pick({**site.owner, **mine, **private}, ask("fields"))


ROUTES: dict[str, Callable[..., Any]] = {
    r"members/me": _me,
    r"members/me/boards(?:/(\w+))?": _boards,
    r"boards/(\w+)": lambda site, ask, board: board_view(site, site.board_of(board), ask),
    r"boards/(\w+)/cards(?:/(\w+))?": lambda site, ask, board, kind: cards_page(site, site.board_of(board), ask, kind),
    r"boards/(\w+)/actions": _board_actions,
    r"boards/(\w+)/([a-zA-Z]+)(?:/(\w+))?": _board_part,
    r"cards/(\w+)": lambda site, ask, card: card_view(site, site.card_of(card), ask),
    r"cards/(\w+)/actions": _card_actions,
}
