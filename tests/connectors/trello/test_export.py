"""Exported files, whole and broken, old and new, and that they agree with the API."""

import json
import os
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.trello.conftest import ANCHOR, World, place, world
from pmsync.config import ExportSource
from pmsync.connectors.interface import Context
from pmsync.connectors.testing import MemoryStore
from pmsync.connectors.trello import connect_export
from pmsync.connectors.trello.export import ExportConnector
from pmsync.connectors.trello.export_file import read_export
from pmsync.demo.trello import TrelloSite
from pmsync.demo.trello.export import export_board, export_card
from pmsync.errors import ScopeError
from pmsync.model import Field, Presence

REFERENCE = Path(os.environ.get("PMSYNC_REFERENCE", "absent"), "trello-exports")
needs_reference = pytest.mark.skipif(
    not os.environ.get("PMSYNC_REFERENCE"), reason="PMSYNC_REFERENCE names no folder with trello-exports/"
)


def files(folder: Path, *patterns: str, **mapping: Any) -> ExportConnector:
    context = Context(timezone=ZoneInfo("Europe/Berlin"), folder=folder)
    connector = connect_export("plan", ExportSource(files=patterns or ("*.json",), **mapping), context)
    assert isinstance(connector, ExportConnector)
    return connector


def write(folder: Path, name: str, content: bytes | dict[str, Any]) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_export_and_api_agree(tmp_path: Path) -> None:
    site = TrelloSite(ANCHOR)
    for number, board in enumerate(site.boards):
        write(tmp_path, f"{number}.json", export_board(site, board))
    by_file = MemoryStore().sync(files(tmp_path))
    with world(site) as here:
        by_api = here.sync()
    assert by_file.items == by_api.items
    assert by_file.changes == by_api.changes
    assert by_file.catalog.stages == by_api.catalog.stages
    assert by_file.expected == by_api.expected


