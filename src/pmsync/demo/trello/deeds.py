"""Cards and what hangs on them: everything people do to a card, with the dates and actions Trello makes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pmsync.demo.trello import records
from pmsync.demo.trello.records import Json, iso, ref
from pmsync.demo.trello.state import Workspace


class CardDesk(Workspace):
    """A workspace whose cards can be worked on. Cards, lists, fields and members are named by id."""

    def create(self, list: str, name: str, **fields: Any) -> str:
        """A new card; `fields` (`desc`, `due`, `idLabels`, ...) are there from the start and leave no history."""
        card = self._new_card(list, name, fields)
        self._record("createCard", card)
        return str(card["id"])

    def copy(self, card: str, list: str) -> str:
        """A card made from another one, with its text, due date, labels and members."""
        source = self.cards[card]
        kept = {name: source[name] for name in ("desc", "due", "start", "idLabels", "idMembers")}
        new = self._new_card(list, source["name"], kept)
        self._record("copyCard", new, cardSource=ref(source))
        return str(new["id"])

    def convert(self, item: str) -> str:
        """Turn a line of a checklist into a card of its own, in the same list."""
        line = self.items[item]
        checklist = self.checklists[line["idChecklist"]]
        source = self.cards[checklist["idCard"]]
        self.delete_item(item)
        new = self._new_card(source["idList"], line["name"], {})
        mention = {"id": checklist["id"], "name": checklist["name"]}
        self._record("convertToCardFromCheckItem", new, cardSource=ref(source), checklist=mention)
        return str(new["id"])

    def edit(self, card: str, **fields: Any) -> None:
        """Change fields (`name`, `due`, `dueComplete`, `closed`, `idLabels`, `idList`, ...): an action each."""
        for name, value in fields.items():
            self._set(self.cards[card], name, iso(value) if isinstance(value, datetime) else value)

    def move(self, card: str, list: str) -> None:
        """Into another list of the same board."""
        self.edit(card, idList=list)

    def archive(self, card: str, closed: bool = True) -> None:
        """Archive a card, or bring it back."""
        self.edit(card, closed=closed)

    def _set(self, card: Json, name: str, value: object) -> None:
        old, card[name] = card[name], value
        stamp = {"closed": "dateClosed", "dueComplete": "dateCompleted"}.get(name)
        extra = {name: value}
        if stamp:
            card[stamp] = extra[stamp] = iso(self.now()) if value else None
        data: Json = {"card": {**ref(card), **extra}, "old": {name: old}}
        if name == "idList":
            lists = {"listBefore": self._list_ref(str(old)), "listAfter": self._list_ref(str(value))}
            data.update(lists, list=None)
        self._record("updateCard", card, **data)

    def join(self, card: str, member: str) -> None:
        """Put a member on a card."""
        self.cards[card]["idMembers"] = [*self.cards[card]["idMembers"], member]
        self._record("addMemberToCard", self.cards[card], idMember=member, member=self._member_ref(member))

    def leave(self, card: str, member: str) -> None:
        """Take a member off a card."""
        self.cards[card]["idMembers"] = [id for id in self.cards[card]["idMembers"] if id != member]
        self._record("removeMemberFromCard", self.cards[card], idMember=member, member=self._member_ref(member))

    def set_field(self, card: str, field: str, value: str | None) -> None:
        """Set a custom field (a list's option by its text); None clears it, which removes the item."""
        definition, held = self.fields[field], self.values[card].get(field)
        key = "idValue" if definition["type"] == "list" else "value"
        known = {"id": held["id"] if held else self.new_id(), "idCustomField": field}
        item = {**known, "idModel": card, "modelType": "card", **records.field_value(definition, value)}
        if value is None:
            self.values[card].pop(field, None)
        else:
            self.values[card][field] = item
        mention = {name: definition[name] for name in ("id", "name", "type")}
        old = {key: held[key] if held else None}
        self._record("updateCustomFieldItem", self.cards[card], customField=mention, customFieldItem=item, old=old)

    def move_board(self, card: str, list: str) -> None:
        """To a list of another board: the id stays, the number, labels and custom fields do not."""
        record, source, target = self.cards[card], self.cards[card]["idBoard"], self.lists[list]["idBoard"]
        self._record("moveCardFromBoard", record, boardTarget={"id": target})
        self._numbers[target] += 1
        record.update(idBoard=target, idList=list, idShort=self._numbers[target], idLabels=[])
        self.values.pop(card, None)
        for checklist in record["idChecklists"]:
            self.checklists[checklist]["idBoard"] = target
        self._record("moveCardToBoard", record, boardSource={"id": source, "name": self.boards[source]["name"]})

    def delete(self, card: str) -> None:
        """For good; the action that stays behind does not even know the name."""
        record = self.cards.pop(card)
        for checklist in record["idChecklists"]:
            del self.checklists[checklist]
        nameless = {name: record[name] for name in ("id", "idShort", "shortLink")}
        self._record("deleteCard", record, card=nameless)

    def _new_card(self, list: str, name: str, fields: Json) -> Json:
        place = self.lists[list]
        self._numbers[place["idBoard"]] += 1
        number, at = self._numbers[place["idBoard"]], iso(self.now())
        card = records.new_card(self.new_id(), name, place, number, at)
        card.update({key: iso(value) if isinstance(value, datetime) else value for key, value in fields.items()})
        self.cards[card["id"]], self.links[card["shortLink"]] = card, card["id"]
        return card

    # what hangs on cards

    def comment(self, card: str, text: str) -> str:
        """Say something; gives the id of the action, which is the comment."""
        return self._record("commentCard", self.cards[card], text=text)

    def edit_comment(self, action: str, text: str) -> None:
        """Change a comment in place: same id, same date, no new action."""
        data = self.actions[action]["data"]
        data.update(text=text, dateLastEdited=iso(self.now()))
        self.touch(self.cards[data["card"]["id"]])

    def delete_comment(self, action: str) -> None:
        """A deleted comment just vanishes."""
        data = self.actions.pop(action)["data"]
        self.touch(self.cards[data["card"]["id"]])

    def add_checklist(self, card: str, name: str, lines: Sequence[str] = ()) -> list[str]:
        """A checklist on a card; gives the ids of its lines."""
        id, board = self.new_id(), self.cards[card]["idBoard"]
        frame = {"id": id, "name": name, "idBoard": board, "idCard": card, "pos": 16384, "creationMethod": None}
        self.checklists[id] = {**frame, "limits": {}, "checkItems": []}
        self.cards[card]["idChecklists"].append(id)
        self._record("addChecklistToCard", self.cards[card], checklist={"id": id, "name": name})
        return [self.add_item(id, line) for line in lines]

    def add_item(self, checklist: str, name: str) -> str:
        """One more line; no action, but the card's date moves."""
        lines = self.checklists[checklist]["checkItems"]
        item = records.new_check_item(self.new_id(), name, checklist, 16384 * (len(lines) + 1))
        lines.append(item)
        self.items[item["id"]] = item
        self.touch(self.cards[self.checklists[checklist]["idCard"]])
        return str(item["id"])

    def check(self, item: str, state: str = "complete") -> None:
        """Tick a line off, or open it again (`incomplete`)."""
        line = self.items[item]
        checklist = self.checklists[line["idChecklist"]]
        line["state"] = state
        mention = {"id": checklist["id"], "name": checklist["name"]}
        told = {"id": item, "name": line["name"], "state": state}
        card = self.cards[checklist["idCard"]]
        self._record("updateCheckItemStateOnCard", card, list=None, checklist=mention, checkItem=told)

    def rename_item(self, item: str, name: str) -> None:
        """No action, but the card's date moves."""
        self.items[item]["name"] = name
        self.touch(self.cards[self.checklists[self.items[item]["idChecklist"]]["idCard"]])

    def delete_item(self, item: str) -> None:
        """No action, but the card's date moves."""
        checklist = self.checklists[self.items.pop(item)["idChecklist"]]
        checklist["checkItems"] = [line for line in checklist["checkItems"] if line["id"] != item]
        self.touch(self.cards[checklist["idCard"]])

    def attach(self, card: str, name: str, url: str) -> None:
        """Hang a link on a card."""
        attachment = records.new_attachment(self.new_id(), name, url, self.actor, iso(self.now()))
        self.attachments[card].append(attachment)
        told = {name: attachment[name] for name in ("id", "name", "url")}
        self._record("addAttachmentToCard", self.cards[card], list=None, attachment=told)
