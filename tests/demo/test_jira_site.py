"""The demo Jira answers as the real ones do: shapes, limits, refusals, and what users do to it."""

from datetime import UTC, datetime, timedelta

import pytest

from jira_calls import Caller
from pmsync.demo.jira import JiraSite
from pmsync.demo.server import Request

ANCHOR = datetime(2026, 5, 8, 15, tzinfo=UTC)


@pytest.fixture
def site():
    return JiraSite(ANCHOR)


@pytest.fixture
def cloud(site):
    return Caller(site)


@pytest.fixture
def center():
    return Caller(JiraSite(ANCHOR, deployment="datacenter", context="/jira"))


def error(answer):
    return answer["errorMessages"][0]


# Who is calling


def test_a_wrong_token_on_cloud_is_served_as_a_stranger(site):
    stranger = Caller(site, "Basic wrong")
    assert stranger.get("/rest/api/2/project/search")["values"] == []
    assert stranger.status == 200
    assert stranger.answer.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
    assert stranger.search("project = PAY") == []
    assert stranger.get("/rest/api/2/serverInfo")["deploymentType"] == "Cloud"
    stranger.get("/rest/api/2/issue/PAY-1")
    assert stranger.status == 404
    assert stranger.get("/rest/api/2/myself") == b"Client must be authenticated to access this resource."
    assert stranger.status == 401
    assert stranger.answer.headers["content-type"].startswith("text/html")


def test_a_wrong_token_on_data_center_is_refused(center):
    stranger = Caller(center.site, "Bearer wrong")
    for path in ("myself", "search", "project"):
        stranger.get(f"/jira/rest/api/2/{path}")
        assert stranger.status == 401
    assert stranger.get("/jira/rest/api/2/serverInfo")["deploymentType"] == "DataCenter"


def test_paths_outside_the_context_are_dead_links(center):
    center.get("/rest/api/2/myself")
    assert center.status == 404


# Search


def test_token_pages_add_up_and_hold_a_hundred_issues_with_fields(cloud):
    page = cloud.post("/rest/api/2/search/jql", jql="project in (PAY, WEB)", fields=["summary"], maxResults=5000)
    assert len(page["issues"]) == 100
    assert page["isLast"] is False
    assert "total" not in page
    found = cloud.search("project in (PAY, WEB) ORDER BY created", maxResults=7)
    assert len({issue["id"] for issue in found}) == len(found) == len(cloud.site.issues)


def test_only_ids_come_unless_fields_are_named(cloud):
    page = cloud.post("/rest/api/2/search/jql", jql="project = PAY", maxResults=5000)
    assert all(set(issue) == {"id"} for issue in page["issues"])
    assert page["isLast"] is True
    assert "nextPageToken" not in page


def test_a_token_is_bound_to_its_query_and_lives_a_week():
    now = [ANCHOR]
    cloud = Caller(JiraSite(ANCHOR, now=lambda: now[0]))
    token = cloud.post("/rest/api/2/search/jql", jql="project = PAY", maxResults=1)["nextPageToken"]
    refused = "next page token is invalid or expired"
    assert refused in error(cloud.post("/rest/api/2/search/jql", jql="project = WEB", nextPageToken=token))
    assert refused in error(cloud.post("/rest/api/2/search/jql", jql="project = PAY", nextPageToken="garbage"))
    now[0] += timedelta(days=8)
    assert refused in error(cloud.post("/rest/api/2/search/jql", jql="project = PAY", nextPageToken=token))


def test_a_walk_goes_on_behind_the_last_issue_when_others_leave(site, cloud):
    jql = "project = PAY ORDER BY id"
    first = cloud.post("/rest/api/2/search/jql", jql=jql, maxResults=10)
    gone = first["issues"][0]["id"]
    site.delete(gone)
    token = first["nextPageToken"]
    second = cloud.post("/rest/api/2/search/jql", jql=jql, maxResults=5000, nextPageToken=token)
    ids = {issue["id"] for issue in first["issues"] + second["issues"]} - {gone}
    assert ids == {issue["id"] for issue in cloud.search(jql, ["id"])}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"jql": "project = FG"}, "The value 'FG' does not exist for the field 'project'."),
        ({"jql": "nonsense = 1"}, "Field 'nonsense' does not exist"),
        ({"jql": "(project = PAY"}, "Expecting ')' before the end of the query."),
        ({"jql": "project ="}, "Error in the JQL Query"),
        ({"jql": 'summary ~ "open'}, "has not been completed"),
        ({"jql": "ORDER BY created"}, "Unbounded JQL queries are not allowed here."),
        ({"jql": ""}, "Unbounded JQL queries are not allowed here."),
        ({"jql": "project = PAY", "maxResults": 5001}, "between 1 and 5000"),
        ({"jql": "project = PAY", "maxResults": 0}, "between 1 and 5000"),
        ({"jql": "project = PAY", "maxResults": "many"}, "Invalid request payload"),
        ({"jql": "project = PAY", "startAt": 0}, "Invalid request payload"),
        ({"jql": "updated >= yesterday"}, "Date value 'yesterday' for field 'updated' is invalid."),
    ],
)
def test_bad_searches_are_refused_in_jiras_words(cloud, body, words):
    assert words in error(cloud.post("/rest/api/2/search/jql", **body))
    assert cloud.status == 400


