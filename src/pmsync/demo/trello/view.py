"""What a request gets to see of actions, cards and boards: filters, pages and nested parts."""

from collections.abc import Callable, Iterable
from operator import itemgetter

from pmsync.demo.trello.query import Ask, RefusedError, between, limit_of, pick, wanted
from pmsync.demo.trello.records import Json, created, iso, slug
from pmsync.demo.trello.state import Workspace

AUTHOR_FIELDS = (
    "activityBlocked,avatarHash,avatarUrl,fullName,idMemberReferrer,initials,nonPublic,nonPublicAvailable,username"
)
MOST_CARDS_WITH_ACTIONS = 300


# actions


def actions_page(space: Workspace, ids: Iterable[str], ask: Ask, kinds: str) -> list[Json]:
    """The newest actions of the kinds asked for, by date, not by id."""
    rows = [space.actions[id] for id in ids if id in space.actions]
    if "all" not in (chosen := frozenset(kinds.split(","))):
        rows = [row for row in rows if not chosen.isdisjoint(_kinds(row))]
    rows = sorted(between(rows, ask, itemgetter("date")), key=itemgetter("date", "id"), reverse=True)
    size = limit_of(ask, 50)
    start = size * limit_of(ask, 0, "page")
    return [_action(space, row, ask) for row in rows[start : start + size]]


def _kinds(action: Json) -> list[str]:
    """The filter words an action answers to: `updateCard` and `updateCard:idList`."""
    return [action["type"], *(f"{action['type']}:{name}" for name in action["data"].get("old", ()))]


def _action(space: Workspace, action: Json, ask: Ask) -> Json:
    answer = pick(action, ask("fields"))
    for name, id, fields in (
        ("memberCreator", action["idMemberCreator"], ask("memberCreator_fields")),
        ("member", action["data"].get("idMember") or action["data"].get("idMemberAdded"), ask("member_fields")),
    ):
        if ask(name) != "false" and id in space.members:
            answer[name] = pick(space.members[id], fields or AUTHOR_FIELDS)
    return answer


def nested(ask: Ask) -> Ask:
    """Parameters of nested actions: `actions_limit`, `action_fields`."""
    plural = ("limit", "since", "before")
    return lambda name, default="": ask(("actions_" if name in plural else "action_") + name, default)


# cards


def cards_page(space: Workspace, board: Json, ask: Ask, kind: str) -> list[Json]:
    """The newest cards by id, in the order of the board."""
    rows = between(_cards(space, board, kind or ask("filter", "visible")), ask, lambda row: iso(created(row["id"])))
    size = limit_of(ask, 1000)
    if wanted(ask("actions")) and min(len(rows), size) > MOST_CARDS_WITH_ACTIONS:
        code = "API_TOO_MANY_CARDS_REQUESTED"
        raise RefusedError(403, code, error=code, message="Too many cards requested with actions")
    newest = sorted(rows, key=itemgetter("id"), reverse=True)[:size]
    ordered = sorted(newest, key=lambda row: (space.lists[row["idList"]]["pos"], row["pos"]))
    return [card_view(space, row, ask) for row in ordered]


def _cards(space: Workspace, board: Json, kind: str) -> list[Json]:
    keep: dict[str, Callable[[Json], bool]] = {
        "all": lambda card: True,
        "open": lambda card: not card["closed"],
        "closed": lambda card: bool(card["closed"]),
        "visible": lambda card: not card["closed"] and not space.lists[card["idList"]]["closed"],
        "complete": lambda card: not card["closed"] and card["dueComplete"],
        "incomplete": lambda card: not card["closed"] and not card["dueComplete"],
        "none": lambda card: False,
    }
    if kind not in keep:
        raise RefusedError(400, "invalid value for filter")
    here = [card for card in space.cards.values() if card["idBoard"] == board["id"]]
    return [card for card in here if keep[kind](card) and card["id"] not in space.hidden]


def card_view(space: Workspace, card: Json, ask: Ask) -> Json:
    """A card with the fields and nested parts asked for."""
    fields = ask("fields")
    answer = pick(card, fields)
    asked = MADE_ON_READING if fields in ("", "all") else fields.split(",")
    answer.update({name: make(space, card) for name, make in MADE_ON_READING.items() if name in asked})
    return answer | {name: make(space, card, ask) for name, make in CARD_PARTS.items() if wanted(ask(name))}


def checklists_of(space: Workspace, card: Json) -> list[Json]:
    """The checklists of a card, lines and all."""
    return [space.checklists[id] for id in card["idChecklists"]]


