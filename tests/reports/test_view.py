import json
from datetime import UTC, date, datetime

from builders import at, make_change, make_item
from pmsync.model import (
    Board,
    Catalog,
    Category,
    ChecklistEntry,
    Classification,
    Confidence,
    ItemRef,
    Link,
    Person,
    Role,
    Sprint,
    SprintState,
    Stage,
    Version,
)
from pmsync.reports.view import encode, item_json, view

CATALOG = Catalog(
    stages={
        "10": Stage(id="10", name="To Do", category=Category.BACKLOG),
        "20": Stage(id="20", name="In Review", category=Category.ACTIVE),
    },
    boards={"1": Board(id="1", name="PAY board", kind="scrum")},
    people={"u": Person(id="u", name="Anna")},
    sprints={"3": Sprint(id="3", name="Sprint 3", state=SprintState.ACTIVE)},
    versions={"v": Version(id="v", name="2.1")},
)
ITEM = make_item(
    "7",
    stage_id="20",
    aliases=("WEB-3",),
    board_ids=("1",),
    assignee_ids=("u", "gone"),
    sprint_ids=("3",),
    version_ids=("v",),
    due=date(2026, 6, 2),
    points=5.0,
    parent=ItemRef(key="OLD-1", id="1"),
    links=(Link(type="blocks", direction="in", target=ItemRef(key="PAY-9")),),
    checklist=(ChecklistEntry(text="a", done=True), ChecklistEntry(text="b", done=False)),
)
MOVE = make_change("c", "7", by_id="u")
CLASSIFICATION = Classification(
    scheme="project-manager", role=Role.PO, duty="stories", confidence=Confidence.HIGH, rule="T6"
)


def test_an_item_is_printed_as_promised() -> None:
    shown = view(ITEM, [MOVE], CATALOG, at(8), CLASSIFICATION, history=True, keys={"1": "PAY-1"})
    row = item_json(shown)
    assert " ".join(row) == (
        "source id key aliases url boards type type_name title stage stage_id category outcome resolution priority "
        "labels components assignees reporter created updated started finished due start points estimate_seconds "
        "spent_seconds remaining_seconds parent sprints versions flagged checklist links comments worklogs archived "
        "presence presence_since history_complete_from changes role"
    )
    assert row["created"] == "2026-05-01T09:00:00Z"
    assert row["started"] == "2026-05-03T09:00:00Z"
    assert (row["due"], row["finished"], row["points"], row["parent"]) == ("2026-06-02", None, 5.0, "PAY-1")
    assert (row["stage"], row["stage_id"], row["category"], row["outcome"]) == ("In Review", "20", "active", None)
    assert row["assignees"] == [{"id": "u", "name": "Anna"}, {"id": "gone", "name": "gone"}]
    assert row["sprints"] == [{"id": "3", "name": "Sprint 3", "state": "active"}]
    assert (row["boards"], row["versions"], row["checklist"]) == (["PAY board"], ["2.1"], {"done": 1, "total": 2})
    assert row["links"] == [{"type": "blocks", "direction": "in", "key": "PAY-9"}]
    assert row["changes"] == [
        {"field": "status", "from": "To Do", "from_id": "10", "to": "Doing", "to_id": "20",
         "at": "2026-05-03T09:00:00Z", "by": "Anna"}
    ]  # fmt: skip
    assert row["role"] == {"scheme": "project-manager", "role": "PO", "duty": "stories", "confidence": "high"}
    assert json.loads(json.dumps(row)) == row


def test_history_and_role_come_only_when_asked_for() -> None:
    row = item_json(view(ITEM, [MOVE], CATALOG, at(8)))
    assert "changes" not in row
    assert "role" not in row


def test_an_item_is_shown_as_it_was() -> None:
    shown = view(ITEM, [MOVE], CATALOG, at(2), history=True)
    assert (shown.stage, shown.category, shown.started, shown.changes) == ("To Do", Category.BACKLOG, None, ())


def test_an_item_from_a_clock_that_runs_ahead_is_shown() -> None:
    assert view(ITEM, [], CATALOG, datetime(2026, 4, 30, tzinfo=UTC)).key == "PAY-7"


def test_an_unknown_stage_keeps_its_id_and_has_no_meaning() -> None:
    shown = view(make_item(stage_id="99"), [], CATALOG, at(8))
    assert (shown.stage, shown.category) == ("99", None)


def test_instants_lose_no_microseconds() -> None:
    assert encode(datetime(2026, 5, 1, 9, 0, 0, 1500, UTC)) == "2026-05-01T09:00:00.001500Z"
