"""What lists, labels, titles, fields and actions mean: the rules, one by one."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.trello.conftest import World, place
from pmsync.config import TrelloMapping
from pmsync.connectors.trello.board import read_board
from pmsync.connectors.trello.card import CardView, item
from pmsync.connectors.trello.history import changes
from pmsync.connectors.trello.rules import Rules, guess_stage
from pmsync.connectors.trello.shapes import Action, Card
from pmsync.model import Category, Field, Item, ItemType, SprintState

BOARD = "6a009d723e07d4481c000003"
CARD = "6a009d84a9f3c10b5200000e"
LISTS = {"a": "To do", "b": "Doing", "c": "Sprint 7", "d": "Done", "e": "Sprint 8"}
LABELS = {"l1": "Bug", "l2": "blocked", "l3": "8 points", "l4": "S2", "l5": "urgent"}


def rules(**mapping: Any) -> Rules:
    return Rules(TrelloMapping.model_validate(mapping), ZoneInfo("Europe/Berlin"))


def board_body(**more: Any) -> dict[str, Any]:
    lists = [{"id": id, "name": name, "pos": pos} for pos, (id, name) in enumerate(LISTS.items())]
    labels = [{"id": id, "name": name, "color": "red"} for id, name in LABELS.items()]
    return {"id": BOARD, "name": "Plan", "lists": lists, "labels": labels, **more}


def view(card: dict[str, Any], with_rules: Rules, **board: Any) -> CardView:
    whole = {"id": CARD, "idBoard": BOARD, "idList": "a", "name": "Card", **card}
    whole["labels"] = [{"id": id, "name": LABELS[id]} for id in card.get("idLabels", ())]
    return CardView(
        msgspec.convert(whole, Card),
        read_board(board_body(**board), with_rules, "2026-05-20T15:00:00.000Z"),
        with_rules,
    )


def mapped(card: dict[str, Any], with_rules: Rules | None = None, **board: Any) -> Item:
    return item("plan", view(card, with_rules or rules(), **board), "")


def told(kind: str, data: dict[str, Any], with_rules: Rules | None = None, **board: Any) -> list[tuple[Any, ...]]:
    action = {
        "id": "6a009d84a9f3c10b5200000f",
        "type": kind,
        "date": "2026-05-20T15:00:00.000Z",
        "idMemberCreator": "m",
        "data": {"board": {"id": BOARD, "name": "Plan"}, "card": {"id": CARD}, **data},
    }
    chosen = with_rules or rules()
    found = changes(msgspec.convert(action, Action), read_board(board_body(**board), chosen), chosen)
    return [(change.id[24:], change.field, change.before, change.after) for change in found]


def updated(name: str, old: Any, new: Any, with_rules: Rules | None = None, **board: Any) -> list[tuple[Any, ...]]:
    return told("updateCard", {"card": {"id": CARD, name: new}, "old": {name: old}}, with_rules, **board)


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("(3) Pay by card", 3),
        ("(0.5) Small", 0.5),
        ("(1,5) German", 1.5),
        ("(100) Huge", 100),
        ("[2022] Annual report", None),
        ("(2022) Annual report", None),
        ("[2] Spent", None),
        ("Pay by card (2)", None),
        ("(3)", None),
        ("(x) Unknown", None),
    ],
)
def test_points_in_titles(name: str, points: float | None) -> None:
    assert rules().points_in_title(name) == points


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Backlog", Category.BACKLOG),
        ("TODO", Category.BACKLOG),
        ("Zu tun", Category.BACKLOG),
        ("À faire", Category.BACKLOG),
        ("Waiting for print", Category.WAIT),
        ("Ready for release", Category.WAIT),
        ("Blockiert", Category.WAIT),
        ("En attente", Category.WAIT),
        ("In Progress", Category.ACTIVE),
        ("In Arbeit", Category.ACTIVE),
        ("En cours", Category.ACTIVE),
        ("Done", Category.DONE),
        ("Erledigt", Category.DONE),
        ("Terminé", Category.DONE),
        ("Fait", Category.DONE),
        ("Abgelehnt", Category.CANCELLED),
        ("Won't do", Category.CANCELLED),
        ("やること", None),
    ],
)
def test_stages_by_name(name: str, category: Category | None) -> None:
    assert guess_stage(name) is category


def test_stages_by_config_and_by_neighbour() -> None:
    found = read_board(board_body(), rules(stages={"wait": ["sprint 7"]})).stages
    assert [(stage.category, stage.guessed) for stage in found.values()] == [
        (Category.BACKLOG, True),
        (Category.ACTIVE, True),
        (Category.WAIT, False),
        (Category.DONE, True),
        (Category.ACTIVE, True),
    ]
    unknown = [{"id": "x", "name": "Done", "pos": 1}, {"id": "y", "name": "2025", "pos": 2}]
    assert read_board(board_body(lists=unknown), rules()).stages["y"].category is Category.DONE


def test_types_by_label_and_kind_of_card() -> None:
    assert mapped({"idLabels": ["l1"]}).type is ItemType.BUG
    assert mapped({"idLabels": ["l5"]}, rules(types={"incident": ["Urgent"]})).type is ItemType.INCIDENT
    for field, word in ({"isTemplate": True}, "Template"), ({"cardRole": "separator"}, "Separator"):
        assert (mapped(field).type, mapped(field).type_name) == (ItemType.OTHER, word)
    mirror = mapped({"cardRole": "mirror", "mirrorSourceId": "6a0"})
    assert (mirror.type_name, mirror.links[0].type, mirror.links[0].target.id) == ("Mirror card", "mirrors", "6a0")


def test_custom_fields_of_every_type() -> None:
    fields = [
        {"id": "n", "name": "Points", "type": "number"},
        {"id": "t", "name": "Vendor", "type": "text"},
        {"id": "d", "name": "Launch", "type": "date"},
        {"id": "c", "name": "Approved", "type": "checkbox"},
        {"id": "o", "name": "Channel", "type": "list", "options": [{"id": "o1", "value": {"text": "Print"}}]},
        {"id": "h", "name": "Estimate hours", "type": "number"},
    ]
    items = [
        {"idCustomField": "n", "value": {"number": "5"}},
        {"idCustomField": "t", "value": {"text": "PrintUp"}},
        {"idCustomField": "d", "value": {"date": "2026-06-01T10:00:00.000Z"}},
        {"idCustomField": "c", "value": {"checked": "true"}},
        {"idCustomField": "o", "idValue": "o1", "value": None},
        {"idCustomField": "h", "value": {"number": "1.5"}},
        {"idCustomField": "gone", "value": {"text": "?"}},
    ]
    found = mapped({"customFieldItems": items, "name": "(3) Title"}, customFields=fields)
    assert (found.points, found.estimate_seconds) == (5, 5400)
    assert found.custom_fields == {
        "Points": 5.0,
        "Vendor": "PrintUp",
        "Launch": "2026-06-01T10:00:00.000Z",
        "Approved": True,
        "Channel": "Print",
        "Estimate hours": 1.5,
    }


def test_points_by_label_flag_and_priority() -> None:
    chosen = rules(points={"label": r"(\d+) points"}, labels={"flagged": ["Blocked"], "priority": {"High": ["Urgent"]}})
    found = mapped({"idLabels": ["l2", "l3", "l5"]}, chosen)
    assert (found.points, found.flagged, found.priority) == (8, True, "High")


@pytest.mark.parametrize(
    ("rule", "card", "sprint"),
    [
        ({"list": r"^Sprint \d+"}, {"idList": "c"}, f"{BOARD}/c"),
        ({"label": r"^S\d"}, {"idLabels": ["l4"]}, f"{BOARD}/l4"),
        ({"start": "2026-05-04", "length": "2w"}, {"due": "2026-05-20T10:00:00.000Z"}, f"{BOARD}/2026-05-18"),
        ({"start": "2026-05-04", "length": "2w"}, {"due": "2026-05-01T10:00:00.000Z"}, None),
    ],
)
def test_sprints(rule: dict[str, Any], card: dict[str, Any], sprint: str | None) -> None:
    assert mapped(card, rules(sprint=rule)).sprint_ids == ((sprint,) if sprint else ())


@pytest.mark.parametrize(
    ("name", "state", "days"),
    [
        ("Sprint 6: 2026-05-04 to 2026-05-15", SprintState.CLOSED, (3, 15)),
        ("Sprint 7: 2026-05-18 to 2026-05-29", SprintState.ACTIVE, (17, 29)),
        ("Sprint 8, 2026-05-25", SprintState.FUTURE, (24, None)),
        ("Sprint 9", SprintState.ACTIVE, (None, None)),
        ("Sprint 10, 2026-99-99", SprintState.ACTIVE, (None, None)),
    ],
)
def test_sprints_with_days_in_their_names(name: str, state: SprintState, days: tuple[int | None, int | None]) -> None:
    """Berlin is two hours ahead of UTC: a sprint begins at 22:00 of the day before and ends at 22:00 of its last."""
    lists = [{"id": "s", "name": name, "pos": 1}]
    (sprint,) = view({}, rules(sprint={"list": "^Sprint"}), lists=lists).board.catalog.sprints.values()
    assert sprint.state is state
    assert (sprint.start and sprint.start.day, sprint.end and sprint.end.day) == days


def test_dated_sprints_know_whether_they_run() -> None:
    chosen = rules(sprint={"start": "2026-05-04", "length": "2w"})
    found = [*view({}, chosen).board.catalog.sprints.values()]
    assert [sprint.state for sprint in found][:3] == [SprintState.CLOSED, SprintState.ACTIVE, SprintState.FUTURE]
    assert found[1].start == datetime(2026, 5, 17, 22, tzinfo=UTC)
    assert found[1].name == "Sprint 2"


def test_what_finishes_a_card() -> None:
    done = {"dueComplete": True, "dateCompleted": "2026-05-19T10:00:00.000Z"}
    put_away = {"closed": True, "dateClosed": "2026-05-19T11:00:00.000Z"}
    assert (mapped(done).done_at, mapped(done).resolution) == (datetime(2026, 5, 19, 10, tzinfo=UTC), "Complete")
    assert mapped(done, rules(done={"due_complete": False})).done_at is None
    assert (mapped(put_away).done_at, mapped(put_away).resolution) == (
        datetime(2026, 5, 19, 11, tzinfo=UTC),
        "Archived",
    )
    assert mapped({**put_away, "idList": "d"}).resolution is None
    assert mapped(put_away, rules(done={"archived": False})).resolution is None


def test_done_before_trello_kept_the_date() -> None:
    ticked = {
        "id": "6a009d84a9f3c10b5200001f",
        "type": "updateCard",
        "date": "2020-05-19T10:00:00.000Z",
        "data": {"card": {"dueComplete": True}, "old": {"dueComplete": False}},
    }
    assert mapped({"dueComplete": True, "actions": [ticked]}).done_at == datetime(2020, 5, 19, 10, tzinfo=UTC)


def test_days_are_the_teams_days() -> None:
    found = mapped({"due": "2026-05-31T22:30:00.000Z", "start": "2026-05-30T21:00:00.000Z"})
    assert (found.due, found.start) == (date(2026, 6, 1), date(2026, 5, 30))


def test_changes_of_every_field() -> None:
    assert updated("name", "(3) A", "(5) B") == [
        ("", Field.TITLE, "(3) A", "(5) B"),
        (".1", Field.POINTS, "3", "5"),
    ]
    assert updated("due", None, "2026-05-31T22:30:00.000Z") == [("", Field.DUE, None, "2026-06-01")]
    assert updated("due", "2026-06-01T08:00:00.000Z", "2026-06-01T09:00:00.000Z") == []
    assert updated("closed", False, True) == [("", Field.ARCHIVED, "false", "true")]
    assert updated("dueComplete", False, True) == [("", Field.RESOLUTION, None, "Complete")]
    assert updated("idMembers", ["m1", "m2"], ["m2", "m3"]) == [
        ("", Field.ASSIGNEE, "m1", None),
        (".1", Field.ASSIGNEE, None, "m3"),
    ]
    assert updated("pos", 1, 2) == updated("desc", "a", "b") == []
    assert told("addMemberToCard", {"idMember": "m1", "member": {"id": "m1", "name": "Anna"}}) == [
        ("", Field.ASSIGNEE, None, "Anna")
    ]
    assert told("commentCard", {"text": "Hello"}) == []


def test_label_changes_and_what_labels_stand_for() -> None:
    chosen = rules(points={"label": r"(\d+) points"}, labels={"flagged": ["blocked"]}, sprint={"label": r"^S\d"})
    assert updated("idLabels", ["l1"], ["l1"]) == []
    assert updated("idLabels", ["l1"], ["l2", "l3", "l4"], chosen) == [
        ("", Field.LABEL, "Bug", None),
        (".1", Field.LABEL, None, "blocked"),
        (".2", Field.LABEL, None, "8 points"),
        (".3", Field.LABEL, None, "S2"),
        (".4", Field.SPRINT, None, "S2"),
        (".5", Field.TYPE, "Bug", "Card"),
        (".6", Field.FLAG, "false", "true"),
        (".7", Field.POINTS, None, "8"),
    ]


def test_moves_between_sprint_lists() -> None:
    lists = {"listBefore": {"id": "c", "name": "Sprint 7"}, "listAfter": {"id": "e", "name": "Sprint 8"}}
    data = {"card": {"id": CARD, "idList": "e"}, "old": {"idList": "c"}, **lists}
    assert told("updateCard", data, rules(sprint={"list": r"^Sprint"})) == [
        ("", Field.STATUS, "Sprint 7", "Sprint 8"),
        (".1", Field.SPRINT, "Sprint 7", "Sprint 8"),
    ]


def test_custom_fields_that_carry_figures() -> None:
    field = {"id": "h", "name": "Estimate hours", "type": "number"}
    data = {"customField": field, "customFieldItem": {"value": {"number": "2"}}, "old": {"value": None}}
    assert told("updateCustomFieldItem", data, customFields=[field]) == [("", Field.ESTIMATE, None, "7200")]
    assert told("updateCustomFieldItem", data) == [("", Field.ESTIMATE, None, "7200")]


def test_the_doctor_shows_coverage_and_yaml_to_paste(here: World, card: str) -> None:
    here.site.edit(card, name="(3) One")
    here.site.move(here.site.find("cards", "Two"), place(here, "Done"))
    findings = {finding.subject: finding for finding in here.connector().doctor()}
    assert findings["account"].message == "Anna Berg (@annaberg)"
    assert "points        1 of 3      title 1" in findings["Plan"].message
    assert "done          1 of 3      list 1" in findings["Plan"].message
    assert findings["stages"].fix.splitlines()[:2] == ["stages:", '  backlog: ["Inbox", "To do"]']


def test_the_doctor_never_raises(here: World) -> None:
    here.site.tokens = {}
    (finding,) = here.connector().doctor()
    assert finding.level == "error"
    assert "sources.plan.token" in finding.message
    here.site.tokens = {here.connector()._trello.settings.token.reveal(): ""}
    assert [finding.level for finding in here.connector(boards=["Nope"]).doctor()] == ["ok", "warning", "error"]