def test_a_file_cut_in_half_is_one_sentence_and_the_others_load(here: World, board: str, tmp_path: Path) -> None:
    whole = export_board(here.site, board)
    write(tmp_path, "whole.json", whole)
    write(tmp_path, "half.json", whole[: len(whole) // 2])
    store = MemoryStore().sync(files(tmp_path))
    assert len(store.items) == 3
    (problem,) = store.problems
    assert "half.json breaks off or is no JSON" in problem.what
    assert "line 1, column" in problem.what


BROKEN: dict[str, tuple[bytes, str]] = {
    "half": (b'{"id": "1",\n "cards": [', "breaks off or is no JSON: .* at line 2, column"),
    "empty": (b"", "is empty"),
    "blank": (b" \n", "is empty"),
    "other": (b'{"name": "package"}', "is no export of a Trello board or card"),
    "list": (b"[1, 2]", "is no export of a Trello board or card"),
    "strange cards": (b'{"id": "1", "cards": [1]}', "is no export of a Trello board or card"),
    "nameless cards": (b'{"id": "1", "cards": [{"name": "x"}]}', "is no export of a Trello board or card"),
    "binary": (b"\x89PNG\x00\xff", "breaks off or is no JSON: .* at line 1, column 1"),
}


@pytest.mark.parametrize(("content", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_one_sentence(here: World, board: str, tmp_path: Path, content: bytes, words: str) -> None:
    """Alone it ends the source with exit code 3; others beside it load, and the run is partial."""
    write(tmp_path, "broken.json", content)
    with pytest.raises(ScopeError, match=rf"broken\.json {words}") as caught:
        MemoryStore().sync(files(tmp_path))
    assert (caught.value.exit_code, caught.value.problems) == (3, ())
    assert caught.value.hint
    (told,) = files(tmp_path).doctor()
    assert (told.level, told.exit_code) == ("error", 3)
    write(tmp_path, "whole.json", export_board(here.site, board))
    store = MemoryStore().sync(files(tmp_path))
    assert len(store.items) == 3
    assert [re.search(words, problem.what) is not None for problem in store.problems] == [True]
    assert store.watermark is None


def test_when_no_file_can_be_read_each_is_named(tmp_path: Path) -> None:
    write(tmp_path, "half.json", b'{"id": "1", "cards": [')
    write(tmp_path, "other.json", b'{"name": "package"}')
    with pytest.raises(ScopeError, match="no file can be read") as caught:
        MemoryStore().sync(files(tmp_path))
    assert "half.json breaks off" in str(caught.value)
    assert "other.json is no export" in str(caught.value)


def test_an_unreadable_file_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "board.json", b"{}")
    monkeypatch.setattr(Path, "read_bytes", _forbidden)
    with pytest.raises(ScopeError, match=r"board\.json cannot be read: Permission denied") as caught:
        MemoryStore().sync(files(tmp_path))
    assert caught.value.exit_code == 3


def _forbidden(_: Path) -> bytes:
    raise PermissionError(13, "Permission denied")


def test_a_pattern_without_files_says_where_it_looked(here: World, board: str, tmp_path: Path) -> None:
    with pytest.raises(ScopeError, match=r'no file matches "exports/\*\.json"') as caught:
        MemoryStore().sync(files(tmp_path, "exports/*.json"))
    assert str(tmp_path) in caught.value.hint
    write(tmp_path, "whole.json", export_board(here.site, board))
    store = MemoryStore().sync(files(tmp_path, "exports/*.json", "*.json"))
    assert len(store.items) == 3
    assert [problem.what for problem in store.problems] == ['no file matches "exports/*.json"']


def test_stray_backslashes_and_halves_of_characters_are_mended() -> None:
    text = rb'{"id": "54c8b7290e47d0f8a7c93afc", "cards": [{"id": "1", "name": "a\someone \ud83d \\n"}]}'
    (card,) = read_export("x.json", text).part("cards")
    assert card["name"] == "a\\someone ? \\n"
    (card,) = read_export("x.json", text.replace(rb"a\s", b"s")).part("cards")
    assert card["name"] == "someone ? \\n"


def test_unchanged_files_are_not_read_again(
    here: World, board: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "board.json", export_board(here.site, board))
    store = MemoryStore().sync(files(tmp_path))
    monkeypatch.setattr("pmsync.connectors.trello.export.read_export", None)
    store.sync(files(tmp_path))
    assert store.expected == len(store.here()) == 3


def test_an_older_export_never_replaces_a_newer_one(here: World, board: str, card: str, tmp_path: Path) -> None:
    here.site.edit(card, name="First")
    old = export_board(here.site, board)
    here.clock.pass_by(hours=1)
    here.site.edit(card, name="Second")
    doing = place(here, "Doing")
    here.site.edit_list(doing, name="Renamed")
    write(tmp_path, "new.json", export_board(here.site, board))
    store = MemoryStore().sync(files(tmp_path))
    write(tmp_path, "old.json", old)
    store.sync(files(tmp_path))
    assert store.items[card].title == "Second"
    assert store.catalog.stages[doing].name == "Renamed"


def test_a_newer_export_renames_what_older_ones_told(here: World, board: str, card: str, tmp_path: Path) -> None:
    label = here.site.add_label(board, "8 points", "red")
    here.site.edit(card, idLabels=[label])
    write(tmp_path, "board.json", export_board(here.site, board))
    store = MemoryStore().sync(files(tmp_path, points={"label": r"(\d+) points"}))
    assert [change.field for change in store.changes[card].values()] == [Field.LABEL, Field.POINTS]
    here.site.edit_label(label, name="Later")
    write(tmp_path, "board.json", export_board(here.site, board))
    store.sync(files(tmp_path, points={"label": r"(\d+) points"}))
    assert [change.after for change in store.changes[card].values()] == ["Later"]
    store.sync(files(tmp_path, points={"label": "(L)ater"}, labels={"flagged": ["later"]}))
    assert store.items[card].flagged


def test_what_the_log_saw_leaving_is_gone(here: World, board: str, card: str, tmp_path: Path) -> None:
    write(tmp_path, "board.json", export_board(here.site, board))
    store = MemoryStore().sync(files(tmp_path))
    here.site.delete(card)
    here.site.move_board(here.site.find("cards", "Two"), place(here, "Inbox"))
    write(tmp_path, "board.json", export_board(here.site, board))
    store.sync(files(tmp_path))
    assert {item.title: item.presence for item in store.items.values()} == {
        "One": Presence.GONE,
        "Two": Presence.MOVED,
        "Three": Presence.HERE,
    }


def test_a_single_card(here: World, card: str, tmp_path: Path) -> None:
    here.site.move(card, place(here, "Doing"))
    here.site.add_checklist(card, "Steps", ["a", "b"])
    write(tmp_path, "card.json", export_card(here.site, card))
    store = MemoryStore().sync(files(tmp_path))
    item = store.items[card]
    assert [line.text for line in item.checklist] == ["a", "b"]
    assert store.catalog.stages[place(here, "Doing")].name == "Doing"
    assert store.catalog.boards[item.board_ids[0]].name == "Plan"
    assert [change.field for change in store.changes[card].values()] == [Field.STATUS]
    assert store.expected == 1


def test_a_board_of_2014(tmp_path: Path) -> None:
    """No dueComplete, no start, no custom fields, labels without ids, actions without authors."""
    id, card = "52b43c78eb2745b76701fb93", "52b43c78eb2745b76701fb94"
    moved = {
        "id": "52b43c78eb2745b76701fb95",
        "idMemberCreator": "x",
        "type": "updateCard",
        "date": "2014-01-02T03:04:05.678Z",
        "data": {
            "card": {"id": card, "idList": "b"},
            "old": {"idList": "a"},
            "listBefore": {"id": "a", "name": "Todo"},
            "listAfter": {"id": "b", "name": "Done"},
            "board": {"id": id, "name": "Old"},
        },
    }
    board = {
        "id": id,
        "name": "Old",
        "lists": [{"id": "b", "name": "Done", "closed": False, "pos": 1}],
        "cards": [{"id": card, "name": "Card", "idBoard": id, "idList": "b", "labels": [{"name": "", "color": "red"}]}],
        "actions": [moved],
    }
    write(tmp_path, "old.json", board)
    store = MemoryStore().sync(files(tmp_path))
    item = store.items[card]
    assert (item.labels, item.created) == (("red",), datetime(2013, 12, 20, 12, 47, 52, tzinfo=UTC))
    assert [change.after for change in store.changes[card].values()] == ["Done"]
    assert item.history_complete_from == datetime(2014, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def test_the_doctor_tells_what_is_missing(here: World, board: str, tmp_path: Path) -> None:
    for number in range(1000):
        here.site.edit(here.site.find("cards", "One"), pos=number)
    write(tmp_path, "board.json", export_board(here.site, board))
    write(tmp_path, "half.json", b"{")
    levels = {(finding.level, finding.subject) for finding in files(tmp_path).doctor()}
    assert levels >= {("error", "files"), ("warning", "board.json"), ("warning", "stages")}


@needs_reference
@pytest.mark.parametrize(
    "path", sorted(REFERENCE.glob("*.json")) if os.environ.get("PMSYNC_REFERENCE") else [], ids=str
)
def test_real_exports_load_and_their_moves_end_where_the_card_is(path: Path) -> None:
    store = MemoryStore().sync(files(path.parent, path.name))
    assert store.items
    assert not store.problems
    assert "@boards.trello.com" not in str([raw.body() for raw in store.raws.values()])
    for item in store.items.values():
        found = sorted(store.changes.get(item.id, {}).values(), key=lambda change: (change.at, change.id))
        moves = [change for change in found if change.field is Field.STATUS]
        assert all(a.after_id == b.before_id for a, b in pairwise(moves))
        assert not moves or moves[-1].after_id == item.stage_id
        assert int(item.created.timestamp()) == int(item.id[:8], 16)
