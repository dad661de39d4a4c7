"""What a pull asks for, how it pages, and Trello's quirks, over real HTTP."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from connectors.trello.conftest import Frozen, World, place, small_site, world
from pmsync.connectors.testing import MemoryStore
from pmsync.demo.trello.crowd import generate
from pmsync.errors import ScopeError
from pmsync.model import Field, Item, Presence


def one(store: MemoryStore, title: str) -> Item:
    return next(item for item in store.items.values() if item.title == title)


def told(store: MemoryStore, card: str, field: Field) -> list[tuple[str | None, str | None]]:
    """Before and after of a field's changes, in order."""
    found = sorted(store.changes.get(card, {}).values(), key=lambda change: (change.at, change.id))
    return [(change.before, change.after) for change in found if change.field is field]


# how much is asked


def test_the_fewest_requests(here: World) -> None:
    here.clock.pass_by(hours=1)
    store = here.sync(boards=["Plan"])
    assert here.server.requests == 4  # boards, board, its log, cards
    here.sync(store, boards=["Plan"])
    assert here.server.requests == 4  # boards, board, changes, sweep
    assert not here.asked("batch")


def test_a_large_board_takes_four_requests() -> None:
    """Actions nested in so many cards would be refused."""
    with world(generate(1, 876, 1000)) as here:
        here.clock.pass_by(hours=1)
        store = here.sync()
        assert here.server.requests == 4
        assert len(store.items) == 876


def test_nothing_new_fetches_no_card(here: World) -> None:
    store = here.sync()
    here.clock.pass_by(hours=1)
    fields: set[str] = set()
    here.site.fault = lambda request: fields.update(request.param("fields").split(","))  # type: ignore[func-returns-value]
    here.sync(store)
    assert here.asked("/cards/all") == here.asked("/actions") == 2
    assert here.server.requests == 1 + 3 * 2
    assert "badges" not in fields
    assert store.written == []


def test_thirty_changed_cards_take_three_batches() -> None:
    site = generate(1, 40, 60)
    with world(site) as here:
        here.clock.pass_by(hours=1)
        store = here.sync()
        here.clock.pass_by(hours=1)
        for card in list(site.cards)[:30]:
            site.edit(card, name="Another")
        here.sync(store)
        assert here.server.requests == 4 + 3
        assert sum(item.title == "Another" for item in store.items.values()) == 30


def test_many_changed_cards_are_read_by_pages() -> None:
    site = generate(1, 100, 120)
    with world(site) as here:
        here.clock.pass_by(hours=1)
        store = here.sync()
        for card in site.cards:
            site.edit(card, name="Another")
        here.clock.pass_by(hours=1)
        here.sync(store)
        assert here.server.requests == 4 + 2  # the log of cards, and cards
        assert {item.title for item in store.items.values()} == {"Another"}


# actions


def test_more_actions_in_a_millisecond_than_fit_on_a_page() -> None:
    clock = Frozen()
    with world(small_site(), clock) as here:
        card = here.site.find("cards", "One")
        here.site.move(card, place(here, "Doing"))
        clock.pass_by(minutes=1)
        for number in range(1500):
            here.site.edit(card, name=f"Name {number}")
        clock.pass_by(minutes=1)
        here.site.move(card, place(here, "Done"))
        store = here.sync()
        assert len(told(store, card, Field.TITLE)) == 1500
        assert told(store, card, Field.STATUS) == [("To do", "Doing"), ("Doing", "Done")]