def test_a_post_without_content_type_is_not_understood(site, cloud):
    headers = {"authorization": cloud.authorization}
    answer = site.handle(Request(method="POST", path="/rest/api/3/search/jql", headers=headers, body=b"{}"))
    assert answer.status == 415
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_old_search_is_gone_on_cloud(cloud):
    assert "CHANGE-2046" in error(cloud.get("/rest/api/2/search", jql="project = PAY"))
    assert cloud.status == 410


def test_search_lags_behind_but_reading_by_id_does_not():
    now = [ANCHOR]
    site = JiraSite(ANCHOR, now=lambda: now[0], index_lag=timedelta(seconds=30))
    cloud, since = Caller(site), f"updated >= {int(ANCHOR.timestamp() * 1000)}"
    site.edit("PAY-5", summary="New words")
    new = site.create("PAY", "Bug", "Fresh", by="sofia").key
    site.delete("PAY-6")
    assert cloud.keys(since) == []
    assert "PAY-6" in cloud.keys("project = PAY")
    fetched = cloud.post("/rest/api/2/issue/bulkfetch", issueIdsOrKeys=["PAY-5", "PAY-6", new], fields=["summary"])
    assert [issue["fields"]["summary"] for issue in fetched["issues"]] == ["New words", "Fresh"]
    now[0] += timedelta(seconds=31)
    assert sorted(cloud.keys(since)) == sorted(["PAY-5", new])
    assert "PAY-6" not in cloud.keys("project = PAY")


# Bulk


def test_bulk_fetch_takes_a_hundred_and_leaves_out_what_it_cannot_see(site, cloud):
    site.restrict("PAY-7")
    page = cloud.post(
        "/rest/api/2/issue/bulkfetch", issueIdsOrKeys=["PAY-9", "PAY-7", "PAY-8", "NO-1"], fields=["status"]
    )
    assert [issue["key"] for issue in page["issues"]] == ["PAY-8", "PAY-9"]
    assert page["issueErrors"] == []
    cloud.post("/rest/api/2/issue/bulkfetch", issueIdsOrKeys=[str(n) for n in range(101)])
    assert cloud.status == 400


def test_bulk_histories_come_by_date_and_are_split_across_pages(site, cloud):
    keys = [issue.key for issue in site.issues.values()]
    body = {"issueIdsOrKeys": keys, "fieldIds": ["status"], "maxResults": 17}
    logs = cloud.walk("/rest/api/2/changelog/bulkfetch", "issueChangeLogs", **body)
    assert len({log["issueId"] for log in logs}) < len(logs)
    entries = [entry for log in logs for entry in log["changeHistories"]]
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert all(isinstance(entry["created"], int) for entry in entries)
    assert {item["fieldId"] for entry in entries for item in entry["items"]} == {"status"}
    expected = [h for issue in site.issues.values() for h in issue.history if any(i.field == "status" for i in h.items)]
    assert len(entries) == len(expected)
    cloud.post("/rest/api/2/changelog/bulkfetch", issueIdsOrKeys=keys, fieldIds=[str(n) for n in range(11)])
    assert cloud.status == 400


def test_embedded_worklogs_stop_at_twenty(cloud):
    key = cloud.keys('summary ~ "Pay with Apple Pay on the phone"')[0]
    embedded = cloud.get(f"/rest/api/2/issue/{key}", fields="worklog")["fields"]["worklog"]
    assert (len(embedded["worklogs"]), embedded["total"]) == (20, 24)
    assert len(cloud.get(f"/rest/api/2/issue/{key}/worklog")["worklogs"]) == 24