def _lines(space: Workspace, card: Json) -> list[Json]:
    return [line for checklist in checklists_of(space, card) for line in checklist["checkItems"]]


def _states(space: Workspace, card: Json) -> list[Json] | None:
    done = (line["id"] for line in _lines(space, card) if line["state"] == "complete")
    return [{"idCheckItem": id, "state": "complete"} for id in done] or None


def _badges(space: Workspace, card: Json) -> Json:
    actions = (space.actions.get(id) for id in space.card_actions[card["id"]])
    return {
        "votes": 0, "viewingMemberVoted": False, "subscribed": False, "fogbugz": "", "location": False,
        "attachmentsByType": {"trello": {"board": 0, "card": 0}}, "attachments": len(space.attachments[card["id"]]),
        "checkItems": len(_lines(space, card)), "checkItemsChecked": len(_states(space, card) or ()),
        "comments": sum(1 for action in actions if action and action["type"] == "commentCard"),
        "description": bool(card["desc"]), "checkItemsEarliestDue": None,
        **{name: card[name] for name in ("due", "dueComplete", "start")},
    }  # fmt: skip


MADE_ON_READING: dict[str, Callable[[Workspace, Json], object]] = {
    "labels": lambda space, card: [space.labels[id] for id in card["idLabels"]],
    "url": lambda space, card: f"{card['shortUrl']}/{card['idShort']}-{slug(card['name'])}",
    "checkItemStates": _states,
    "badges": _badges,
}


CARD_PARTS: dict[str, Callable[[Workspace, Json, Ask], object]] = {
    "checklists": lambda space, card, ask: checklists_of(space, card),
    "customFieldItems": lambda space, card, ask: list(space.values[card["id"]].values()),
    "attachments": lambda space, card, ask: space.attachments[card["id"]],
    "pluginData": lambda space, card, ask: [],
    "members": lambda space, card, ask: [space.members[id] for id in card["idMembers"] if id in space.members],
    "list": lambda space, card, ask: space.lists[card["idList"]],
    "actions": lambda space, card, ask: actions_page(
        space, space.card_actions[card["id"]], nested(ask), ask("actions")
    ),
}


# boards


def board_view(space: Workspace, board: Json, ask: Ask) -> Json:
    """A board with the fields and nested parts asked for."""
    answer = pick(board, ask("fields"))
    for name in BOARD_PARTS:
        if wanted(ask(name)):
            most = limit_of(ask, 50, "labels_limit")
            answer[name] = board_part(space, board, name, kind=ask(name), fields=ask(f"{name[:-1]}_fields"), most=most)
    if wanted(ask("organization")):
        answer["organization"] = space.organization
    if wanted(ask("cards")):
        answer["cards"] = cards_page(space, board, lambda name, default="": ask(f"card_{name}", default), ask("cards"))
    if wanted(ask("actions")):
        ids = space.board_actions[board["id"]]
        answer["actions"] = actions_page(space, ids, nested(ask), ask("actions"))
    return answer


def board_part(space: Workspace, board: Json, name: str, *, kind: str, fields: str, most: int) -> list[Json]:
    """One of a board's small tables, as nested in a board or read on its own; `most` holds for labels only."""
    if name not in BOARD_PARTS:
        raise RefusedError(404, f"Cannot GET /1/boards/{board['id']}/{name}")
    rows = BOARD_PARTS[name](space, board["id"])
    if name == "lists" and kind != "all":
        rows = [row for row in rows if row["closed"] == (kind == "closed")]
    return [pick(row, fields) for row in rows[: most if name == "labels" else None]]


def _members(space: Workspace, board: str) -> list[Json]:
    ids = (entry["idMember"] for entry in space.memberships[board])
    return [space.members[id] for id in ids if id in space.members]


def _owned(table: dict[str, Json], board: str) -> list[Json]:
    return [row for row in table.values() if board in (row.get("idBoard"), row.get("idModel"))]


BOARD_PARTS: dict[str, Callable[[Workspace, str], list[Json]]] = {
    "lists": lambda space, board: _owned(space.lists, board),
    "labels": lambda space, board: _owned(space.labels, board),
    "members": _members,
    "memberships": lambda space, board: space.memberships[board],
    "customFields": lambda space, board: _owned(space.fields, board),
    "checklists": lambda space, board: _owned(space.checklists, board),
    "pluginData": lambda space, board: [],
}
