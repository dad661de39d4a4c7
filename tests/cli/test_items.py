"""`pmsync items` and `pmsync show`: the formats outsiders rely on."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from scripted import play

from builders import make_item
from pmsync.connectors.interface import Page
from pmsync.model import Absence, Presence, TextFormat

Pmsync = Callable[..., Any]

NAMES = [
    "source",
    "id",
    "key",
    "aliases",
    "url",
    "boards",
    "type",
    "type_name",
    "title",
    "stage",
    "stage_id",
    "category",
    "outcome",
    "resolution",
    "priority",
    "labels",
    "components",
    "assignees",
    "reporter",
    "created",
    "updated",
    "started",
    "finished",
    "due",
    "start",
    "points",
    "estimate_seconds",
    "spent_seconds",
    "remaining_seconds",
    "parent",
    "sprints",
    "versions",
    "flagged",
    "checklist",
    "links",
    "comments",
    "worklogs",
    "archived",
    "presence",
    "presence_since",
    "history_complete_from",
]


@pytest.fixture(autouse=True)
def stored(config: object, pmsync: Pmsync) -> None:
    play(
        shop=[
            [
                make_item(
                    "1",
                    title="As a shopper I want to pay later",
                    due=date(2026, 6, 2),
                    labels=("payments",),
                    description="h2. Why\n*Half* leave at the till\x1b[31m" + "\nmore" * 40,
                    description_format=TextFormat.WIKI,
                ),
                make_item("2", key="PAY-10", title='=HYPERLINK("http://evil") \x1b[31mred'),
                make_item("3", title="gone"),
            ],
            Page(absences=(Absence(item_id="3", presence=Presence.GONE),)),
        ]
    )
    pmsync("sync")


def test_one_json_object_per_line_with_every_documented_name(pmsync: Pmsync) -> None:
    rows = [json.loads(line) for line in pmsync("items", "-o", "jsonl").out.splitlines()]
    assert [row["key"] for row in rows] == ["PAY-1", "PAY-10"]
    assert list(rows[0]) == NAMES
    assert (rows[0]["due"], rows[0]["created"], rows[0]["points"]) == ("2026-06-02", "2026-05-01T09:00:00Z", None)


def test_roles_and_history_come_on_request(pmsync: Pmsync) -> None:
    row = json.loads(pmsync("items", "-o", "jsonl", "--roles", "--history").out.splitlines()[0])
    assert set(row) - set(NAMES) == {"role", "changes"}
    assert row["role"] == {
        "scheme": "project-manager",
        "role": "PO",
        "duty": "stories",
        "confidence": row["role"]["confidence"],
    }


def test_what_the_tracker_no_longer_shows_is_listed_on_request(pmsync: Pmsync) -> None:
    (row,) = json.loads(pmsync("items", "--presence", "gone", "-o", "json").out)
    assert (row["key"], row["presence"]) == ("PAY-3", "gone")
    assert row["presence_since"]


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (["--label", "payments"], ["PAY-1"]),
        (["--type", "bug"], []),
        (["--text", "PAY LATER"], ["PAY-1"]),
        (["--role", "po", "--text", "shopper"], ["PAY-1"]),
        (["--updated-since", "2026-05-03"], []),
    ],
)
def test_filters_narrow_the_list(pmsync: Pmsync, filters: list[str], keys: list[str]) -> None:
    assert [row["key"] for row in json.loads(pmsync("items", *filters, "-o", "json").out)] == keys


def test_spreadsheets_do_not_run_what_a_tracker_sent(pmsync: Pmsync) -> None:
    rows = list(csv.DictReader(io.StringIO(pmsync("items", "-o", "csv").out)))
    assert list(rows[0]) == NAMES
    assert rows[1]["title"].startswith("'=HYPERLINK")


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv", "md"])
def test_no_format_lets_control_characters_through(pmsync: Pmsync, output: str) -> None:
    assert "\x1b" not in pmsync("items", "-o", output).out


def test_show_tells_one_item_with_its_role_and_why(pmsync: Pmsync) -> None:
    ended = pmsync("show", "pay-1")
    assert ended.code == 0
    for part in ("PAY-1", "pay later", "PO (Product owner)", "2026-06-02"):
        assert part in ended.out


def test_show_prints_the_description_as_markdown_harmless_and_cut(pmsync: Pmsync) -> None:
    out = pmsync("show", "PAY-1").out
    assert "## Why" in out
    assert "**Half** leave at the till" in out
    assert "\x1b" not in out
    assert "more lines: https://example.org/browse/PAY-1" in out


def test_a_key_that_is_not_there_is_one_sentence(pmsync: Pmsync) -> None:
    ended = pmsync("show", "PAY-99")
    assert ended.code == 2
    assert ended.err == (
        'pmsync: There is no item "PAY-99" in the store.\n        Check the key, or run `pmsync sync` first.\n'
    )
