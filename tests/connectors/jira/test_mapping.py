"""Jira's records as the common model: shapes that differ from site to site and from year to year."""

import gzip
import json
import os
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connectors.jira.conftest import World
from fakes import FakeStore
from pmsync.connectors.jira.boards import only_projects, without_order
from pmsync.connectors.jira.catalog import Tables, instant, sprint
from pmsync.connectors.jira.mapping import Mapper
from pmsync.model import Change, Field, ItemType, Raw, Record, SprintState

FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
NUMBER = {"type": "number", "custom": FLOAT}
JSW = {"type": "number", "custom": "com.pyxis.greenhopper.jira:jsw-story-points"}
SELECT = {"type": "option", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select"}
SPRINT = {"type": "array", "custom": "com.pyxis.greenhopper.jira:gh-sprint"}


def raw(kind: str, id: str, body: object, note: str = "") -> Raw:
    return Raw.of(kind, id, json.dumps(body).encode(), note)


def field(id: str, name: str, schema: dict[str, str], project: str | None = None) -> dict[str, Any]:
    scope = {"scope": {"type": "PROJECT", "project": {"id": project}}} if project else {}
    return {"id": id, "name": name, "schema": schema, **scope}


def mapped(
    fields: dict[str, Any],
    *,
    definitions: tuple[Any, ...] = (),
    catalog: tuple[Raw, ...] = (),
    log: Any = (),
    **rest: Any,
) -> Record:
    tables = Tables("https://x.example", rest.pop("points_setting", None), rest.pop("others", ()))
    mapper = Mapper("shop", rest.pop("types", {}), tables)
    mapper.model([raw("fields", "fields", definitions), *catalog])
    base = {"summary": "T", "created": "2026-05-01T08:00:00.000+0000", "updated": "2026-05-01T08:00:00.000+0000"}
    issue = {"id": "1", "key": "PAY-1", "fields": {**base, **fields}, "changelog": {"histories": list(log)}, **rest}
    return mapper.model([raw("issue", "1", issue)]).records[0]


def entry(*items: dict[str, Any], created: Any = "2026-05-02T08:00:00.000+0000", id: str = "7") -> dict[str, Any]:
    return {"id": id, "created": created, "author": {"accountId": "ann"}, "items": list(items)}


def short(change: Change) -> tuple[str, Any, Any, Any, Any, str]:
    return (change.id, change.before, change.before_id, change.after, change.after_id, change.field.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-01-17T12:34:00.000+0000", datetime(2021, 1, 17, 12, 34, tzinfo=UTC)),
        ("2021-01-17T12:34:00.000-0830", datetime(2021, 1, 17, 21, 4, tzinfo=UTC)),
        ("2021-01-17T12:34:00Z", datetime(2021, 1, 17, 12, 34, tzinfo=UTC)),
        (1492070429000, datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)),
        ("<null>", None),
        ("", None),
        (None, None),
    ],
)
def test_instants(text, expected):
    assert instant(text) == expected


def test_a_data_center_sprint_with_an_unhelpful_name():
    text = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1f2[id=3,rapidViewId=12,state=CLOSED,"
        "name=Sprint 3, goal: a=b [x],startDate=2026-05-01T08:00:00.000+02:00,"
        "endDate=<null>,completeDate=<null>,goal=,x]"
    )
    found = sprint(text)
    assert (found.id, found.name, found.state, found.board_id) == (
        "3",
        "Sprint 3, goal: a=b [x]",
        SprintState.CLOSED,
        "12",
    )
    assert (found.start, found.end) == (datetime(2026, 5, 1, 6, tzinfo=UTC), None)


def test_sprint_lists_become_one_change_per_sprint():
    item = {"field": "Sprint", "from": "1, 2", "fromString": "A, b, C", "to": "2, 3", "toString": "A, b, D"}
    sprints = [{"id": 1, "name": "C", "state": "closed"}, {"id": 3, "name": "A, b", "state": "active"}]
    tables = (raw("sprints", "1", sprints),
              raw("board", "1", {"id": 1, "name": "B", "type": "scrum"}))  # fmt: skip
    record = mapped({}, definitions=(field("customfield_1", "Sprint", SPRINT),), catalog=tables, log=[entry(item)])
    assert [short(change) for change in record.changes] == [
        ("7.0.0", "C", "1", None, None, "sprint"),
        ("7.0.1", None, None, "A, b", "3", "sprint"),
    ]


