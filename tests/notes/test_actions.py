"""Action lines: the canonical form round-trips, hand-typed forms are understood."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmsync.notes import Action, ActionState, parse_action, write_action

FULL = "- [ ] Ask Legal about the DPA @tom due:2026-05-05 (OPS-17) carried:2 was:2026-04-28 <!-- act:77b0e4d1 -->"

words = st.lists(st.from_regex(r"[A-Za-zäöü,.!?&/]{1,9}", fullmatch=True), min_size=1, max_size=6).map(" ".join)
actions = st.builds(
    Action,
    id=st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    text=words,
    state=st.sampled_from(ActionState),
    owner=st.none() | st.from_regex(r"[a-z][a-z0-9_.-]{0,8}", fullmatch=True),
    due=st.none() | st.dates(),
    key=st.none() | st.from_regex(r"[A-Z]{2,4}-[0-9]{1,3}", fullmatch=True),
    carried=st.integers(0, 20),
    was=st.none() | st.dates(),
)


def test_the_full_form_is_read() -> None:
    assert parse_action(FULL) == Action(
        id="77b0e4d1",
        text="Ask Legal about the DPA",
        owner="tom",
        due=date(2026, 5, 5),
        key="OPS-17",
        carried=2,
        was=date(2026, 4, 28),
    )


def test_the_full_form_round_trips_byte_for_byte() -> None:
    action = parse_action(FULL)
    assert action is not None
    assert write_action(action) == FULL


@given(actions)
def test_every_action_round_trips(action: Action) -> None:
    assert parse_action(write_action(action)) == action


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("- [x] Send it", ActionState.DONE),
        ("* [X] Send it", ActionState.DONE),
        ("- [-] Send it", ActionState.CANCELLED),
    ],
)
def test_boxes_are_read_as_people_tick_them(line: str, state: ActionState) -> None:
    action = parse_action(line)
    assert action is not None
    assert (action.text, action.state) == ("Send it", state)


def test_a_line_without_a_mark_gets_the_id_its_words_give() -> None:
    first, again = parse_action("- [ ] Send the samples! @li"), parse_action("- [x]  send the Samples @li")
    assert first is not None
    assert again is not None
    assert first.id == again.id


@pytest.mark.parametrize("line", ["", "- no box", "text", "  - [ ] nested is somebody's detail", "1. [ ] numbered"])
def test_other_lines_are_no_actions(line: str) -> None:
    assert parse_action(line) is None
