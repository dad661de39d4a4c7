"""`pmsync roles`: the answer, the reason, the correction, the measurement."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted import play

from builders import make_item

Pmsync = Callable[..., Any]


@pytest.fixture
def stored(config: Path, pmsync: Pmsync) -> None:
    play(shop=[[make_item("1", title="Approve 4k extra for the load-test tool"), make_item("2", title="Misc")]])
    pmsync("sync")


@pytest.mark.usefixtures("stored")
class TestItems:
    def test_explain_gives_the_answer_the_words_and_the_way_to_change_it(self, pmsync: Pmsync) -> None:
        out = pmsync("roles", "explain", "PAY-1").out
        assert out.startswith("PM (Project manager), duty budget")
        assert "Approve" in out
        assert "roles set" in out

    def test_a_correction_lasts_over_the_next_sync(self, pmsync: Pmsync) -> None:
        pmsync("roles", "set", "PAY-1", "po", "--why", "Anna decides", "--by", "anna")
        play(shop=[[make_item("1", title="Approve 5k extra, really")]])
        pmsync("sync", "--full")
        (row,) = json.loads(pmsync("items", "--roles", "--text", "really", "-o", "json").out)
        assert (row["role"]["role"], row["role"]["confidence"]) == ("PO", "high")
        out = pmsync("roles", "explain", "PAY-1").out
        assert "Anna decides" in out
        assert "anna" in out

    def test_a_correction_can_be_taken_back(self, pmsync: Pmsync) -> None:
        before = pmsync("roles", "explain", "PAY-1").out
        pmsync("roles", "set", "PAY-1", "po")
        assert pmsync("roles", "set", "PAY-1", "auto").out == "PAY-1: the text decides again.\n"
        assert pmsync("roles", "explain", "PAY-1").out == before

    def test_a_rule_of_the_config_wins_over_the_words(self, config: Path, pmsync: Pmsync) -> None:
        config.write_text(
            config.read_text() + "roles:\n  overrides:\n    - {key: PAY-2, role: PM, duty: meeting, why: ours}\n"
        )
        (row,) = json.loads(pmsync("items", "--roles", "--text", "misc", "-o", "json").out)
        assert row["role"] == {"scheme": "project-manager", "role": "PM", "duty": "meeting", "confidence": "high"}

    def test_another_scheme_is_a_table_not_another_answer(self, pmsync: Pmsync) -> None:
        duties = {
            scheme: [row["role"]["duty"] for row in json.loads(pmsync("items", "--scheme", scheme, "-o", "json").out)]
            for scheme in ("project-manager", "product-manager", "combined")
        }
        assert len({tuple(found) for found in duties.values()}) == 1

    def test_show_counts_and_lists_what_to_review(self, pmsync: Pmsync) -> None:
        found = json.loads(pmsync("roles", "show", "-o", "json").out)
        assert found["items"] == 2
        assert sum(found["spread"]["role"].values()) == 2
        assert [row["key"] for row in found["review"]] == ["PAY-2"]
        assert pmsync("roles", "show").code == 0

    def test_show_names_corrections_with_who_when_and_why(self, pmsync: Pmsync) -> None:
        pmsync("roles", "set", "PAY-2", "PM", "--by", "tom", "--why", "Anna leads this")
        (made,) = json.loads(pmsync("roles", "show", "-o", "json").out)["corrections"]
        assert made.pop("at").startswith("20")
        assert made == {"key": "PAY-2", "role": "PM", "duty": None, "by": "tom", "why": "Anna leads this"}
        assert "Anna leads this" in pmsync("roles", "show").out

    def test_two_hats_come_with_their_balance(self, pmsync: Pmsync) -> None:
        assert "hat" not in pmsync("roles", "show").out
        out = pmsync("roles", "show", "--scheme", "combined").out
        assert "Open items by hat: PO 0%, PM 100%" in out
        assert "No item for: vision" in out
        assert "Longest untouched: no budget activity for" in out


class TestFiles:
    ROWS = (
        {"id": "a", "title": "Chase supplier invoice", "gold": {"duty": "budget"}},
        {"id": "b", "title": "As a shopper I want to pay later", "gold": {"duty": "stories"}},
    )

    @pytest.fixture
    def file(self, folder: Path) -> str:
        (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in self.ROWS))
        return "items.jsonl"

    def test_classify_needs_no_config_and_keeps_the_order(self, file: str, pmsync: Pmsync) -> None:
        rows = [json.loads(line) for line in pmsync("roles", "classify", file).out.splitlines()]
        assert [(row["id"], row["role"], row["duty"]) for row in rows] == [
            ("a", "PM", "budget"),
            ("b", "PO", "stories"),
        ]
        assert set(rows[0]) == {"id", "role", "duty", "confidence", "evidence"}

    def test_evaluate_measures_against_hand_labels(self, file: str, pmsync: Pmsync) -> None:
        figures = json.loads(pmsync("roles", "evaluate", file, "--scheme", "product-manager", "-o", "json").out)
        assert (figures["items"], figures["accuracy"], figures["duty_top1"]) == (2, 1.0, 1.0)
        assert "role accuracy" in pmsync("roles", "evaluate", file).out