def test_expanded_history_is_cut_at_forty_on_cloud_and_whole_on_data_center(cloud, center):
    for caller, path, size in ((cloud, "", 40), (center, "/jira", 60)):
        for number in range(60):
            caller.site.edit("PAY-5", duedate=f"2026-06-{number % 28 + 1:02}")
        log = caller.get(f"{path}/rest/api/2/issue/PAY-5", expand="changelog")["changelog"]
        assert log["total"] == len(caller.site.issue("PAY-5").history)
        assert len(log["histories"]) >= size if size == 60 else len(log["histories"]) == size
    page = cloud.get("/rest/api/2/issue/PAY-5/changelog", startAt=50)
    assert page["isLast"] is True
    assert len(page["values"]) == page["total"] - 50


# Data Center


def test_data_center_pages_by_offset_inside_a_window(center):
    found = center.get("/jira/rest/api/2/search", jql="project = PAY ORDER BY key", startAt=10, maxResults=5000)
    assert found["maxResults"] == 1000
    assert found["issues"][0]["key"] == "PAY-11"
    assert found["total"] == len(found["issues"]) + 10
    assert "Search limit exceeded" in error(
        center.get("/jira/rest/api/2/search", jql="", startAt=9_900, maxResults=200)
    )
    assert center.status == 500


def test_data_center_has_no_bulk_endpoints(center):
    for path in ("issue/bulkfetch", "changelog/bulkfetch", "search/approximate-count", "search/jql"):
        center.post(f"/jira/rest/api/2/{path}", issueIdsOrKeys=["PAY-1"])
        assert center.status == 404


def test_data_center_writes_sprints_as_strings_and_epics_as_links(center):
    fields = center.get("/jira/rest/api/2/issue/PAY-9")["fields"]
    assert fields["customfield_10020"][0].startswith("com.atlassian.greenhopper.service.sprint.Sprint@")
    assert "state=CLOSED,name=PAY Sprint 1," in fields["customfield_10020"][0]
    assert fields["customfield_10014"] == "PAY-1"
    assert fields["parent"] is None
    assert fields["assignee"]["name"]
    assert "accountId" not in fields["assignee"]
    assert "fields" in center.get("/jira/rest/api/2/search", jql="key = PAY-1", fields="id")["issues"][0]


def test_histories_have_field_ids_on_cloud_only(cloud, center):
    for caller, path in ((cloud, ""), (center, "/jira")):
        log = caller.get(f"{path}/rest/api/2/issue/PAY-9", expand="changelog")["changelog"]["histories"]
        items = [item for entry in log for item in entry["items"]]
        assert all(("fieldId" in item) is caller.site.cloud for item in items)


# Small tables


def test_wiki_text_in_version_2_documents_in_version_3(cloud):
    assert cloud.get("/rest/api/2/issue/PAY-5")["fields"]["description"].startswith("As a first-time visitor")
    assert cloud.get("/rest/api/3/issue/PAY-5")["fields"]["description"]["type"] == "doc"


def test_boards_have_filters_columns_and_only_scrum_has_sprints(cloud):
    boards = cloud.get("/rest/agile/1.0/board", projectKeyOrId="PAY")["values"]
    assert [board["type"] for board in boards] == ["scrum"]
    setup = cloud.get("/rest/agile/1.0/board/1/configuration")
    assert setup["estimation"]["field"]["fieldId"] == "customfield_10036"
    assert cloud.get(f"/rest/api/2/filter/{setup['filter']['id']}")["jql"] == "project = PAY ORDER BY Rank ASC"
    states = [sprint["state"] for sprint in cloud.get("/rest/agile/1.0/board/1/sprint")["values"]]
    assert states == ["closed"] * 5 + ["active"]
    assert len(cloud.get("/rest/agile/1.0/board/1/sprint", state="active")["values"]) == 1
    assert error(cloud.get("/rest/agile/1.0/board/2/sprint")) == "The board does not support sprints"
    assert cloud.status == 400


