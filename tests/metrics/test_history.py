from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from builders import at, make_change, make_item
from pmsync.metrics.history import DELIVERED, DISCARDED, life, state_at
from pmsync.model import Catalog, Category, Change, Comment, Field, Item, Presence, Stage

STAGES = [
    ("todo", "backlog"),
    ("wait", "wait"),
    ("doing", "active"),
    ("review", "active"),
    ("done", "done"),
    ("released", "done"),
    ("dropped", "cancelled"),
]
CATALOG = Catalog(stages={id: Stage(id=id, name=id.title(), category=Category(word)) for id, word in STAGES})
NOW = at(28)


def path(*steps: tuple[int, str], start: str = "todo") -> list[Change]:
    """Moves on days of May from stage to stage."""
    befores = [start, *(stage for _, stage in steps)]
    return [
        make_change(f"c{number}", at=at(day), before_id=before, after_id=stage)
        for number, (before, (day, stage)) in enumerate(zip(befores, steps, strict=False))
    ]


def walked(*steps: tuple[int, str], start: str = "todo", **fields: Any) -> tuple[Item, list[Change]]:
    return make_item(stage_id=steps[-1][1] if steps else start, **fields), path(*steps, start=start)


REOPENED = walked((4, "doing"), (6, "review"), (9, "doing"), (11, "done"), (13, "doing"), (17, "done"), created=at(2))


def test_a_reopened_item_is_finished_when_it_is_done_for_good() -> None:
    known = life(*REOPENED, CATALOG, NOW)
    assert known is not None
    assert (known.started, known.finished, known.outcome) == (at(4), at(17), DELIVERED)


@pytest.mark.parametrize(
    ("day", "started", "finished", "category"),
    [
        (3, None, None, Category.BACKLOG),
        (5, at(4), None, Category.ACTIVE),
        (12, at(4), at(11), Category.DONE),
        (14, at(4), None, Category.ACTIVE),
    ],
)
def test_a_life_is_told_as_it_was_known_then(
    day: int, started: datetime | None, finished: datetime | None, category: Category
) -> None:
    known = life(*REOPENED, CATALOG, at(day))
    assert known is not None
    assert (known.started, known.finished, known.category) == (started, finished, category)


def test_before_its_creation_there_is_no_life() -> None:
    assert life(*REOPENED, CATALOG, at(1)) is None
    assert state_at(*REOPENED, at(1)) is None


def test_a_second_done_stage_is_no_second_finish() -> None:
    known = life(*walked((4, "doing"), (9, "done"), (12, "released")), CATALOG, NOW)
    assert known is not None
    assert (known.finished, known.entered) == (at(9), at(12))


def test_work_that_went_back_to_the_backlog_stays_started() -> None:
    known = life(*walked((4, "doing"), (6, "todo")), CATALOG, NOW)
    assert known is not None
    assert (known.started, known.category, known.outcome) == (at(4), Category.BACKLOG, None)


def test_started_and_finished_at_once_was_never_started() -> None:
    item = make_item(stage_id="done")
    moves = [
        make_change("c1", at=at(5), before_id="todo", after_id="doing"),
        make_change("c2", at=at(5), before_id="doing", after_id="done"),
    ]
    known = life(item, moves, CATALOG, NOW)
    assert known is not None
    assert (known.started, known.finished) == (None, at(5))


@pytest.mark.parametrize(
    ("stage", "resolution", "outcome"),
    [
        ("done", None, DELIVERED),
        ("done", "Fixed", DELIVERED),
        ("done", " won't do ", DISCARDED),
        ("done", "Duplicate", DISCARDED),
        ("dropped", None, DISCARDED),
        ("doing", "Fixed", None),
    ],
)
def test_how_it_ended(stage: str, resolution: str | None, outcome: str | None) -> None:
    item, moves = walked((4, "doing"), (9, stage), resolution=resolution)
    known = life(item, moves, CATALOG, NOW)
    assert known is not None
    assert known.outcome == outcome
    assert known.finished == (at(9) if outcome else None)


