"""The story is believable: histories lead to the present, people work in office hours, and it never changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jira_calls import Caller
from pmsync.demo.jira import JiraSite
from pmsync.demo.jira.crowd import generate
from pmsync.demo.jira.lines import read_story

DAYS = [datetime(2026, 5, 4, 10, tzinfo=UTC) + timedelta(days=day) for day in range(7)]
FIELDS = {
    "status": "status",
    "assignee": "assignee",
    "resolution": "resolution",
    "duedate": "duedate",
    "customfield_10036": "points",
    "timespent": "timespent",
}
STATUS = {
    "done": "Done",
    "review": "In Review",
    "doing": "In Progress",
    "again": "In Progress",
    "reopened": "Done",
    "wontdo": "Done",
    "duplicate": "Done",
    "waiting": "Waiting for customer",
}


def name(site, issue):
    return site.tables["status"][issue.values["status"]]["name"]


@pytest.mark.parametrize("anchor", DAYS, ids=lambda day: day.strftime("%a"))
def test_every_line_comes_to_its_end(anchor):
    site = JiraSite(anchor)
    by_title = {issue.values["summary"]: issue for issue in site.issues.values()}
    lines = list(read_story())
    assert 120 <= len(lines) == len(by_title) <= 160
    for line in lines:
        waiting = {"To Do", "Backlog", "Selected for Development"}
        assert name(site, by_title[line.title]) in ({STATUS[line.ends]} if line.ends in STATUS else waiting), line.title


@pytest.mark.parametrize("anchor", DAYS, ids=lambda day: day.strftime("%a"))
def test_work_happens_in_office_hours_of_twelve_weeks(anchor):
    for issue in JiraSite(anchor).issues.values():
        deeds = [issue.created, *(entry.at for entry in issue.history), *(entry["at"] for entry in issue.comments)]
        assert max(deeds) == issue.updated
        for deed in deeds:
            moment = datetime.fromtimestamp(deed / 1000, ZoneInfo("Europe/Berlin"))
            assert anchor - timedelta(weeks=12) <= moment <= anchor
            assert moment.weekday() < 5
            assert 8 <= moment.hour < 19


@pytest.mark.parametrize("fill", [None, generate(50)], ids=["story", "crowd"])
def test_histories_lead_to_the_present(fill):
    site = JiraSite(DAYS[0], **({"fill": fill} if fill else {}))
    for issue in site.issues.values():
        for known, (id, words) in replay(issue).items():
            value = issue.values.get(known)
            if known == "points":
                assert words == f"{value:g}"
            elif known == "assignee":
                assert id == site.user_id(value)
            else:
                assert id == (None if value is None else str(value))


def replay(issue):
    """The last words on every field, having checked that each change begins where the one before ended."""
    last = {}
    items = [
        (FIELDS[item.field_id], item) for entry in issue.history for item in entry.items if item.field_id in FIELDS
    ]
    for known, item in items:
        assert last.get(known, (item.before_id, item.before)) == (item.before_id, item.before)
        last[known] = item.after_id, item.after
    return last


def test_the_same_seed_tells_the_same_story():
    def everything(seed):
        site = JiraSite(DAYS[0], seed=seed)
        return [Caller(site).get(f"/rest/api/2/issue/{key}", expand="changelog") for key in site.keys]

    assert everything(7) == everything(7) != everything(8)


def test_there_is_something_of_everything():
    cloud = Caller(JiraSite(DAYS[4]))
    queries = (
        "type = Epic", "type = Risk", "type = Incident", "type = Sub-task", "resolution = \"Won't Do\"",
        "labels = vendor", "labels = roadmap", "fixVersion = 2.0", "due < 2026-05-08 AND statusCategory != Done",
        "project = WEB AND status = 'Waiting for customer'", "text ~ '<script>'", "sprint in openSprints()",
        "Flagged is not EMPTY", "sprint in (1) and sprint in (2)",
    )  # fmt: skip
    assert [query for query in queries if not cloud.keys(query)] == []
    goals = [sprint["goal"] for sprint in cloud.get("/rest/agile/1.0/board/1/sprint")["values"]]
    assert all(goals)
    assert len(set(goals)) == 6


def test_a_crowd_has_about_eight_changes_each():
    site = JiraSite(DAYS[0], fill=generate(200))
    assert len(site.issues) == 200
    assert 7 <= sum(len(issue.history) for issue in site.issues.values()) / 200 <= 9
