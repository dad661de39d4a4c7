from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from builders import at, make_change, make_item
from pmsync.metrics.sprint import History, sprint_scope
from pmsync.model import Catalog, Category, Change, Field, Sprint, SprintState, Stage

CATALOG = Catalog(
    stages={
        "todo": Stage(id="todo", name="To Do", category=Category.BACKLOG),
        "doing": Stage(id="doing", name="Doing", category=Category.ACTIVE),
        "done": Stage(id="done", name="Done", category=Category.DONE),
        "dropped": Stage(id="dropped", name="Dropped", category=Category.CANCELLED),
    }
)
SPRINT = Sprint(id="7", name="Sprint 7", state=SprintState.CLOSED, start=at(4), end=at(15), completed=at(15))


def change(id: str, field: Field, when: datetime, before: str | None, after: str | None) -> Change:
    ids = field in (Field.SPRINT, Field.STATUS)
    return make_change(
        f"{id}-{field}-{when}", id, field=field, at=when, before=before, after=after,
        before_id=before if ids else None, after_id=after if ids else None,
    )  # fmt: skip


def member(id: str, points: float | None, *changes: Change, **fields: Any) -> History:
    return make_item(id, points=points, **{"sprint_ids": ("7",), "stage_id": "todo", **fields}), changes


def done(id: str) -> tuple[Change, Change]:
    return change(id, Field.STATUS, at(5), "todo", "doing"), change(id, Field.STATUS, at(9), "doing", "done")


def test_a_sprint_that_changed_on_the_way() -> None:
    histories = [
        member("A", 5, *done("A"), stage_id="done"),
        member("B", 3, *done("B"), stage_id="done"),
        member("C", 5, change("C", Field.POINTS, at(6), "8", "5")),
        member("D", 2, change("D", Field.SPRINT, at(7), "7", None), sprint_ids=()),
        member("E", 3, change("E", Field.SPRINT, at(6), None, "7"), *done("E"), stage_id="done"),
    ]
    scope = sprint_scope(SPRINT, histories, CATALOG, at(20))
    assert scope is not None
    assert (scope.committed, scope.added, scope.removed, scope.reestimated) == (18, 3, 2, -3)
    assert (scope.completed, scope.carried, scope.discarded) == (11, 5, 0)
    assert scope.say_do == pytest.approx(0.611, abs=0.001)
    assert scope.plan_kept == pytest.approx(0.444, abs=0.001)
    assert scope.net_change == pytest.approx(-0.111, abs=0.001)


def test_what_was_done_before_does_not_count() -> None:
    early = change("A", Field.STATUS, at(3), "todo", "done")
    scope = sprint_scope(SPRINT, [member("A", 5, early, stage_id="done")], CATALOG, at(20))
    assert scope is not None
    assert (scope.committed, scope.completed, scope.carried) == (0, 0, 0)
    assert scope.say_do is None


def test_created_into_the_running_sprint_is_added() -> None:
    scope = sprint_scope(SPRINT, [member("A", 5, created=at(6))], CATALOG, at(20))
    assert scope is not None
    assert (scope.committed, scope.added, scope.carried) == (0, 5, 5)


def test_a_carried_item_is_not_removed_by_what_happens_after_the_close() -> None:
    later = change("A", Field.SPRINT, at(16), "7", None)
    scope = sprint_scope(SPRINT, [member("A", 5, later, sprint_ids=())], CATALOG, at(20))
    assert scope is not None
    assert (scope.committed, scope.removed, scope.carried) == (5, 0, 5)


def test_without_estimates_items_are_counted() -> None:
    scope = sprint_scope(SPRINT, [member("A", None), member("B", None, *done("B"), stage_id="done")], CATALOG, at(20))
    assert scope is not None
    assert (scope.unit, scope.committed, scope.completed, scope.carried) == ("items", 2, 1, 1)


def test_a_sprint_that_has_not_started_has_no_numbers() -> None:
    assert sprint_scope(SPRINT, [], CATALOG, at(3)) is None
    assert sprint_scope(Sprint(id="8", name="Later", state=SprintState.FUTURE), [], CATALOG, at(3)) is None


KINDS = ["in", "out", "points", "doing", "done", "dropped", "todo"]
STEPS = some.tuples(some.integers(-48, 300), some.sampled_from(KINDS))


@given(some.lists(some.tuples(some.booleans(), some.lists(STEPS, max_size=8)), max_size=4))
def test_the_sum_always_comes_out(plans: list[tuple[bool, list[tuple[int, str]]]]) -> None:
    histories = [_walk(str(number), inside, sorted(steps)) for number, (inside, steps) in enumerate(plans)]
    scope = sprint_scope(SPRINT, histories, CATALOG, at(20))
    assert scope is not None
    left = scope.committed + scope.added - scope.removed + scope.reestimated - scope.completed - scope.discarded
    assert left == scope.carried
    assert min(scope.committed, scope.added, scope.removed, scope.completed, scope.carried, scope.kept) >= 0


def _walk(id: str, inside: bool, steps: list[tuple[int, str]]) -> History:
    stage, points, changes = "todo", 3, []
    for hour, step in steps:
        when = at(4) + timedelta(hours=hour)
        if step in ("in", "out"):
            if inside != (step == "in"):
                inside = not inside
                changes.append(change(id, Field.SPRINT, when, None if inside else "7", "7" if inside else None))
        elif step == "points":
            changes.append(change(id, Field.POINTS, when, str(points), str(points + 2)))
            points += 2
        elif step != stage:
            changes.append(change(id, Field.STATUS, when, stage, step))
            stage = step
    numbered = [replace(each, id=f"{number:03}") for number, each in enumerate(changes)]
    sprints = ("7",) if inside else ()
    return make_item(id, points=float(points), stage_id=stage, sprint_ids=sprints, created=at(1)), numbered
