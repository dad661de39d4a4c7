"""Notes files: parsed without loss, renewed without losing a word, actions carried from meeting to meeting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.notes import carried_actions, parse_document, refresh, sealed, write_action

PAGE = """---
series: weekly-checkout
date: 2026-05-11
---
# weekly-checkout - 2026-05-11

## Since last time
- [x] Send API samples @li due:2026-05-07 (PAY-91) <!-- act:3f9a11c2 -->
- [ ] Ask Legal @tom due:2026-05-05 (OPS-17) carried:2 was:2026-04-28 <!-- act:77b0e4d1 -->
## Agenda
{agenda}
## Decisions
- Vouchers move to GA (sponsor)

## Actions
- [ ] Remove vouchers @anna due:2026-05-12 (PAY-210) <!-- act:c0ffee12 -->
- [x] Book the room @li <!-- act:0badcafe -->
"""
POINT = "1. [PAY-88](https://example.org/PAY-88): blocked for 6 days"


def page(*agenda: str) -> str:
    return PAGE.format(agenda="\n".join([*agenda, ""]))


class TestParsing:
    def test_the_front_matter_is_read(self) -> None:
        assert parse_document(page()).value("series") == "weekly-checkout"

    @pytest.mark.parametrize(
        ("written", "meant"),
        [('"Q1: plan"', "Q1: plan"), (r'"a \"b\""', 'a "b"'), ("'mine'", "mine"), ('"a" "b"', 'a" "b'), ('"', '"')],
    )
    def test_front_matter_may_be_quoted(self, written: str, meant: str) -> None:
        assert parse_document(f"---\nseries: {written}\n---\n").value("series") == meant

    def test_a_heading_inside_a_code_block_is_text(self) -> None:
        document = parse_document("## Agenda\n```\n## not a heading\n```\n")
        assert [section.heading for section in document.sections] == ["Agenda"]

    @given(st.lists(st.sampled_from(["---", "## A", "# T", "a: b", "- [ ] x", "", "```", "text"]), max_size=12))
    def test_any_text_comes_back_byte_for_byte(self, lines: list[str]) -> None:
        text = "\n".join(lines)
        assert str(parse_document(text)) == text


class TestRefresh:
    def test_running_again_changes_nothing(self) -> None:
        document = parse_document(page(sealed(POINT)))
        assert str(refresh(document, document)) == str(document)

    def test_an_untouched_point_that_no_longer_holds_goes(self) -> None:
        existing, fresh = parse_document(page(sealed(POINT))), parse_document(page())
        assert "PAY-88" not in str(refresh(existing, fresh))

    def test_an_edited_point_stays_and_is_not_doubled(self) -> None:
        edited = sealed(POINT).replace("blocked", "Tom says it is nearly done; was blocked")
        merged = str(refresh(parse_document(page(edited)), parse_document(page(sealed(POINT)))))
        assert merged.count("PAY-88](") == 1
        assert "Tom says" in merged

    def test_words_people_wrote_stay_where_they_are(self) -> None:
        mine = page("We start five minutes late.", sealed(POINT)).replace("(sponsor)", "(sponsor, after a long talk)")
        merged = str(refresh(parse_document(mine), parse_document(page())))
        assert "We start five minutes late." in merged
        assert "(sponsor, after a long talk)" in merged


class TestCarrying:
    def lines(self, text: str, closed: set[str] | None = None) -> list[str]:
        return [write_action(action) for action in carried_actions(parse_document(text), closed or set())]

    def test_open_actions_are_carried_done_ones_shown_once(self) -> None:
        assert self.lines(page()) == [
            "- [x] Book the room @li <!-- act:0badcafe -->",
            "- [ ] Ask Legal @tom due:2026-05-05 (OPS-17) carried:3 was:2026-04-28 <!-- act:77b0e4d1 -->",
            "- [ ] Remove vouchers @anna due:2026-05-12 (PAY-210) carried:1 <!-- act:c0ffee12 -->",
        ]

    def test_an_action_whose_item_the_tracker_closed_is_done(self) -> None:
        assert "- [x] Remove vouchers @anna due:2026-05-12 (PAY-210) <!-- act:c0ffee12 -->" in self.lines(
            page(), {"PAY-210"}
        )

    def test_without_earlier_notes_nothing_is_carried(self) -> None:
        assert carried_actions(None, set()) == []