def test_times_follow_the_readers_zone():
    cloud = Caller(JiraSite(ANCHOR, user_zone="America/Los_Angeles"))
    created = cloud.get("/rest/api/2/issue/PAY-1")["fields"]["created"]
    assert created.endswith("-0800")
    assert datetime.strptime(created, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000 == cloud.site.issue("PAY-1").created


# What users do


def test_every_change_is_later_than_the_one_before(site):
    stamps = [site.edit("PAY-5", summary=f"Title {n}").updated for n in range(5)]
    assert stamps == sorted(set(stamps))


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(site, cloud):
    id = str(site.issue("PAY-5").id)
    site.move("PAY-5", "WEB")
    moved = cloud.get("/rest/api/2/issue/PAY-5")
    assert (moved["id"], moved["key"][:4]) == (id, "WEB-")
    items = cloud.get(f"/rest/api/2/issue/{id}/changelog")["values"][-1]["items"]
    assert [(item["field"], item["fromString"], item["toString"]) for item in items] == [
        ("project", "Payments", "Web shop"),
        ("Key", "PAY-5", moved["key"]),
    ]
    assert id not in {issue["id"] for issue in cloud.search("project = PAY", ["id"])}


def test_archived_issues_leave_search_but_can_be_read(site, cloud):
    site.archive("PAY-5")
    assert "PAY-5" not in cloud.keys("project = PAY")
    assert cloud.get("/rest/api/2/issue/PAY-5")["key"] == "PAY-5"


def test_hidden_and_deleted_look_the_same(site, cloud):
    site.restrict("PAY-5")
    site.delete("PAY-6")
    answers = [cloud.get(f"/rest/api/2/issue/{key}") for key in ("PAY-5", "PAY-6")]
    assert answers[0] == answers[1]
    assert cloud.status == 404
    site.restrict("PAY-5", hidden=False)
    assert cloud.get("/rest/api/2/issue/PAY-5")["key"] == "PAY-5"


def test_a_hidden_project_is_unknown(site, cloud):
    site.restrict("WEB")
    assert [row["key"] for row in cloud.get("/rest/api/2/project/search")["values"]] == ["PAY"]
    assert "does not exist for the field 'project'" in error(cloud.post("/rest/api/2/search/jql", jql="project = WEB"))
    assert [row["name"] for row in cloud.get("/rest/agile/1.0/board")["values"]] == ["PAY board"]
    assert cloud.keys("updated > 0") == cloud.keys("project = PAY") != []


def test_renames_touch_no_issue(site, cloud):
    before = cloud.get("/rest/api/2/issue/PAY-9")["fields"]
    site.rename("sprint", "PAY Sprint 1", "The first")
    site.rename("status", "Done", "Finished")
    site.rename_key("PAY", "MONEY")
    after = cloud.get("/rest/api/2/issue/PAY-9")
    assert after["key"] == "MONEY-9"
    assert after["fields"]["updated"] == before["updated"]
    assert after["fields"]["customfield_10020"][0]["name"] == "The first"
    assert after["fields"]["status"]["name"] == "Finished"
    assert cloud.keys("key = PAY-9") == ["MONEY-9"]


def test_deleting_a_parent_takes_its_subtasks_and_links_along(site, cloud):
    child = site.create("PAY", "Sub-task", "Part", by="mei", parent="PAY-9").key
    site.link("PAY-9", "Blocks", "PAY-10")
    assert cloud.get("/rest/api/2/issue/PAY-10")["fields"]["issuelinks"][0]["inwardIssue"]["key"] == "PAY-9"
    site.delete("PAY-9")
    assert site.issue(child) is None
    assert cloud.get("/rest/api/2/issue/PAY-10")["fields"]["issuelinks"] == []
    site.delete("PAY-1")
    site.edit("PAY-10", parent=None)


def test_both_ends_of_a_link_say_the_same_id(site, cloud):
    site.link("PAY-9", "Blocks", "PAY-10")
    ends = [cloud.get(f"/rest/api/2/issue/{key}")["fields"]["issuelinks"][0] for key in ("PAY-9", "PAY-10")]
    assert ends[0]["id"] == ends[1]["id"]
    assert ends[0]["outwardIssue"]["key"] == "PAY-10"


def test_sprints_are_joined_left_and_logged(site):
    site.add_to_sprint("PAY-9", "PAY Sprint 6")
    item = site.issue("PAY-9").history[-1].items[0]
    assert (item.before_id, item.after_id) == ("1, 2", "1, 2, 6")
    site.remove_from_sprint("PAY-9", "PAY Sprint 6")
    assert site.issue("PAY-9").values["sprint"] == ("1", "2")


def test_reopening_clears_the_resolution(site, cloud):
    site.transition("PAY-9", "In Progress")
    fields = cloud.get("/rest/api/2/issue/PAY-9")["fields"]
    assert fields["resolution"] is None
    assert fields["resolutiondate"] is None
    assert [item.field for item in site.issue("PAY-9").history[-1].items] == ["status", "resolution"]


def test_an_issue_has_a_page_for_browsers(site):
    stranger = Caller(site, "")
    page = stranger.get("/browse/PAY-1").decode()
    assert "<h1>PAY-1 " in page
    assert "<script>" not in stranger.get("/browse/PAY-83").decode()
    stranger.get("/browse/PAY-9999")
    assert stranger.status == 404
