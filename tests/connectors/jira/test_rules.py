"""What a Jira must be asked, and how: seen in the requests themselves."""

import re
from threading import Event
from typing import Any

import jira.resources
import msgspec
import pytest

from connectors.jira.conftest import ANCHOR, World, small_pages, world
from connectors.jira.truth import assert_equal
from fakes import FakeStore
from pmsync.demo.jira.crowd import generate
from pmsync.demo.server import Request, Response
from pmsync.model import Presence

OVERLAP = 600_000  # ms


def listened(here: World) -> list[Request]:
    """Every request from now on."""
    found: list[Request] = []
    here.site.fault = found.append  # type: ignore[assignment]
    return found


def queries(requests: list[Request]) -> list[str]:
    return [request.json()["jql"] for request in requests if request.method == "POST" and "jql" in request.json()]


def test_the_server_says_which_kind_it_is(both: World) -> None:
    """The same address, another answer of `serverInfo`: other endpoints, the same store."""
    asked = listened(both)
    assert_equal(FakeStore().sync(both.connector()), both.site)
    ends = {request.path.rpartition("/api/2/")[2] for request in asked}
    ours = {"search/jql", "search/approximate-count", "issue/bulkfetch", "project/search", "filter/search"}
    assert ends & {*ours, "search", "project"} == (ours if both.site.cloud else {"search", "project"})


def test_ids_come_first_and_bodies_by_the_hundred() -> None:
    with world(fill=generate(450)) as here:
        asked = listened(here)
        FakeStore().sync(here.connector())
        walks = [request.json() for request in asked if request.path.endswith("search/jql")]
        sizes = [len(request.json()["issueIdsOrKeys"]) for request in asked if request.path.endswith("bulkfetch")]
    assert [(walk["fields"], walk["maxResults"]) for walk in walks] == [(["id"], 5000)] * 2  # projects side by side
    assert sorted(sizes) == [50, 100, 100, 100, 100]


