"""An exported file of whatever age, split into the records that the API would send."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec

from pmsync.connectors.decoding import decode
from pmsync.connectors.trello.log import ENTRY, Carried, Entries, Entry, action_raws
from pmsync.connectors.trello.shapes import CARD, Json, board_raw, card_raw, moment
from pmsync.errors import SourceError
from pmsync.model import Absence, Presence, Raw

WINDOW = 1000  # actions in an export, never more
HEAVY = {"actions", "cards", "checklists", "pluginData"}
LEAVING = {"deleteCard": Presence.GONE, "moveCardFromBoard": Presence.MOVED}
_ESCAPE = re.compile(rb'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\')


@dataclass(frozen=True)
class Export:
    """A board with everything on it, or a single card. `parts` are the entries of the file, not yet decoded."""

    parts: Mapping[str, msgspec.Raw]

    def part(self, name: str, shape: Any = Any) -> Any:
        """An entry, decoded; None when this export has no such thing."""
        value = self.parts.get(name)
        return None if value is None else decode(value, shape)

    @cached_property
    def log(self) -> Entries:
        """The newest thousand actions; whatever is none is left out."""
        rows = self.part("actions", list[msgspec.Raw]) or []
        return [(entry, row) for row in rows if (entry := _entry(row))]

    @property
    def is_card(self) -> bool:
        """Whether it is a single card."""
        return "idList" in self.parts

    @property
    def board_id(self) -> str:
        """The board it is about."""
        return str(self.part("idBoard" if self.is_card else "id"))

    @property
    def at(self) -> str:
        """Its last activity."""
        return max((entry.date for entry, _ in self.log), default="") or self.part("dateLastActivity") or ""

    @property
    def reach(self) -> str:
        """The date of its oldest action: what happened before is unknown."""
        return min((entry.date for entry, _ in self.log), default=self.at)

    def board(self) -> Raw:
        """The board without its cards, or what a card tells of its board."""
        if self.is_card:
            id, body = f"{self.board_id}#{self.part('id')}", _board_of_card(self)
            return board_raw(id, msgspec.json.encode(body), at=self.at, reach="")
        light = {name: value for name, value in self.parts.items() if name not in HEAVY}
        return board_raw(self.board_id, msgspec.json.encode(light), at=self.at, reach=self.reach)

    @property
    def _rows(self) -> Sequence[bytes | msgspec.Raw]:
        return [msgspec.json.encode(self.parts)] if self.is_card else self.part("cards", list[msgspec.Raw]) or []

    def check(self) -> None:
        """Read what will be mapped, so that nothing fails later.

        Raises:
            msgspec.ValidationError: a card is none.
        """
        for row in self._rows:
            CARD.decode(row)

    def cards(self) -> Iterator[Json]:
        """The cards with their checklists, as the API nests them."""
        checklists = defaultdict(list)
        for checklist in self.part("checklists") or ():
            checklists[checklist.get("idCard")].append(checklist)
        for row in self._rows:
            card = msgspec.json.decode(row)
            yield {"idBoard": self.board_id, "checklists": checklists[card["id"]], **card}

    @property
    def here(self) -> int:
        """How many cards are neither archived nor in an archived list."""
        put_away = {row["id"] for row in self.part("lists") or () if row.get("closed")}
        return sum(not card.get("closed") and card.get("idList") not in put_away for card in self.cards())

    def raws(self, known: Mapping[str, datetime] | None) -> Iterator[Raw]:
        """Its actions, and its cards unless the store has `known` a later state; without `known` actions only."""
        yield from action_raws(self.log, whole=True)
        carried = Carried(self.reach)
        carried.note(self.log)
        for card in () if known is None else self.cards():
            at = moment(card.get("dateLastActivity"))
            if not (at and known and card["id"] in known and at < known[card["id"]]):
                alone = {name: value for name, value in card.items() if name != "actions"}
                yield card_raw(card["id"], msgspec.json.encode(alone), self.reach, carried.texts(card["id"]))

    def absences(self, known: Collection[str]) -> Iterator[Absence]:
        """The known cards that its actions saw leaving and that have not come back."""
        here = {card["id"] for card in self.part("cards") or ()}
        left = [entry for entry, _ in self.log if entry.type in LEAVING and not self.is_card]
        for id, presence in {
            entry.data.card.id: LEAVING[entry.type] for entry in left[::-1] if entry.data.card
        }.items():
            if id in known and id not in here:
                yield Absence(item_id=id, presence=presence)


def _entry(row: msgspec.Raw) -> Entry | None:
    try:
        return ENTRY.decode(row)
    except msgspec.ValidationError:
        return None


def read_export(name: str, content: bytes) -> Export:
    """Understand a file.

    Raises:
        SourceError: it breaks off, is no JSON, or is no export of Trello.
    """
    if not content.strip():
        raise SourceError(f"{name} is empty", hint="export it again")
    try:
        parts = _entries(content)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise SourceError(f"{name} breaks off or is no JSON: {error.msg} at {where}", hint="export it again") from None
    except msgspec.DecodeError:
        parts = {}
    hint = '"Print, export and share" in a board\'s menu makes one'
    if "id" not in parts or parts.keys().isdisjoint({"cards", "idList"}):
        raise SourceError(f"{name} is no export of a Trello board or card", hint=hint)
    export = Export(parts)
    try:
        export.check()
    except msgspec.ValidationError as error:
        what = f"{name} is no export of a Trello board or card: one of its cards is not what Trello writes ({error})"
        raise SourceError(what, hint=hint) from None
    return export


def _entries(content: bytes) -> dict[str, msgspec.Raw]:
    """Edited and anonymised exports hold backslashes that escape nothing and halves of characters: those are mended."""
    try:
        return _checked(content)
    except msgspec.DecodeError:
        text = _ESCAPE.sub(lambda match: match[0] if match[1] else rb"\\", content).decode("utf-8-sig", "replace")
        mended = json.dumps(json.loads(text, strict=False), ensure_ascii=False).encode(errors="replace")
        return _checked(mended)


def _checked(content: bytes) -> dict[str, msgspec.Raw]:
    parts = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    for part in parts.values():
        msgspec.json.decode(part)  # what is put off must not fail later
    return parts


def _board_of_card(export: Export) -> Json:
    """A board as far as one of its cards shows it: lists it was in, its labels and members."""
    mentions = [action.get("data") or {} for action in export.part("actions") or ()]
    places = (data.get(name) for data in mentions for name in ("list", "listBefore", "listAfter"))
    lists = {place["id"]: place for place in places if place and place.get("id")}
    here = export.part("idList")
    return {
        "id": export.board_id,
        "name": next((data["board"]["name"] for data in mentions if (data.get("board") or {}).get("name")), None),
        "idOrganization": export.part("idOrganization"),
        "lists": list({here: {"id": here, "name": here}, **lists}.values()),
        "labels": export.part("labels"),
        "members": export.part("members"),
        "partial": True,
    }
