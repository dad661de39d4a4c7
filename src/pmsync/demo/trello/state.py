"""A Trello workspace and everything people do in it.

Every method does what Trello does around a change: which dates move, which action is listed, what stays silent
(renaming a list moves no date, ticking off does, editing a comment leaves no trace but the card's date).
The member who acts is `actor`, the time is `now()`; both are plain attributes, so that a story can be told.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from threading import RLock
from typing import Any

from pmsync.demo.trello import records
from pmsync.demo.trello.records import Json, iso, ref

ACTION_LAG = timedelta(milliseconds=9)  # an action is dated a little after the activity it stems from
MACHINES = ("a9f3c10b52", "3e07d4481c", "71bb02ef96")  # ids of one second do not ascend: several servers issue them


class Workspace:
    """Boards and all they hold, by id, in the shapes of `records`."""

    def __init__(self, now: Callable[[], datetime], seed: int) -> None:
        self.now = now
        self.random = Random(seed)  # noqa: S311 - believable data, not secrets
        self.actor = ""
        self.lock = RLock()  # held while answering; take it to change things from another thread
        self.members: dict[str, Json] = {}
        self.boards: dict[str, Json] = {}
        self.memberships: dict[str, list[Json]] = defaultdict(list)  # by board
        self.lists: dict[str, Json] = {}
        self.labels: dict[str, Json] = {}
        self.fields: dict[str, Json] = {}
        self.cards: dict[str, Json] = {}
        self.values: dict[str, dict[str, Json]] = defaultdict(dict)  # custom field items by card and field
        self.attachments: dict[str, list[Json]] = defaultdict(list)  # by card
        self.checklists: dict[str, Json] = {}
        self.items: dict[str, Json] = {}  # lines of checklists
        self.actions: dict[str, Json] = {}
        self.board_actions: dict[str, list[str]] = defaultdict(list)
        self.card_actions: dict[str, list[str]] = defaultdict(list)
        self.links: dict[str, str] = {}  # short link -> id, of boards and cards
        self.hidden: set[str] = set()  # boards and cards that answer "unauthorized"
        self._serial = 0
        self._numbers: Counter[str] = Counter()
        self.organization = records.new_organization(self.new_id())

    def new_id(self) -> str:
        """An id whose first eight digits are the present second."""
        self._serial += 1
        return f"{int(self.now().timestamp()):08x}{self.random.choice(MACHINES)}{self._serial:06x}"

    def find(self, kind: str, name: str, board: str | None = None) -> str:
        """The id of the first record of a kind (`boards`, `lists`, `cards`, ...) whose name starts like this."""
        rows = (row for row in getattr(self, kind).values() if board in (None, row.get("idBoard"), row.get("idModel")))
        return str(next(row["id"] for row in rows if row.get("name", row.get("fullName")).startswith(name)))

    # the frame: people, boards, lists, labels, fields

    def add_member(self, name: str, account: str | None = None) -> str:
        """Someone new; the first one owns the token and acts until `actor` is changed."""
        id = self.new_id()
        self.members[id] = records.new_member(id, name, records.slug(name).replace("-", ""), account)
        self.actor = self.actor or id
        return id

    def add_board(self, name: str, desc: str = "", members: Sequence[str] = ()) -> str:
        """A board of the actor, shared with `members`."""
        id = self.new_id()
        board = records.new_board(id, name, self.organization["id"], self.actor, iso(self.now()))
        board["desc"] = desc
        self.organization["idBoards"].append(id)
        self.boards[id], self.links[board["shortLink"]] = board, id
        self._log("createBoard", id)
        for member in dict.fromkeys([self.actor, *members]):
            self._join_board(id, member)
        return id

    def _join_board(self, board: str, member: str) -> None:
        role = "admin" if member == self.actor else "normal"
        entry = {"idMember": member, "memberType": role, "unconfirmed": False, "deactivated": False}
        self.memberships[board].append({"id": self.new_id(), **entry})
        if member != self.actor:
            self._log("addMemberToBoard", board, idMemberAdded=member, memberType=role)

    def add_list(self, board: str, name: str) -> str:
        """A list at the right end of a board."""
        id = self.new_id()
        self._numbers["lists"] += 1
        self.lists[id] = records.new_list(id, name, board, self._numbers["lists"] * 16384)
        self._log("createList", board, list={"id": id, "name": name})
        return id

    def add_label(self, board: str, name: str, color: str | None) -> str:
        """A label; an empty name shows only its colour. Trello lists no action."""
        id = self.new_id()
        self.labels[id] = {"id": id, "idBoard": board, "name": name, "color": color, "uses": 0}
        return id

    def add_field(self, board: str, name: str, kind: str, options: Sequence[str] = ()) -> str:
        """A custom field of a board."""
        field = records.new_field(self.new_id(), name, board, kind, 16384 * (len(self.fields) + 1))
        if kind == "list":
            field["options"] = [records.new_option(self.new_id(), field["id"], text) for text in options]
        self.fields[field["id"]] = field
        self._log("createCustomField", board, customField={"id": field["id"], "name": name, "type": kind})
        return str(field["id"])

    def edit_board(self, board: str, **fields: Any) -> None:
        """Rename or close a board."""
        self.boards[board]["dateLastActivity"] = iso(self.now())
        self._edit("updateBoard", "board", board, self.boards[board], fields)

    def edit_list(self, list: str, **fields: Any) -> None:
        """Rename, archive or move a list: an action, but no date of the board or its cards changes."""
        self._edit("updateList", "list", self.lists[list]["idBoard"], self.lists[list], fields)

    def move_list(self, list: str, board: str) -> None:
        """To another board: its cards go along without labels and fields; neither they nor the old board say so."""
        source, self.lists[list]["idBoard"] = self.lists[list]["idBoard"], board
        for card in self.cards.values():
            if card["idList"] == list:
                card.update(idBoard=board, idLabels=[])
                self.values.pop(card["id"], None)
        self._log("moveListToBoard", board, list=self._list_ref(list), boardSource=ref(self.boards[source]))

    def edit_field(self, field: str, **fields: Any) -> None:
        """Rename a custom field: an action, but no date changes."""
        self._edit("updateCustomField", "customField", self.fields[field]["idModel"], self.fields[field], fields)

    def edit_label(self, label: str, **fields: Any) -> None:
        """Rename or recolour a label, silently."""
        self.labels[label].update(fields)

    def edit_member(self, member: str, **fields: Any) -> None:
        """Rename a member, silently."""
        self.members[member].update(fields)

    def delete_member(self, member: str) -> None:
        """Delete an account: from now on its actions come without their author."""
        del self.members[member]

    def hide(self, id: str) -> None:
        """Take a board or card out of the token's sight; discard it from `hidden` to show it again."""
        self.hidden.add(id)

    # dates and actions

    def touch(self, card: Json) -> None:
        """Activity: the card's and the board's dates move."""
        card["dateLastActivity"] = self.boards[card["idBoard"]]["dateLastActivity"] = iso(self.now())

    def _record(self, kind: str, card: Json, /, **data: Any) -> str:
        self.touch(card)
        return self._log(kind, card["idBoard"], **{"card": ref(card), "list": self._list_ref(card["idList"]), **data})

    def _log(self, kind: str, board: str, /, **data: Any) -> str:
        id, kept = self.new_id(), {name: value for name, value in data.items() if value is not None}
        self.actions[id] = {
            "id": id, "idMemberCreator": self.actor, "data": {"board": ref(self.boards[board]), **kept},
            "appCreator": None, "type": kind, "date": iso(self.now() + ACTION_LAG), "limits": None,
        }  # fmt: skip
        self.board_actions[board].append(id)
        if card := data.get("card"):
            self.card_actions[card["id"]].append(id)
        return id

    def _edit(self, kind: str, name: str, board: str, record: Json, fields: Json) -> None:
        for key, value in fields.items():
            old, record[key] = record[key], value
            mention = {**ref(record), key: value}
            self._log(kind, board, **{name: mention, "old": {key: old}})

    def _list_ref(self, list: str) -> Json:
        return {"id": list, "name": self.lists[list]["name"]}

    def _member_ref(self, member: str) -> Json:
        return {"id": member, "name": self.members[member]["fullName"]}