def test_a_first_run_fetches_issues_before_the_last_is_listed_and_boards_are_known(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filters of boards are answered after a list of issues was asked for, the last list after bodies were."""
    small_pages(monkeypatch, issues=5)
    seen = {"search/jql": Event(), "bulkfetch": Event()}

    def hold(request: Request) -> None:
        """Nobody waits for longer than ten seconds: then the order is wrong."""
        end = request.path.rpartition("/api/2/")[2]
        if end == "filter/search":
            assert seen["search/jql"].wait(10)
        if end == "search/jql" and "project in (10001)" in request.json()["jql"]:
            assert seen["bulkfetch"].wait(10)
        for name, event in seen.items():
            if end.endswith(name):
                event.set()

    cloud.site.fault = hold  # type: ignore[assignment]
    assert_equal(FakeStore().sync(cloud.connector()), cloud.site)


def test_time_in_queries_has_no_zone_and_no_end(both: World) -> None:
    """Epoch milliseconds, unquoted, from the start of the last run less the overlap, whatever came back."""
    store = FakeStore().sync(both.connector())
    both.clock.pass_by(hours=3)
    both.site.edit("PAY-5", summary="Late")
    asked = listened(both)
    both.clock.pass_by(hours=3)
    store.sync(both.connector())
    changed = [jql for jql in queries(asked) if "updated" in jql]
    assert changed
    assert {int(found) for jql in changed for found in re.findall(r"updated >= (\d+)", jql)} == {
        int(ANCHOR.timestamp() * 1000) - OVERLAP
    }
    assert not [jql for jql in queries(asked) if re.search(r"updated *<|\d-\d|/|now\(|-\d+m", jql)]


@pytest.mark.parametrize("scope", [{}, {"projects": ("PAY",)}, {"boards": ("PAY board", "WEB board")}])
@pytest.mark.parametrize("jql", ["project = WEB", "labels is not EMPTY"])
def test_a_sync_of_nothing_new_costs_twelve_requests_and_two_a_board(
    cloud: World, scope: dict[str, tuple[str, ...]], jql: str
) -> None:
    """Whatever the boards' filters say; on Data Center each filter costs one more, as no request has them all."""
    cloud.site.refilter("2", jql)
    store = FakeStore().sync(cloud.connector(**scope))
    assert_equal(store, cloud.site, **{name: ("10000",) if name == "projects" else ("1", "2") for name in scope})
    cloud.clock.pass_by(hours=1)
    connector = cloud.connector(**scope)
    assert store.sync(connector).written == []
    assert connector.requests <= 12 + 2 * (1 if "projects" in scope else 2)


def test_no_page_is_ordered_by_what_changes(both: World) -> None:
    store, asked = FakeStore().sync(both.connector()), listened(both)
    store.sync(both.connector(), full=True, sweep=True)
    orders = {jql.partition(" ORDER BY ")[2] for jql in queries(asked)} - {""}
    assert orders == ({"key ASC"} if both.site.cloud else {"created ASC, key ASC", "key ASC"})


def test_what_the_overlap_lists_again_is_not_fetched_again(both: World) -> None:
    both.site.edit("PAY-5", summary="Just now")
    store, asked = FakeStore().sync(both.connector()), listened(both)
    store.sync(both.connector())
    assert store.written == []
    assert not [request for request in asked if "changelog" in request.body.decode()]


def test_the_librarys_objects_are_never_made(both: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object) -> None:
        raise AssertionError("a resource of the library was made")

    monkeypatch.setattr(jira.resources.Resource, "__init__", made)
    assert_equal(FakeStore().sync(both.connector()), both.site)


def without(here: World, keys: set[str], *paths: str) -> Any:
    """Answers that leave these issues out, as an index or a node does that has not heard of them."""

    def strike(request: Request) -> Response | None:
        if not request.path.endswith(paths):
            return None
        answer = here.site.handle(request)
        body = msgspec.json.decode(answer.body)
        ids = {str(here.site.keys[key]) for key in keys}
        body["issues"] = [issue for issue in body["issues"] if issue["id"] not in ids]
        return Response(status=answer.status, headers=answer.headers, body=msgspec.json.encode(body))

    return strike


@pytest.mark.parametrize("paths", [("search/jql",), ("bulkfetch",), ("search/jql", "bulkfetch")])
def test_nothing_is_gone_that_any_answer_still_shows(cloud: World, paths: tuple[str, ...]) -> None:
    """Left out of a list, or of the answer by id, or both: `GET issue` has it, so it is not deleted."""
    store = FakeStore().sync(cloud.connector())
    cloud.site.fault = without(cloud, {"PAY-5", "PAY-6"}, *paths)
    store.sync(cloud.connector(), sweep=True)
    assert Presence.GONE not in {item.presence for item in store.items.values()}
    cloud.site.fault = None
    assert_equal(store.sync(cloud.connector(), sweep=True), cloud.site)


def test_a_change_that_a_search_left_out_for_a_moment_is_found_by_the_next_sweep(cloud: World) -> None:
    """A day later the overlap is long over: only comparing all that changed since the last sweep can tell."""
    store = FakeStore().sync(cloud.connector())
    cloud.clock.pass_by(hours=1)
    cloud.site.edit("PAY-5", summary="Edited")
    cloud.site.fault = without(cloud, {"PAY-5"}, "search/jql")
    store.sync(cloud.connector())
    cloud.site.fault = None
    cloud.clock.pass_by(days=1)
    assert_equal(store.sync(cloud.connector()), cloud.site)


def test_a_project_out_of_sight_hides_its_issues_and_no_others(both: World) -> None:
    """What is deleted later, in a project that is in sight, is gone and not hidden."""
    store = FakeStore().sync(both.connector())
    web = {id for id, item in store.items.items() if item.project_id == "10001"}
    both.site.restrict("WEB")
    store.sync(both.connector())
    assert {id for id, item in store.items.items() if item.presence is Presence.HIDDEN} == web
    both.site.delete("PAY-5")
    store.sync(both.connector())
    gone = {item.key for item in store.items.values() if item.presence is Presence.GONE}
    assert gone == {"PAY-5", "PAY-15", "PAY-16"}  # with its sub-tasks
    both.site.restrict("WEB", hidden=False)
    assert_equal(store.sync(both.connector()), both.site)


def test_a_forbidden_issue_is_hidden(both: World) -> None:
    """Where the server is so honest as to say it."""
    store = FakeStore().sync(both.connector())
    number = both.site.keys["PAY-5"]
    both.site.restrict("PAY-5")
    refused = Response(status=403, headers={"content-type": "application/json"}, body=b'{"errorMessages":["no"]}')
    both.site.fault = lambda request: refused if request.path.endswith(f"issue/{number}") else None
    store.sync(both.connector())
    assert store.items[str(number)].presence is Presence.HIDDEN


def test_an_issue_out_of_sight_while_a_full_run_passed_is_read_when_it_is_back(
    both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its project was re-keyed meanwhile, which moves no `updated`: only reading it again tells its new key."""
    small_pages(monkeypatch, issues=5)
    store = FakeStore().sync(both.connector())
    early = min(both.site.issues.values(), key=lambda issue: issue.id)
    both.clock.pass_by(minutes=1)
    both.site.rename_key(early.values["project"], "CASH")
    early.hidden = True
    store.sync(both.connector(), pages=6)
    early.hidden = False
    both.site.cache.clear()
    both.clock.pass_by(minutes=1)
    assert_equal(store.sync(both.connector()), both.site)
