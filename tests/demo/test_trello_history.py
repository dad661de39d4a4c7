"""What people do moves the dates and leaves the actions that it leaves in Trello."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pmsync.demo.trello import TrelloSite
from pmsync.demo.trello.deeds import CardDesk

START = datetime(2026, 5, 4, 9, tzinfo=UTC)


class Desk:
    """A board with one card and a name for everything; every deed happens an hour after the one before."""

    def __init__(self) -> None:
        self.hour = 0
        self.site = site = TrelloSite(START, now=self.now, empty=True)
        self.anna = site.add_member("Anna Berg")
        self.board, self.other = site.add_board("Plan"), site.add_board("Archive")
        self.todo, self.doing = site.add_list(self.board, "To do"), site.add_list(self.board, "Doing")
        self.away = site.add_list(self.other, "Old")
        self.label = site.add_label(self.board, "Red", "red")
        self.points = site.add_field(self.board, "Points", "number")
        self.size = site.add_field(self.board, "Size", "list", ["S", "L"])
        self.card = site.create(self.todo, "(3) Poster")
        self.item = site.add_checklist(self.card, "Steps", ["Draft", "Print"])[0]
        self.said = site.comment(self.card, "Hm")
        self.hour = 1

    def now(self) -> datetime:
        return START + timedelta(hours=self.hour)

    def dates(self) -> tuple[str, str]:
        return self.site.cards[self.card]["dateLastActivity"], self.site.boards[self.board]["dateLastActivity"]


Act = Callable[[CardDesk, Desk], object]
BOTH, NEITHER = (True, True), (False, False)
MATRIX: dict[str, tuple[Act, tuple[bool, bool], list[str]]] = {
    "list move": (lambda site, on: site.move(on.card, on.doing), BOTH, ["updateCard"]),
    "rename": (lambda site, on: site.edit(on.card, name="(5) Poster"), BOTH, ["updateCard"]),
    "due": (lambda site, on: site.edit(on.card, due=START), BOTH, ["updateCard"]),
    "labels": (lambda site, on: site.edit(on.card, idLabels=[on.label]), BOTH, ["updateCard"]),
    "archive": (lambda site, on: site.archive(on.card), BOTH, ["updateCard"]),
    "join": (lambda site, on: site.join(on.card, on.anna), BOTH, ["addMemberToCard"]),
    "comment": (lambda site, on: site.comment(on.card, "Ja"), BOTH, ["commentCard"]),
    "comment edited": (lambda site, on: site.edit_comment(on.said, "Ja"), BOTH, []),
    "comment deleted": (lambda site, on: site.delete_comment(on.said), BOTH, []),
    "item ticked": (lambda site, on: site.check(on.item), BOTH, ["updateCheckItemStateOnCard"]),
    "item renamed": (lambda site, on: site.rename_item(on.item, "Text"), BOTH, []),
    "item deleted": (lambda site, on: site.delete_item(on.item), BOTH, []),
    "item converted": (lambda site, on: site.convert(on.item), BOTH, ["convertToCardFromCheckItem"]),
    "field value": (lambda site, on: site.set_field(on.card, on.points, "5"), BOTH, ["updateCustomFieldItem"]),
    "attachment": (lambda site, on: site.attach(on.card, "Plan", "https://x.test"), BOTH, ["addAttachmentToCard"]),
    "field renamed": (lambda site, on: site.edit_field(on.points, name="SP"), NEITHER, ["updateCustomField"]),
    "label renamed": (lambda site, on: site.edit_label(on.label, name="Blue"), NEITHER, []),
    "list renamed": (lambda site, on: site.edit_list(on.todo, name="Next"), NEITHER, ["updateList"]),
    "list archived": (lambda site, on: site.edit_list(on.todo, closed=True), NEITHER, ["updateList"]),
    "member renamed": (lambda site, on: site.edit_member(on.anna, fullName="Anna Lund"), NEITHER, []),
    "board closed": (lambda site, on: site.edit_board(on.board, closed=True), (False, True), ["updateBoard"]),
    "deleted": (lambda site, on: site.delete(on.card), (False, True), ["deleteCard"]),
    "copied": (lambda site, on: site.copy(on.card, on.doing), (False, True), ["copyCard"]),
}


@pytest.mark.parametrize("name", MATRIX)
def test_dates_and_actions(name: str) -> None:
    act, moved, kinds = MATRIX[name]
    desk = Desk()
    card, board, actions = desk.site.cards[desk.card], desk.site.boards[desk.board], set(desk.site.actions)
    before = card["dateLastActivity"], board["dateLastActivity"]
    act(desk.site, desk)
    after = card["dateLastActivity"], board["dateLastActivity"]
    card_may_move = name == "deleted"
    assert (after[0] != before[0] and not card_may_move, after[1] != before[1]) == moved
    assert [desk.site.actions[id]["type"] for id in desk.site.actions if id not in actions] == kinds


def last(site: CardDesk) -> Any:
    return list(site.actions.values())[-1]["data"]


def test_list_move_tells_both_lists_and_no_other() -> None:
    desk = Desk()
    desk.site.move(desk.card, desk.doing)
    data = last(desk.site)
    assert (data["listBefore"]["name"], data["listAfter"]["name"]) == ("To do", "Doing")
    assert data["old"] == {"idList": desk.todo}
    assert data["card"]["idList"] == desk.doing
    assert "list" not in data


def test_done_and_archived_get_their_dates_and_lose_them() -> None:
    desk = Desk()
    desk.site.edit(desk.card, dueComplete=True, closed=True)
    card = desk.site.cards[desk.card]
    assert card["dateCompleted"] == card["dateClosed"] == "2026-05-04T10:00:00.000Z"
    desk.site.edit(desk.card, dueComplete=False)
    assert card["dateCompleted"] is None


def test_custom_fields_set_changed_and_cleared() -> None:
    desk = Desk()
    desk.site.set_field(desk.card, desk.points, "3")
    assert last(desk.site)["old"] == {"value": None}
    desk.site.set_field(desk.card, desk.points, "5")
    assert last(desk.site)["old"] == {"value": {"number": "3"}}
    desk.site.set_field(desk.card, desk.points, None)
    assert last(desk.site)["customFieldItem"]["value"] is None
    assert not desk.site.values[desk.card]
    desk.site.set_field(desk.card, desk.size, "L")
    assert last(desk.site)["customFieldItem"]["idValue"] == desk.site.fields[desk.size]["options"][1]["id"]


def test_move_to_another_board_keeps_the_id_and_is_told_on_both() -> None:
    desk = Desk()
    desk.site.edit(desk.card, idLabels=[desk.label])
    desk.site.move_board(desk.card, desk.away)
    card = desk.site.cards[desk.card]
    assert (card["idBoard"], card["idShort"], card["idLabels"]) == (desk.other, 1, [])
    kinds = [
        [desk.site.actions[id]["type"] for id in desk.site.board_actions[board]][-1]
        for board in (desk.board, desk.other)
    ]
    assert kinds == ["moveCardFromBoard", "moveCardToBoard"]


def test_list_moved_to_another_board_takes_its_cards_silently() -> None:
    desk = Desk()
    before = desk.dates()
    desk.site.move_list(desk.todo, desk.other)
    assert desk.site.cards[desk.card]["idBoard"] == desk.other
    assert desk.dates() == before
    assert last(desk.site)["boardSource"]["id"] == desk.board


def test_deleted_card_leaves_no_name() -> None:
    desk = Desk()
    desk.site.delete(desk.card)
    assert "name" not in last(desk.site)["card"]
    assert desk.card not in desk.site.cards


def test_edited_comment_keeps_its_id_and_date() -> None:
    desk = Desk()
    date = desk.site.actions[desk.said]["date"]
    desk.site.edit_comment(desk.said, "Yes")
    action = desk.site.actions[desk.said]
    assert (action["data"]["text"], action["date"]) == ("Yes", date)
    assert action["data"]["dateLastEdited"] > date


def test_converted_item_leaves_its_checklist() -> None:
    desk = Desk()
    new = desk.site.convert(desk.item)
    assert desk.site.cards[new]["name"] == "Draft"
    assert desk.item not in desk.site.items