def test_ids_that_do_not_ascend(here: World, card: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages follow dates: an older action with a newer id is still found."""
    monkeypatch.setattr("pmsync.connectors.trello.client.SIZES", (2,))
    for name in ("Doing", "Done", "Parked", "To do", "Doing"):
        here.site.move(card, place(here, name))
    moves = [action for action in here.site.actions.values() if "idList" in action["data"].get("old", {})]
    ids = [action["id"] for action in moves]
    for action, id in zip(moves, reversed(ids), strict=True):
        action["id"] = id
    assert len(told(here.sync(), card, Field.STATUS)) == 5


def test_an_interrupted_backfill_leaves_a_gap_that_is_read_later(
    here: World, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmsync.connectors.trello.client.SIZES", (3,))
    for number in range(20):
        here.site.edit(card, name=f"Name {number}")
    store = MemoryStore().sync(here.connector(boards=["Plan"]), pages=4)
    (state,) = store.checkpoint["boards"].values()
    assert state["gaps"]
    assert store.watermark is None
    here.site.edit(card, name="Meanwhile")
    here.clock.pass_by(hours=2)
    here.sync(store, boards=["Plan"])
    assert len(told(store, card, Field.TITLE)) == 21
    assert not next(iter(store.checkpoint["boards"].values())).get("gaps")
    assert store.watermark


# what Trello does not tell


def test_a_renamed_list_shows_at_once_and_history_keeps_the_old_name(here: World, card: str) -> None:
    here.site.move(card, place(here, "Doing"))
    store = here.sync()
    doing = place(here, "Doing")
    here.site.edit_list(doing, name="Working on it")
    here.clock.pass_by(hours=1)
    here.sync(store)
    assert store.catalog.stages[doing].name == "Working on it"
    assert told(store, card, Field.STATUS) == [("To do", "Doing")]


def test_a_renamed_label_shows_on_its_cards(here: World, board: str, card: str) -> None:
    label = here.site.add_label(board, "Old", "red")
    here.site.edit(card, idLabels=[label])
    store = here.sync()
    here.site.edit_label(label, name="New")
    here.clock.pass_by(hours=1)
    here.sync(store)
    assert store.items[card].labels == ("New",)
    assert told(store, card, Field.LABEL) == [(None, "New")]


def test_a_rename_takes_the_old_meaning_out_of_history(here: World, board: str, card: str) -> None:
    """Even when the pull that noticed it is cut off; it costs no more requests than a pull without news."""
    said: dict[str, Any] = {"points": {"label": r"(\d+) points"}, "sprint": {"list": r"^Sprint"}, "boards": ["Plan"]}
    label = here.site.add_label(board, "8 points", "red")
    here.site.edit(card, idLabels=[label])
    here.site.edit_list(place(here, "Doing"), name="Sprint 7")
    here.site.move(card, place(here, "Sprint 7"))
    store = here.sync(**said)
    assert told(store, card, Field.POINTS) == [(None, "8")]
    assert told(store, card, Field.SPRINT) == [(None, "Sprint 7")]
    here.site.edit_label(label, name="Later")
    here.clock.pass_by(hours=1)
    store.sync(here.connector(**said), pages=1)
    here.sync(store, **said)
    assert here.server.requests == 4
    assert (store.items[card].points, store.items[card].labels) == (None, ("Later",))
    assert told(store, card, Field.POINTS) == []
    here.sync(store, boards=["Plan"])
    assert told(store, card, Field.SPRINT) == []
    assert told(store, card, Field.STATUS) == [("To do", "Sprint 7")]


def test_another_mapping_in_the_config_counts_from_the_next_pull(here: World, board: str, card: str) -> None:
    field = here.site.add_field(board, "Size", "number")
    here.site.set_field(card, field, "5")
    store = here.sync(boards=["Plan"])
    assert store.items[card].points is None
    here.clock.pass_by(hours=1)
    here.sync(store, boards=["Plan"], points={"custom_field": "Size"})
    assert here.server.requests == 4
    assert store.items[card].points == 5
    assert told(store, card, Field.POINTS) == [(None, "5")]


def test_a_label_that_is_deleted_leaves_its_cards(here: World, board: str, card: str) -> None:
    kept, lost = (here.site.add_label(board, name, "red") for name in ("Kept", "Lost"))
    here.site.edit(card, idLabels=[kept, lost])
    here.clock.pass_by(hours=1)
    store = here.sync()
    del here.site.labels[lost]
    here.site.cards[card]["idLabels"] = [kept]
    here.sync(store)
    assert store.items[card].labels == ("Kept",)


def test_labels_without_name_or_colour(here: World, board: str, card: str) -> None:
    labels = [here.site.add_label(board, "", colour) for colour in ("red", None)]
    here.site.edit(card, idLabels=labels)
    store = here.sync()
    assert store.items[card].labels == ("red", "no name")


def test_authors_that_are_gone(here: World, card: str) -> None:
    stranger = here.site.add_member("Tom Lee")
    here.site.actor = stranger
    here.site.comment(card, "I was here")
    here.site.delete_member(stranger)
    store = here.sync()
    (comment,) = store.items[card].comments
    assert comment.author_id == stranger
    assert stranger not in store.catalog.people


def test_what_only_moves_a_cards_date(here: World, card: str) -> None:
    """No action tells of a line that is added or renamed, nor of where the card came from."""
    (line,) = here.site.add_checklist(card, "Steps", ["a"])
    store = here.sync()
    here.site.rename_item(line, "b")
    here.site.add_item(here.site.cards[card]["idChecklists"][0], "c")
    here.clock.pass_by(hours=1)
    here.sync(store)
    assert [line.text for line in store.items[card].checklist] == ["b", "c"]


def test_copies_and_conversions_know_who_made_them(here: World, card: str) -> None:
    (line,) = here.site.add_checklist(card, "Steps", ["Call the printer"])
    here.site.actor = here.site.add_member("Tom Lee")
    made = [here.site.convert(line), here.site.copy(card, place(here, "Doing"))]
    store = here.sync()
    assert [(store.items[id].title, store.items[id].reporter_id) for id in made] == [
        ("Call the printer", here.site.actor),
        ("One", here.site.actor),
    ]
    assert all(store.items[id].history_complete_from == store.items[id].created for id in made)


def test_numbers_that_two_cards_share(here: World) -> None:
    for card in here.site.cards.values():
        card["idShort"] = 7
    assert len({item.key for item in here.sync().items.values()}) == 3


def test_a_cleared_custom_field(here: World, board: str, card: str) -> None:
    field = here.site.add_field(board, "Story points", "number")
    here.site.set_field(card, field, "5")
    store = here.sync()
    assert store.items[card].points == 5
    here.site.set_field(card, field, None)
    here.sync(store)
    assert store.items[card].points is None
    assert told(store, card, Field.POINTS) == [(None, "5"), ("5", None)]


def test_comments_follow_edits_and_deletions(here: World, card: str) -> None:
    first, second = (here.site.comment(card, text) for text in ("One", "Two"))
    store = here.sync()
    here.site.edit_comment(first, "Rather this")
    here.site.delete_comment(second)
    here.sync(store)
    (comment,) = store.items[card].comments
    assert (comment.body, comment.updated is not None) == ("Rather this", True)


# where cards are


def test_archived_and_in_an_archived_list(here: World, card: str) -> None:
    here.site.archive(card)
    here.site.move(here.site.find("cards", "Two"), place(here, "Parked"))
    here.site.edit_list(place(here, "Parked"), closed=True)
    store = here.sync()
    assert [one(store, title).presence for title in ("One", "Two", "Three")] == ["archived", "archived", "here"]
    assert store.expected == 1
    here.site.archive(card, closed=False)
    here.site.edit_list(place(here, "Parked"), closed=False)
    here.clock.pass_by(hours=1)
    here.sync(store)
    assert {item.presence for item in store.items.values()} == {Presence.HERE}
    assert told(store, card, Field.ARCHIVED) == [("false", "true"), ("true", "false")]


def test_a_list_that_moves_to_another_board_takes_its_cards_along(here: World, card: str) -> None:
    """Neither the cards nor the boards say so."""
    store = here.sync()
    here.clock.pass_by(hours=1)
    here.site.move_list(place(here, "To do"), here.site.find("boards", "Other"))
    here.sync(store)
    assert store.items[card].board_ids == (here.site.find("boards", "Other"),)
    assert (len(store.here()), store.expected) == (3, 3)


def test_deleted_hidden_and_moved_out_of_sight(here: World, card: str) -> None:
    gone, hidden = here.site.find("cards", "Two"), here.site.find("cards", "Three")
    here.site.archive(gone)
    store = here.sync(boards=["Plan"])
    here.site.delete(gone)
    here.site.hide(hidden)
    here.site.move_board(card, place(here, "Inbox"))
    here.sync(store, boards=["Plan"])
    presences = {item.title: item.presence for item in store.items.values()}
    assert presences == {"One": Presence.MOVED, "Two": Presence.GONE, "Three": Presence.HIDDEN}
    here.sync(store, boards=["Plan"])
    assert not here.asked("batch")


def test_moved_between_boards_that_are_both_read(here: World, card: str) -> None:
    here.site.move(card, place(here, "Doing"))
    here.site.comment(card, "Before the move")
    store = here.sync()
    here.site.move_board(card, place(here, "Inbox"))
    here.sync(store)
    item = store.items[card]
    assert (item.presence, item.board_ids) == (Presence.HERE, (here.site.find("boards", "Other"),))
    assert told(store, card, Field.BOARD) == [("Plan", "Other")]
    assert told(store, card, Field.STATUS) == [("To do", "Doing"), (None, "Inbox")]
    assert item.history_complete_from == item.created
    assert MemoryStore().sync(here.connector()).items == store.items


def test_moved_in_with_an_old_id(here: World, card: str) -> None:
    store = here.sync(boards=["Other"])
    assert not store.items
    here.site.comment(card, "Before the move")
    here.site.move_board(card, place(here, "Inbox"))
    here.sync(store, boards=["Other"])
    item = store.items[card]
    assert [comment.body for comment in item.comments] == ["Before the move"]
    assert item.history_complete_from and item.history_complete_from > item.created + timedelta(days=1)


# which boards


def test_boards_by_name_id_and_short_link(here: World, board: str) -> None:
    for name in ("plan", board, here.site.boards[board]["shortLink"]):
        assert len(here.sync(boards=[name]).items) == 3
    assert len(here.sync(workspace=here.site.organization["displayName"]).items) == 3


def test_unknown_boards_are_named_all_at_once(here: World) -> None:
    with pytest.raises(ScopeError) as caught:
        here.sync(boards=["Plam", "Nothing like it"], workspace="Elsewhere")
    assert 'no board "Plam"; did you mean "Plan"?' in str(caught.value)
    assert len(caught.value.problems) == 3


def test_an_id_that_no_board_has_is_a_mistake_in_the_config(here: World, board: str) -> None:
    for name in ("5f0000000000000000000000", "Plan2026"):
        with pytest.raises(ScopeError, match=f'no board "{name}"') as caught:
            here.sync(boards=[board, name])
        assert caught.value.exit_code == 3
    assert 'did you mean "Plan"?' in str(caught.value)


def test_a_stage_that_no_list_has_is_told_by_the_doctor(here: World) -> None:
    told = [each.message for each in here.connector(stages={"done": ["Dne", "Parked"]}).doctor()]
    assert 'no list is called "Dne"; did you mean "Done"?' in told
    assert not [message for message in told if '"Parked"' in message]


def test_two_boards_of_one_name_need_an_id(here: World) -> None:
    here.site.add_board("Plan")
    with pytest.raises(ScopeError, match="several boards"):
        here.sync(boards=["Plan"])


def test_closed_boards_only_when_asked_for(here: World, board: str) -> None:
    here.site.edit_board(board, closed=True)
    assert not here.sync().items
    assert len(here.sync(closed=True).items) == 3
    assert len(here.sync(boards=["Plan"]).items) == 3


def test_a_board_that_closes_stays(here: World, board: str) -> None:
    store = here.sync()
    here.site.edit_board(board, closed=True)
    here.sync(store)
    assert len(store.here()) == 3
    assert store.catalog.boards[board].closed


def test_a_board_that_is_no_longer_shown_is_told(here: World, board: str) -> None:
    store = here.sync()
    here.site.hide(board)
    here.sync(store)
    assert len(store.here()) == 3
    assert ["permission requested" in problem.what for problem in store.problems] == [True]
    here.site.hidden.clear()
    here.sync(store)
    assert not store.problems
    assert not here.asked("cards/all?limit=1000")


def test_a_board_that_is_deleted_is_gone_with_its_cards_and_that_is_said_once(here: World, board: str) -> None:
    store = here.sync()
    here.site.move_board(here.site.find("cards", "Two"), place(here, "Inbox"))
    delete_board(here, board)
    here.sync(store)
    assert [problem.what for problem in store.problems] == ['the board "Plan" was deleted']
    assert {item.title: item.presence for item in store.items.values()} == {
        "One": Presence.GONE,
        "Two": Presence.HERE,
        "Three": Presence.GONE,
    }
    here.sync(store)
    assert (store.problems, store.expected) == ([], 1)
    assert here.server.requests == 1 + 3


def test_cards_of_a_deleted_board_are_judged_again_when_the_app_did_not_believe_it(here: World, board: str) -> None:
    """A verdict that takes away too much is not written; the next pull gives it again."""
    store = here.sync()
    delete_board(here, board)
    *_, last = here.connector().pull(store.resume())
    assert len(last.absences) == 3
    store.checkpoint = last.checkpoint or {}
    *_, last = here.connector().pull(store.resume())
    assert len(last.absences) == 3


def test_a_board_that_the_config_no_longer_names_moves_out(here: World, board: str) -> None:
    here.site.create(place(here, "Inbox"), "Elsewhere")
    store = here.sync(boards=["Plan", "Other"])
    here.sync(store, boards=["Other"])
    assert {item.title for item in store.here().values()} == {"Elsewhere"}
    assert {item.presence for item in store.items.values()} == {Presence.HERE, Presence.MOVED}
    here.sync(store, boards=["Plan", "Other"])
    assert len(store.here()) == 4


def delete_board(here: World, board: str) -> None:
    for card in [id for id, card in here.site.cards.items() if card["idBoard"] == board]:
        here.site.delete(card)
    del here.site.boards[board]


def test_importing_the_client_leaves_the_process_as_it_was() -> None:
    """py-trello would swap the TLS of every connection where pyOpenSSL is installed."""
    script = (
        "import sys, types; swapped = []\n"
        "fake = types.ModuleType('urllib3.contrib.pyopenssl'); fake.inject_into_urllib3 = lambda: swapped.append(1)\n"
        "import urllib3.contrib; sys.modules[fake.__name__] = urllib3.contrib.pyopenssl = fake\n"
        "from pmsync.connectors.trello.client import _without_pyopenssl\n"
        "with _without_pyopenssl():\n    import trello\n"
        "assert not swapped and sys.modules[fake.__name__] is fake\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=True)
