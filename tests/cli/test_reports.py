"""`pmsync report` and `pmsync notes`: to the terminal, to a file, in every format."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted import play

from builders import make_item
from pmsync.errors import UnreachableError

Pmsync = Callable[..., Any]


@pytest.fixture(autouse=True)
def stored(config: Path, pmsync: Pmsync) -> None:
    play(shop=[[make_item("1", title="Pay later", flagged=True), make_item("2", title="Other")]])
    pmsync("sync")


@pytest.mark.parametrize("name", ["status", "po", "pm"])
@pytest.mark.parametrize("format", ["md", "html", "text", "json"])
def test_every_report_comes_in_every_format(pmsync: Pmsync, name: str, format: str) -> None:
    ended = pmsync("report", name, "-f", format)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out


def test_the_name_of_the_file_chooses_the_format(folder: Path, pmsync: Pmsync) -> None:
    ended = pmsync("report", "status", "-o", "out/status.html")
    assert (ended.code, ended.out) == (0, "")
    assert (folder / "out" / "status.html").read_text().lower().startswith("<!doctype html>")


def test_the_same_store_and_instant_give_the_same_bytes(pmsync: Pmsync) -> None:
    one, two = (pmsync("report", "status", "-f", "html", "--as-of", "2026-05-08T17:00").out for _ in range(2))
    assert one == two


def test_a_failed_source_is_named_in_the_report(pmsync: Pmsync) -> None:
    play(shop=[UnreachableError("shop: no answer")])
    pmsync("sync", "--full")
    assert "no answer" in pmsync("report", "status", "-f", "md").out


def test_a_template_of_ones_own_may_extend_a_built_in_one(config: Path, folder: Path, pmsync: Pmsync) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "status.md.j2").write_text(
        '{% extends "builtin/status.md.j2" %}{% block headline %}Hello {{ total }}{% endblock %}'
    )
    config.write_text(config.read_text() + "templates: mine\n")
    assert "Hello 2" in pmsync("report", "status", "-f", "md").out


def test_only_one_role_is_counted_when_asked(pmsync: Pmsync) -> None:
    totals = [
        json.loads(pmsync("report", "status", "-f", "json", *role).out)["total"]
        for role in ([], ["--role", "po"], ["--role", "pm"])
    ]
    assert totals[0] == 2 == totals[1] + totals[2]


class TestNotes:
    def test_the_agenda_comes_from_the_tracker(self, pmsync: Pmsync) -> None:
        out = pmsync("notes", "weekly", "team", "--date", "2026-05-11").out
        assert out.startswith("---\nseries: team\ndate: 2026-05-11\n")
        assert "1. [PAY-1](https://example.org/browse/PAY-1) blocked" in out

    def test_running_again_keeps_what_people_wrote(self, folder: Path, pmsync: Pmsync) -> None:
        file = folder / "notes" / "2026-05-11.md"
        pmsync("notes", "weekly", "team", "--date", "2026-05-11", "-o", str(file))
        file.write_text(file.read_text().replace("## Decisions\n", "## Decisions\n- Ship it (Anna)\n"))
        mine = file.read_text()
        pmsync("notes", "weekly", "team", "--date", "2026-05-11", "-o", str(file))
        assert file.read_text() == mine

    @pytest.mark.parametrize("mine", ["Bring cake\n", "# Monday\n\nBring cake", "---\nof: mine\n---\nBring cake\n"])
    def test_a_file_of_ones_own_is_added_to(self, folder: Path, pmsync: Pmsync, mine: str) -> None:
        (folder / "monday.md").write_text(mine)
        assert pmsync("notes", "weekly", "team", "-o", "monday.md").code == 0
        text = (folder / "monday.md").read_text()
        assert text.startswith(mine.rstrip())
        assert "\n## Agenda\n" in text
        pmsync("notes", "weekly", "team", "-o", "monday.md")
        assert (folder / "monday.md").read_text() == text

    def test_a_file_that_is_no_text_is_left_alone(self, folder: Path, pmsync: Pmsync) -> None:
        (folder / "photo.md").write_bytes(b"\xff\xd8")
        ended = pmsync("notes", "weekly", "team", "-o", "photo.md")
        assert (ended.code, (folder / "photo.md").read_bytes()) == (7, b"\xff\xd8")
        assert "photo.md cannot be read as notes: it is not UTF-8 text." in ended.err

    def test_open_actions_are_carried_to_the_next_meeting(self, folder: Path, pmsync: Pmsync) -> None:
        first, second = folder / "notes" / "a.md", folder / "notes" / "b.md"
        pmsync("notes", "weekly", "team", "--date", "2026-05-11", "-o", str(first))
        first.write_text(first.read_text().replace("## Actions\n", "## Actions\n- [ ] Ask Legal @tom due:2026-05-12\n"))
        pmsync("notes", "weekly", "team", "--date", "2026-05-18", "-o", str(second))
        assert "- [ ] Ask Legal @tom due:2026-05-12 carried:1 <!-- act:" in second.read_text()

    def test_another_series_in_the_same_folder_is_left_alone(self, folder: Path, pmsync: Pmsync) -> None:
        other = folder / "notes" / "a.md"
        pmsync("notes", "weekly", "other", "--date", "2026-05-11", "-o", str(other))
        other.write_text(other.read_text().replace("## Actions\n", "## Actions\n- [ ] Not ours @tom\n"))
        pmsync("notes", "weekly", "team", "--date", "2026-05-18", "-o", str(folder / "notes" / "b.md"))
        assert "Not ours" not in (folder / "notes" / "b.md").read_text()
