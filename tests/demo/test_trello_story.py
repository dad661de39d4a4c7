"""The story is believable, the same every time, and true to its own history; the export file tells it too."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pmsync.demo.trello import TrelloSite
from pmsync.demo.trello.crowd import generate
from pmsync.demo.trello.export import export_board, export_card
from pmsync.demo.trello.records import created, iso
from pmsync.demo.trello.story import working_day

ANCHOR = datetime(2026, 5, 20, 15, tzinfo=UTC)
SITE = TrelloSite(ANCHOR)


def cards(board: str) -> list[Any]:
    id = SITE.find("boards", board)
    return [card for card in SITE.cards.values() if card["idBoard"] == id]


@pytest.mark.parametrize("day", range(7))
def test_same_seed_and_anchor_same_bytes_within_twelve_weeks(day: int) -> None:
    anchor = ANCHOR + timedelta(days=day)
    one, two = TrelloSite(anchor), TrelloSite(anchor)
    board = one.find("boards", "Launch plan")
    assert export_board(one, board) == export_board(two, board)
    dates = [action["date"] for action in one.actions.values()]
    assert iso(anchor - timedelta(weeks=13)) < min(dates) < max(dates) < iso(anchor)
    assert max(dates) > iso(anchor - timedelta(days=5))


@pytest.mark.parametrize("site", [SITE, generate(1, 40, 400)], ids=["story", "generated"])
def test_list_moves_end_where_the_card_is(site: TrelloSite) -> None:
    for card in site.cards.values():
        deeds = [site.actions[id] for id in site.card_actions[card["id"]]]
        assert deeds[0]["type"] == "createCard"
        place = deeds[0]["data"]["list"]["id"]
        for move in (deed["data"] for deed in deeds if "listAfter" in deed["data"]):
            assert move["listBefore"]["id"] == place
            place = move["listAfter"]["id"]
        assert place == card["idList"]
        assert iso(created(card["id"]))[:19] == deeds[0]["date"][:19]


def test_story_has_what_reports_live_on() -> None:
    launch = cards("Launch plan")
    assert len(launch) == 59
    assert len(cards("Office move")) == 12
    late = [card for card in launch if card["due"] and card["due"] < iso(ANCHOR) and not card["dueComplete"]]
    assert 5 <= len(late) <= 12
    assert any(card["dueComplete"] and not card["due"] for card in launch)
    assert any(card["isTemplate"] for card in launch)
    assert any(card["cardRole"] == "separator" for card in launch)
    assert any(card["closed"] for card in launch)
    accounts = {member["fullName"]: member["aaId"] for member in SITE.members.values()}
    assert accounts["Anna Berg"] == "5b10a2844c20165700ede21g"
    assert accounts["Li Wei"] == "5b10ac8d82e05b22cc7d4ef5"
    live = SITE.find("lists", "Live")
    last_week = iso(ANCHOR - timedelta(days=7))
    moves = [a for a in SITE.actions.values() if a["data"].get("listAfter", {}).get("id") == live]
    assert sum(1 for move in moves if move["date"] > last_week) >= 3


def test_export_is_the_whole_board_and_its_newest_thousand_actions() -> None:
    board = SITE.find("boards", "Office move")
    export = json.loads(export_board(SITE, board))
    assert len(export["cards"]) == 12
    assert {"lists", "labels", "members", "memberships", "checklists", "customFields", "pluginData"} < export.keys()
    assert {"attachments", "customFieldItems", "pluginData", "email"} < export["cards"][0].keys()
    assert len(export["actions"]) == len(SITE.board_actions[board]) < 1000
    large = generate(1, 300, 1500)
    assert len(json.loads(export_board(large, next(iter(large.boards))))["actions"]) == 1000


def test_export_of_a_card() -> None:
    export = json.loads(export_card(SITE, SITE.find("cards", "Network")))
    assert [action["type"] for action in export["actions"]][-1] == "createCard"
    assert export["checklists"][0]["checkItems"][0]["state"] == "complete"


def test_generated_numbers_are_exact() -> None:
    site = generate(3, 60, 300)
    assert (len(site.boards), len(site.cards), len(site.actions)) == (3, 60, 300)
    again = generate(3, 60, 300)
    assert (site.members, site.cards, site.actions) == (again.members, again.cards, again.actions)


def test_working_days_skip_weekends() -> None:
    friday = datetime(2026, 5, 15).date()
    assert working_day(friday, 1).isoformat() == "2026-05-18"
    assert working_day(friday, -5).isoformat() == "2026-05-08"
    assert working_day(friday, 0) == friday
