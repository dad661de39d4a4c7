"""The addresses of the demo Trello and what is read at each."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pmsync.demo.server import Request
from pmsync.demo.trello_query import RefusedError, known, pick
from pmsync.demo.trello_records import Json, iso
from pmsync.demo.trello_view import actions_page, board_part, board_view, card_view, cards_page, checklists_of

if TYPE_CHECKING:
    from pmsync.demo.trello import TrelloSite


def route(site: "TrelloSite", request: Request) -> object:
    """Answer by the first address that fits."""
    path = request.path.removeprefix("/1/").strip("/")
    for pattern, answer in ROUTES:
        if found := pattern.fullmatch(path):
            return answer(site, request, *found.groups(""))
    raise RefusedError(404, f"Cannot GET {request.path}")


def _boards(site: "TrelloSite", request: Request, kind: str = "") -> object:
    kind = kind or request.param("filter", "all")
    rows = [row for row in list(site.boards.values()) if row["id"] not in site.hidden]
    closed = {"open": (False,), "closed": (True,)}.get(kind, (False, True))
    return [board_view(site, row, request.param) for row in rows if row["closed"] in closed]


def _board(site: "TrelloSite", request: Request, id: str) -> object:
    return board_view(site, site.board_of(id), request.param)


def _board_table(site: "TrelloSite", request: Request, id: str, name: str, kind: str) -> object:
    board = site.board_of(id)
    prefix = {"lists": "list_", "labels": "label_", "members": "member_"}.get(name, "")
    fields = request.param("fields")

    def ask(name: str, default: str = "") -> str:
        return fields if name == f"{prefix}fields" else request.param(name, default)

    return board_part(site, board, name, ask, kind or request.param("filter"))


def _board_cards(site: "TrelloSite", request: Request, id: str, kind: str) -> object:
    return cards_page(site, site.board_of(id), request.param, kind or request.param("filter"))


def _board_actions(site: "TrelloSite", request: Request, id: str) -> object:
    board = site.board_of(id)["id"]
    return actions_page(site, site.board_actions[board], request.param, request.param("filter") or "all")


def _card(site: "TrelloSite", request: Request, id: str) -> object:
    return card_view(site, site.card_of(id), request.param)


def _card_actions(site: "TrelloSite", request: Request, id: str) -> object:
    kinds = request.param("filter") or "commentCard,updateCard:idList"
    return actions_page(site, site.card_actions[site.card_of(id)["id"]], request.param, kinds)


def _member(site: "TrelloSite", request: Request, id: str) -> object:
    if id != "me":
        return pick(known(site.members, id), request.param("fields"))
    mine = {
        "email": "demo@example.org",
        "idBoards": [*site.boards],
        "idOrganizations": [site.organization["id"]],
        "prefs": {"timezone": "Europe/Berlin", "locale": "en-GB"},
    }
    return pick({**site.owner, **mine}, request.param("fields"))


def _token(site: "TrelloSite", request: Request, token: str) -> object:
    if token not in site.tokens:
        raise RefusedError(400, "invalid token")
    rights = [{"idModel": "*", "modelType": kind, "read": True, "write": False} for kind in ("Board", "Organization")]
    dates = {"dateCreated": iso(site.anchor), "dateExpires": None}
    return {
        "id": site.organization["id"],
        "identifier": "pmsync",
        "idMember": site.owner["id"],
        **dates,
        "permissions": rights,
    }


def _organization(site: "TrelloSite", request: Request, id: str) -> Json:
    if id not in (site.organization["id"], site.organization["name"]):
        raise RefusedError(404, "The requested resource was not found.")
    return site.organization


def _organization_boards(site: "TrelloSite", request: Request, id: str) -> object:
    _organization(site, request, id)
    return _boards(site, request)


TABLES = "lists|labels|members|memberships|customFields|checklists|pluginData"
ROUTES: list[tuple[re.Pattern[str], Callable[..., Any]]] = [
    (re.compile(address), answer)
    for address, answer in (
        (r"members/me/boards(?:/(\w+))?", _boards),
        (r"members/me/organizations", lambda site, request: [site.organization]),
        (r"members/(\w+)", _member),
        (r"tokens/(\w+)", _token),
        (r"organizations/(\w+)", _organization),
        (r"organizations/(\w+)/boards", _organization_boards),
        (r"boards/(\w+)", _board),
        (r"boards/(\w+)/cards(?:/(\w+))?", _board_cards),
        (r"boards/(\w+)/actions", _board_actions),
        (rf"boards/(\w+)/({TABLES})(?:/(\w+))?", _board_table),
        (r"lists/(\w+)", lambda site, request, place: known(site.lists, place)),
        (r"cards/(\w+)", _card),
        (r"cards/(\w+)/actions", _card_actions),
        (r"cards/(\w+)/checklists", lambda site, request, card: checklists_of(site, site.card_of(card))),
    )
]
