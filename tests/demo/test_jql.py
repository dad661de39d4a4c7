"""The demo Jira's query language."""

from datetime import UTC, datetime, timedelta

import pytest

from jira_calls import Caller
from pmsync.demo.jira import JiraSite

ANCHOR = datetime(2026, 5, 8, 15, tzinfo=UTC)
SITE = JiraSite(ANCHOR, user_zone="America/New_York")
ALL = {issue.key: issue for issue in SITE.issues.values()}


def keys(jql):
    return set(Caller(SITE).keys(jql))


def labels(issue):
    return set(issue.values.get("labels", ()))


def status(issue):
    return SITE.tables["status"][issue.values["status"]]["name"]


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("project = PAY", lambda i: i.key.startswith("PAY-")),
        ("project in (PAY, 'WEB')", lambda i: True),
        ("project != PAY", lambda i: i.key.startswith("WEB-")),
        ("project = Payments AND status = Done", lambda i: i.key.startswith("PAY-") and status(i) == "Done"),
        ("statusCategory = Done", lambda i: status(i) == "Done"),
        ("status not in (Done, 'In Progress')", lambda i: status(i) not in {"Done", "In Progress"}),
        ("labels = roadmap OR labels in (risk, vendor)", lambda i: {"roadmap", "risk", "vendor"} & labels(i)),
        ("sprint in (6)", lambda i: "6" in i.values.get("sprint", ())),
        ("sprint in openSprints()", lambda i: "6" in i.values.get("sprint", ())),
        ("sprint = 'PAY Sprint 1' AND NOT sprint = 2", lambda i: i.values.get("sprint") == ("1",)),
        ("issuetype = Epic", lambda i: i.values["issuetype"] == "10000"),
        (
            "type in (Bug, Incident) and (project = WEB or priority = Highest)",
            lambda i: i.values["issuetype"] in {"10004", "10007"} and (i.key[0] == "W" or i.values["priority"] == "1"),
        ),
        ("assignee = currentUser()", lambda i: i.values.get("assignee") == "petra"),
        ("assignee is EMPTY", lambda i: "assignee" not in i.values),
        ("assignee is not EMPTY and project = WEB", lambda i: "assignee" in i.values and i.key.startswith("WEB")),
        ("key in (PAY-3, WEB-2)", lambda i: i.key in {"PAY-3", "WEB-2"}),
        ("key > PAY-80 and key <= PAY-83", lambda i: i.key in {"PAY-81", "PAY-82", "PAY-83"}),
        ("id = 10002", lambda i: i.id == 10002),
        ("parent = PAY-1", lambda i: i.values.get("parent") == ALL["PAY-1"].id),
        ("fixVersion = 2.1", lambda i: "10101" in i.values.get("fixVersions", ())),
        ("updated >= -7d", lambda i: i.updated >= (ANCHOR - timedelta(days=7)).timestamp() * 1000),
        ("updated >= 1777000000000", lambda i: i.updated >= 1777000000000),
        ('created < "2026-03-01 12:00"', lambda i: i.created < datetime(2026, 3, 1, 17, tzinfo=UTC).timestamp() * 1000),
        ("due < 2026-05-08", lambda i: i.values.get("duedate", "9") < "2026-05-08"),
        ('summary ~ "refund"', lambda i: "refund" in (i.values["summary"] + i.values.get("description", "")).lower()),
    ],
)  # fmt: skip
def test_queries_find_what_they_say(jql, expected):
    found = keys(jql)
    assert found == {key for key, issue in ALL.items() if expected(issue)}
    assert found


def test_literals_are_read_in_the_readers_zone_across_a_dst_change():
    site = JiraSite(ANCHOR, user_zone="Europe/Berlin")
    born = site.create(
        "PAY", "Bug", "Night shift", by="mei", at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    )  # 03:30 summer
    assert Caller(site).keys('created >= "2026-03-29 03:30" AND created < "2026-03-29 03:31"') == [born.key]


@pytest.mark.parametrize(
    ("order", "sort"),
    [
        ("key", lambda i: (i.key[:3], int(i.key[4:]))),
        ("created ASC", lambda i: i.created),
        ("updated desc", lambda i: -i.updated),
        ("id", lambda i: i.id),
    ],
)
def test_order(order, sort):
    found = [ALL[key] for key in Caller(SITE).keys(f"project in (PAY, WEB) ORDER BY {order}")]
    assert [sort(issue) for issue in found] == sorted(sort(issue) for issue in ALL.values())