def test_labels_are_told_one_by_one_and_unknown_fields_left_out():
    log = [entry({"field": "labels", "fromString": "a b", "toString": "b c"}, {"field": "Rank", "toString": "higher"})]
    assert [(change.before, change.after) for change in mapped({}, log=log).changes] == [("a", None), (None, "c")]


def test_changes_come_in_order_whatever_the_server_thinks():
    items = [{"field": "status", "from": "1", "fromString": "A", "to": "2", "toString": "B"}]
    log = [entry(*items, created=1777800000000, id="9"), entry(*items, created="2026-05-02T08:00:00.000+0000", id="8")]
    assert [change.id for change in mapped({}, log=log).changes] == ["8.0", "9.0"]


def test_a_move_gives_an_alias_and_a_board_change():
    log = [entry({"field": "project", "from": "1", "fromString": "Web", "to": "2", "toString": "Pay"},
                 {"field": "Key", "fromString": "WEB-3", "toString": "PAY-1"})]  # fmt: skip
    record = mapped({}, log=log)
    assert record.item.aliases == ("WEB-3",)
    assert [(change.field, change.after) for change in record.changes] == [(Field.BOARD, "Pay")]


ONE, TWO = field("customfield_1", "Story Points", NUMBER), field("customfield_2", "Story Points", NUMBER)
MADE = field("customfield_3", "Story point estimate", JSW)
ELSEWHERE = field("customfield_4", "Story Points", NUMBER, project="99")
BOARD = (raw("board", "5", {"id": 5, "name": "B", "type": "scrum", "location": {"projectId": 10}}),
         raw("configuration", "5", {"id": 5, "filter": {"id": "1"}, "columnConfig": {"columns": []},
             "estimation": {"type": "field", "field": {"fieldId": "customfield_2"}}}))  # fmt: skip
VALUES = {"project": {"id": "10"}, "customfield_1": 1, "customfield_2": 2, "customfield_3": 3, "customfield_4": 4}


@pytest.mark.parametrize(
    ("definitions", "rest", "points"),
    [
        ((ONE,), {}, 1.0),
        ((ONE, TWO), {}, None),
        ((ONE, TWO), {"catalog": BOARD}, 2.0),
        ((ONE, MADE), {}, 3.0),
        ((ONE, ELSEWHERE), {}, 1.0),
        ((ONE, TWO), {"points_setting": "customfield_1"}, 1.0),
        ((ONE, MADE), {"points_setting": "story points"}, 1.0),
        ((), {}, None),
    ],
)
def test_points_by_setting_board_schema_name(definitions, rest, points):
    assert mapped(VALUES, definitions=definitions, **rest).item.points == points


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4, 4),
        ("red", "red"),
        ({"self": "https://x", "id": "1", "value": "High"}, "High"),
        ({"value": "Europe", "child": {"value": "Berlin"}}, "Europe - Berlin"),
        ([{"value": "A"}, {"value": "B"}], "A, B"),
        ({"accountId": "ann", "displayName": "Ann"}, "Ann"),
        (["x", "y"], "x, y"),
        (None, None),
        ([], None),
    ],
)
def test_other_fields_are_kept_under_their_names(value, expected):
    """Those of the config, and impact and probability, which weigh a risk."""
    fields = (field("customfield_1", "Impact", NUMBER), field("customfield_2", "Colour", SELECT))
    values = {"customfield_1": 3, "customfield_2": value}
    assert mapped(values, definitions=fields).item.custom_fields == {"Impact": 3}
    others = {} if expected is None else {"Colour": expected}
    assert mapped(values, definitions=fields, others=("colour",)).item.custom_fields == {"Impact": 3, **others}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ({"name": "Story"}, ItemType.STORY),
        ({"name": "Unteraufgabe", "subtask": True}, ItemType.SUBTASK),
        ({"name": "Initiative", "hierarchyLevel": 2}, ItemType.EPIC),
        ({"name": "Defekt"}, ItemType.OTHER),
        ({"name": "Experiment"}, ItemType.TASK),
    ],
)
def test_types(kind, expected):
    assert mapped({"issuetype": kind}, types={"experiment": "task"}).item.type is expected


def test_a_link_that_comes_twice_is_one():
    link = {"id": "5", "type": {"name": "Blocks", "outward": "blocks"}, "inwardIssue": {"id": "2", "key": "PAY-2"}}
    links = mapped({"issuelinks": [link, link]}).item.links
    assert [(each.type, each.direction, each.target.key) for each in links] == [("blocks", "in", "PAY-2")]