def test_closed_without_history_counts_from_the_trackers_own_date() -> None:
    item = make_item(stage_id="done", done_at=at(8), history_complete_from=at(1))
    known = life(item, [], CATALOG, NOW)
    assert known is not None
    assert (known.started, known.finished, known.outcome) == (None, at(8), DELIVERED)


@pytest.mark.parametrize(("complete_from", "finished"), [(None, None), (at(1), at(1)), (at(3), None)])
def test_closed_without_any_date_is_dated_only_by_a_complete_history(
    complete_from: datetime | None, finished: datetime | None
) -> None:
    known = life(make_item(stage_id="done", history_complete_from=complete_from), [], CATALOG, NOW)
    assert known is not None
    assert (known.outcome, known.finished) == (DELIVERED, finished)


def test_the_beginning_of_a_cut_history_is_not_guessed() -> None:
    item, moves = walked((9, "review"), (12, "done"), start="doing", history_complete_from=at(5))
    known = life(item, moves, CATALOG, NOW)
    assert known is not None
    assert (known.started, known.finished) == (None, at(12))


def test_a_card_marked_done_is_done_wherever_it_lies() -> None:
    item, moves = walked((4, "doing"), done_at=at(6))
    assert life(item, moves, CATALOG, at(5)).outcome is None  # type: ignore[union-attr]
    known = life(item, moves, CATALOG, NOW)
    assert known is not None
    assert (known.outcome, known.finished, known.category) == (DELIVERED, at(6), Category.ACTIVE)


def test_a_tick_is_undone_by_leaving_a_done_list_and_kept_by_any_other_move() -> None:
    item, moves = walked((4, "done"), (6, "doing"), done_at=at(5), resolution="Complete")
    assert life(item, moves, CATALOG, NOW).outcome is None  # type: ignore[union-attr]
    item, moves = walked((4, "doing"), (6, "review"), done_at=at(5), resolution="Complete")
    assert life(item, moves, CATALOG, NOW).finished == at(5)  # type: ignore[union-attr]


def test_put_away_with_its_list_is_discarded_nobody_knows_when() -> None:
    known = life(*walked((4, "doing"), presence=Presence.ARCHIVED), CATALOG, NOW)
    assert known is not None
    assert (known.outcome, known.finished, known.closed) == (DISCARDED, None, True)


def test_an_arrival_that_does_not_say_from_where() -> None:
    item, moves = walked((4, "doing"), (9, "review"))
    moves[1] = replace(moves[1], before=None, before_id=None)
    then = state_at(item, moves, at(8))
    assert then is not None
    assert then.stage_id == "doing"
    assert life(item, moves, CATALOG, at(8)).started == at(4)  # type: ignore[union-attr]


def test_a_resolution_left_behind_by_a_reopening_finishes_nothing() -> None:
    known = life(*walked((4, "done"), (6, "doing"), done_at=at(4), resolution="Done"), CATALOG, NOW)
    assert known is not None
    assert (known.outcome, known.finished) == (None, None)


def test_archived_outside_a_done_list_is_discarded() -> None:
    put_away = {"archived": True, "presence": Presence.ARCHIVED, "presence_since": at(8)}
    item, moves = walked((4, "doing"), **put_away)
    archived_at = walked((4, "doing"), done_at=at(7), resolution="Archived", **put_away)
    assert life(*archived_at, CATALOG, NOW).finished == at(7)  # type: ignore[union-attr]
    assert life(*archived_at, CATALOG, NOW).outcome == DISCARDED  # type: ignore[union-attr]
    archived = make_change(
        "a", field=Field.ARCHIVED, at=at(7), before=None, after="true", before_id=None, after_id=None
    )
    assert life(item, moves, CATALOG, NOW).finished == at(8)  # type: ignore[union-attr]
    known = life(item, [*moves, archived], CATALOG, NOW)
    assert known is not None
    assert (known.outcome, known.finished) == (DISCARDED, at(7))
    assert life(item, [*moves, archived], CATALOG, at(6)).outcome is None  # type: ignore[union-attr]


def test_archived_in_a_done_list_stays_delivered() -> None:
    known = life(*walked((4, "doing"), (6, "done"), archived=True), CATALOG, NOW)
    assert known is not None
    assert (known.outcome, known.finished) == (DELIVERED, at(6))