def test_the_epic_link_is_the_parent_where_there_is_no_other():
    definition = field(
        "customfield_9", "Epic Link", {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"}
    )
    assert mapped({"customfield_9": "PAY-7"}, definitions=(definition,)).item.parent.key == "PAY-7"
    both = {"customfield_9": "PAY-7", "parent": {"id": "3", "key": "PAY-3"}}
    assert mapped(both, definitions=(definition,)).item.parent.id == "3"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("project = A ORDER BY rank", "project = A"),
        ('text ~ "sort order by me" order  by key', 'text ~ "sort order by me"'),
        ("ORDER BY rank", ""),
        ("reorder = 1", "reorder = 1"),
        ('text ~ "open', 'text ~ "open'),
        ("", ""),
    ],
)
def test_order_by_is_cut_off_but_not_in_quotes(query, kept):
    assert without_order(query) == kept


@pytest.mark.parametrize(
    ("query", "projects"),
    [
        ("project = PAY", ("10",)),
        ('PROJECT in ( "pay", 11 )', ("10", "11")),
        ("project = 'WEB' ", ("11",)),
        ("project = PAY AND labels = x", ()),
        ("project in (PAY, OLD)", ()),
        ("project in (projectsLeadByUser())", ()),
        ("project != PAY", ()),
        ("project = 'PAY' OR project = WEB", ()),
        ("", ()),
    ],
)
def test_a_query_that_only_names_projects(query, projects):
    assert only_projects(query, {"10": "PAY", "11": "WEB"}) == projects


def test_doctor_lists_candidates_for_points(cloud: World):
    from pmsync.demo.server import json_response

    fields = [field("customfield_1", "Story Points", NUMBER), field("customfield_2", "Story Points", NUMBER)]
    cloud.site.fault = lambda request: (
        json_response(fields)
        if request.path.endswith("/field")
        else json_response({"errorMessages": ["no"]}, 403)
        if "configuration" in request.path
        else None
    )
    found = {finding.subject: finding for finding in cloud.connector().doctor()}
    assert found["story points"].level == "error"
    assert "customfield_1" in found["story points"].message
    assert "customfield_2" in found["story points"].message
    assert "points_field" in found["story points"].fix
    store = FakeStore().sync(cloud.connector())
    assert "several fields could be the story points" in str(store.problems[0])


def test_doctor_says_scope_and_fill_rate(both: World):
    found = {finding.subject: finding.message for finding in both.connector().doctor()}
    filled = sum("points" in issue.values for issue in both.site.issues.values())
    assert found["scope"] == f"{len(both.site.issues)} issues in {', '.join(_keys(both))}."
    assert found["story points"] == f"Story Points (customfield_10036): set on {filled} issues."


def test_doctor_names_the_words_of_a_wrong_query(both: World):
    wrong = next(finding for finding in both.connector(jql="labls = x").doctor() if finding.level == "error")
    assert "`jql: labls = x`: Field 'labls' does not exist" in wrong.message
    assert (wrong.subject, wrong.fix, wrong.exit_code) == ("scope", "Correct `jql:` in the config.", 3)


def _keys(world: World) -> list[str]:
    return [row["key"] for row in world.site.tables["project"].values()]


@pytest.fixture
def real_issues() -> list[dict[str, Any]]:
    folder = os.environ.get("PMSYNC_REFERENCE", "")
    path = Path(folder) / "jira-issues" / "server-v2-expand-changelog.jsonl.gz"
    if not folder or not path.exists():
        pytest.skip("set PMSYNC_REFERENCE to a folder with real issues")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_real_issues_load_without_loss_and_replay_to_the_present(real_issues):
    """Every status in the history leads to the next one, and the last to the status of today."""
    mapper = Mapper("real", {}, Tables("https://x.example"))
    for issue in real_issues:
        [record] = mapper.model([raw("issue", issue["id"], issue)]).records
        fields, item = issue["fields"], record.item
        assert (item.key, item.title) == (issue["key"], fields["summary"])
        assert len(item.comments) == len((fields.get("comment") or {}).get("comments", ()))
        assert len(item.worklogs) == len((fields.get("worklog") or {}).get("worklogs", ()))
        assert len(item.links) == len(fields.get("issuelinks") or ())
        logged = [row for each in issue["changelog"]["histories"] for row in each["items"] if row["field"] == "status"]
        statuses = [change for change in record.changes if change.field is Field.STATUS]
        assert len(statuses) == len(logged)
        for earlier, later in pairwise(statuses):
            assert earlier.after_id == later.before_id
        assert not statuses or statuses[-1].after_id == item.stage_id