def test_an_unmapped_stage_is_not_guessed() -> None:
    known = life(*walked((4, "doing"), (6, "parking")), CATALOG, NOW)
    assert known is not None
    assert (known.category, known.stage_id, known.outcome) == (None, "parking", None)


def test_a_list_replaced_behind_the_history_keeps_the_instant() -> None:
    item, moves = walked((4, "doing"), (9, "done"))
    known = life(replace(item, stage_id="released"), moves, CATALOG, NOW)
    assert known is not None
    assert (known.stage_id, known.finished) == ("released", at(9))


def test_the_order_of_changes_does_not_matter() -> None:
    item, moves = REOPENED
    assert life(item, moves[::-1], CATALOG, NOW) == life(item, moves, CATALOG, NOW)


def test_an_earlier_state_undoes_every_field() -> None:
    def change(field: Field, before: str | None, after: str | None, *ids: str | None) -> Change:
        before_id, after_id = ids or (None, None)
        words = {"before": before, "after": after, "before_id": before_id, "after_id": after_id}
        return make_change(field.value, field=field, at=at(9), **words)

    now = make_item(
        stage_id="doing", title="New", points=8.0, estimate_seconds=60, due=at(20).date(), flagged=True,
        assignee_ids=("u2",), sprint_ids=("1", "2"), version_ids=("v",), labels=("a",), done_at=at(10),
        resolution="Fixed", comments=(Comment(id="1", author_id=None, created=at(10), body="late"),),
        presence=Presence.GONE, presence_since=at(11),
    )  # fmt: skip
    changes = [
        change(Field.STATUS, "To Do", "Doing", "todo", "doing"),
        change(Field.TITLE, "Old", "New"),
        change(Field.POINTS, "5.0", "8"),
        change(Field.ESTIMATE, None, "60"),
        change(Field.DUE, "2026-05-12", "2026-05-20"),
        change(Field.FLAG, None, "Impediment"),
        change(Field.RESOLUTION, None, "Fixed"),
        change(Field.ASSIGNEE, "Ann", "Bo", "u1", "u2"),
        change(Field.SPRINT, None, "Sprint 2", None, "2"),
        change(Field.VERSION, "2.0", None, "w", None),
        change(Field.LABEL, None, "a"),
        change(Field.PARENT, "PAY-9", None, "9", None),
    ]
    then = state_at(now, changes, at(8))
    assert then is not None
    assert (then.stage_id, then.title, then.points, then.estimate_seconds) == ("todo", "Old", 5, None)
    assert str(then.due) == "2026-05-12"
    assert (then.flagged, then.resolution, then.assignee_ids, then.sprint_ids) == (False, None, ("u1",), ("1",))
    assert (then.version_ids, then.labels, then.done_at, then.comments) == (("v", "w"), (), None, ())
    assert (then.presence, then.presence_since) == (Presence.HERE, None)
    assert then.parent is not None
    assert then.parent.id == "9"
    assert state_at(now, changes, NOW) is now


@given(some.lists(some.sampled_from([id for id, _ in STAGES]), max_size=12), some.integers(0, 14))
def test_a_snapshot_equals_the_story_told_up_to_then(stages: list[str], hour: int) -> None:
    """Computing with everything known later gives what was computed at the time."""
    start = datetime(2026, 5, 1, tzinfo=UTC)
    befores = ["todo", *stages]
    moves = [
        make_change(f"c{n:02}", at=start + timedelta(hours=n + 1), before_id=before, after_id=after)
        for n, (before, after) in enumerate(zip(befores, stages, strict=False))
    ]
    then = start + timedelta(hours=hour)
    past = [move for move in moves if move.at <= then]
    item = make_item(created=start, stage_id=befores[-1], history_complete_from=start)
    known = life(item, moves, CATALOG, then)
    assert known == life(replace(item, stage_id=befores[len(past)]), past, CATALOG, then)
    assert known is not None
    assert known.started is None or known.finished is None or known.started < known.finished
    assert (known.finished is not None) == (known.category in (Category.DONE, Category.CANCELLED))
