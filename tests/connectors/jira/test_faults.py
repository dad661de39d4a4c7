"""What networks and servers do. After any of it the next clean run makes the store equal to one without faults."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import msgspec
import pytest

from connectors.jira.conftest import CONTEXT, World, world
from connectors.jira.truth import assert_equal
from fakes import FakeStore
from pmsync.config import JiraSource
from pmsync.connectors.jira import connect
from pmsync.demo.server import Cut, Request, Response, json_response
from pmsync.errors import SourceError, UnreachableError
from pmsync.model import Field, TextFormat

Answer = Response | Cut | None
SEARCHES = ("/search/jql", "/rest/api/2/search")


def times(count: int, answer: Answer, *paths: str) -> Callable[[Request], Answer]:
    """This answer to the first requests for these paths, then the site's own."""
    left = [count]

    def fault(request: Request) -> Answer:
        if left[0] and (not paths or request.path.endswith(paths)):
            left[0] -= 1
            return answer
        return None

    return fault


def changed(here: World, path: str, change: Callable[[Any, Request], None]) -> Callable[[Request], Answer]:
    """The site's answers for a path, changed on the way."""

    def fault(request: Request) -> Answer:
        if not request.path.endswith(path):
            return None
        answer = here.site.handle(request)
        body = msgspec.json.decode(answer.body)
        change(body, request)
        return Response(status=answer.status, headers=answer.headers, body=msgspec.json.encode(body))

    return fault


def limited(after: str | None, *, page: bool = False) -> Response:
    headers = {"Retry-After": after} if after is not None else {}
    kind = {"content-type": "text/html"} if page else {"content-type": "application/json"}
    return Response(
        status=429, headers={**headers, **kind}, body=b"<html>slow down</html>" if page else b'{"status":429}'
    )


LATER = format_datetime(datetime(2026, 5, 4, 8, 0, 9).astimezone(), usegmt=False)
SURVIVED = {
    "429 with Retry-After 0": limited("0"),
    "429 with Retry-After 1.5": limited("1.5"),
    "429 with a date": limited(LATER),
    "429 with nothing": limited(None),
    "429 as a page": limited("2", page=True),
    "503 without a header": Response(status=503, body=b"<html>overloaded</html>"),
    "503 with Retry-After": Response(status=503, headers={"Retry-After": "3"}),
    "500": json_response({"errorMessage": "internal"}, 500),
    "502 page": Response(status=502, headers={"content-type": "text/html"}, body=b"<html>bad gateway</html>"),
    "408": Response(status=408),
    "cut before the headers end": Cut(0),
    "cut in the body": Cut(40),
    "half the JSON": Response(headers={"content-type": "application/json"}, body=b'{"issues":[{"id":"10'),
}


@pytest.mark.parametrize("place", ["myself", "board", "search/jql", "bulkfetch"])
@pytest.mark.parametrize("name", SURVIVED)
def test_one_run_survives(small, no_waiting, name, place):
    """A passing fault is not even noticed: the read is tried again."""
    small.site.fault = times(2, SURVIVED[name], place)
    assert_equal(FakeStore().sync(small.connector()), small.site)


@pytest.mark.parametrize("name", SURVIVED)
def test_data_center_survives(datacenter, no_waiting, name):
    datacenter.site.fault = times(3, SURVIVED[name], "search")
    assert_equal(FakeStore().sync(datacenter.connector()), datacenter.site)


def test_a_slow_answer_is_unreachable(cloud, monkeypatch, no_waiting):
    wake = threading.Event()
    connector = cloud.connector()
    connector._client._both()[1]._timeout = (1, 0.1)
    cloud.site.fault = lambda _: (wake.wait(3), None)[1]
    with pytest.raises(UnreachableError, match=r"no answer within|broke off"):
        FakeStore().sync(connector)
    wake.set()


class Stalling(StreamRequestHandler):
    """Sends the beginning of an answer, and then nothing more."""

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{")
        self.rfile.read()


def test_a_body_that_stalls_is_unreachable(no_waiting):
    with ThreadingTCPServer(("127.0.0.1", 0), Stalling) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        connector = connect("shop", JiraSource(url=f"http://127.0.0.1:{server.server_address[1]}", token="t"), CONTEXT)
        connector._client._both()[1]._timeout = (1, 0.1)
        with pytest.raises(UnreachableError, match="serverInfo: the connection failed or broke off"):
            FakeStore().sync(connector)
        assert connector.requests == 4
        connector.close()
        server.shutdown()


def test_a_token_that_repeats_is_an_error(cloud):
    def same(body: Any, _: Request) -> None:
        body.update(isLast=False, nextPageToken="again")

    first = changed(cloud, "search/jql", same)
    cloud.site.fault = lambda request: (
        first(Request(method="POST", path=request.path, headers=request.headers, body=_without_token(request)))
        if request.path.endswith("search/jql")
        else None
    )
    with pytest.raises(SourceError, match="same page again and again"):
        FakeStore().sync(cloud.connector())


def _without_token(request: Request) -> bytes:
    body = request.json()
    body.pop("nextPageToken", None)
    return msgspec.json.encode(body)


def small_pages(size: int) -> Callable[[Request], Request]:
    def smaller(request: Request) -> Request:
        return Request(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=msgspec.json.encode({**request.json(), "maxResults": size}),
        )

    return smaller


def test_short_and_empty_pages_and_a_missing_is_last(cloud):
    """Pages are as short as the server likes, some are empty, and the last is known by its missing token."""
    count = [0]
    smaller = small_pages(3)

    def fault(request: Request) -> Answer:
        if not request.path.endswith("search/jql"):
            return None
        count[0] += 1
        token = request.json().get("nextPageToken")
        if count[0] % 4 == 2 and not (token or "").startswith("empty"):  # two walks take turns
            return json_response({"issues": [], "nextPageToken": f"empty-{count[0]}-{token}"})
        real = token.split("-", 2)[2] if token and token.startswith("empty") else token
        asked = {**request.json(), "nextPageToken": None if real == "None" else real}
        answer = cloud.site.handle(smaller(Request(**{**_parts(request), "body": msgspec.json.encode(asked)})))
        body = msgspec.json.decode(answer.body)
        body.pop("isLast", None)
        return json_response(body)

    cloud.site.fault = fault
    assert_equal(FakeStore().sync(cloud.connector()), cloud.site)
    assert count[0] > 40


def _parts(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in ("method", "path", "query", "headers", "body")}


def test_an_expired_token_starts_the_walk_again(cloud):
    smaller, count = small_pages(20), [0]

    def fault(request: Request) -> Answer:
        if not request.path.endswith("search/jql"):
            return None
        count[0] += 1
        if count[0] == 3:
            return json_response({"errorMessages": ["The provided next page token is invalid or expired."]}, 400)
        return cloud.site.handle(smaller(request))

    cloud.site.fault = fault
    assert_equal(FakeStore().sync(cloud.connector()), cloud.site)


def test_a_walk_that_ends_early_is_noticed_by_the_count(cloud):
    """Page one says it is the last: the count tells, the list is read again, and nothing is missing."""
    smaller, count = small_pages(20), [0]

    def fault(request: Request) -> Answer:
        count[0] += request.path.endswith("search/jql")
        if count[0] != 1 or not request.path.endswith("search/jql"):
            return None
        body = msgspec.json.decode(cloud.site.handle(smaller(request)).body)
        return json_response({"issues": body["issues"], "isLast": True})

    cloud.site.fault = fault
    store = FakeStore().sync(cloud.connector())
    assert_equal(store, cloud.site)
    assert not store.problems


def test_a_lasting_miscount_is_a_problem(cloud):
    cloud.site.fault = changed(cloud, "approximate-count", lambda body, _: body.update(count=body["count"] + 3))
    store = FakeStore().sync(cloud.connector())
    assert "counts 141 issues in scope and lists 138" in str(store.problems[0])
    assert store.expected == 141


def test_issues_that_fail_for_the_moment_come_next_time(cloud):
    def fail(body: Any, _: Request) -> None:
        failed = body["issues"].pop(0)
        body["issueErrors"] = [{"id": failed["id"], "errorMessage": "try again"}]

    cloud.site.fault = changed(cloud, "issue/bulkfetch", fail)
    store = FakeStore().sync(cloud.connector())
    assert "could not be read" in str(store.problems[0])
    assert len(store.here()) < 138
    cloud.site.fault = None
    assert_equal(store.sync(cloud.connector()), cloud.site)


def test_rows_that_move_while_data_center_pages_are_not_skipped(datacenter, monkeypatch):
    """Rows before the place of reading are deleted and updated between pages; offsets would skip others."""
    site, count = datacenter.site, [0]
    smaller = small_pages(10)

    def fault(request: Request) -> Answer:
        if (
            not request.path.endswith("/2/search")
            or "id in" in request.json().get("jql", "")
            or not request.json()["maxResults"]
        ):
            return None
        count[0] += 1
        if count[0] in {2, 4}:
            first = min(site.issues.values(), key=lambda issue: issue.created)
            site.delete(first.key)
        if count[0] == 3:
            site.edit(min(site.issues.values(), key=lambda issue: issue.created).key, summary="Moved to the end")
        return site.handle(smaller(request))

    site.fault = fault
    store = FakeStore().sync(datacenter.connector())
    missing = {str(id) for id in site.issues} - store.items.keys()
    assert missing == set()
    assert count[0] > 10


def test_data_center_never_reaches_the_result_window(monkeypatch):
    """A server that refuses rows beyond the 40th of a query still gives all 138."""
    with world("datacenter") as here:
        smaller = small_pages(20)

        def fault(request: Request) -> Answer:
            asked = request.json() if request.path.endswith("/2/search") else {}
            if not asked.get("maxResults") or "id in" in asked["jql"]:
                return None
            if asked["startAt"] + 20 > 40:
                return json_response({"errorMessages": ["Search limit exceeded."]}, 500)
            return here.site.handle(smaller(request))

        here.site.fault = fault
        assert_equal(FakeStore().sync(here.connector()), here.site)


def test_long_issues_are_read_whole(both):
    """Past the 20 comments and worklogs and the 40 changes that come with an issue; histories split across pages."""
    site = both.site
    key = next(iter(site.issues.values())).key
    for number in range(60):
        both.clock.pass_by(minutes=1)
        site.edit(key, summary=f"Title {number}")
        site.comment(key, f"Comment {number}")
        site.log_work(key, 60)
    both.site.fault = _smaller_histories(both)
    store = FakeStore().sync(both.connector())
    assert_equal(store, site)
    item = next(item for item in store.items.values() if item.key == key)
    titles = [change.after for change in store.changes[item.id].values() if change.field is Field.TITLE]
    assert titles == [f"Title {number}" for number in range(60)]
    assert (len(item.comments) >= 60, len(item.worklogs) >= 60) == (True, True)


def _smaller_histories(here: World) -> Callable[[Request], Answer]:
    smaller = small_pages(7)
    return lambda request: here.site.handle(smaller(request)) if request.path.endswith("changelog/bulkfetch") else None


NASTY = "emoji 😀 \x00 nul\r\ncrlf \u2028 " + "x" * 40_000


@pytest.mark.parametrize("api", ["wiki", "adf"])
def test_text_of_any_kind(cloud, api):
    key = next(iter(cloud.site.issues.values())).key
    cloud.site.edit(key, summary=NASTY[:200], description=NASTY)

    def to_adf(body: Any, _: Request) -> None:
        for issue in body["issues"]:
            words = issue["fields"]["description"]
            paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
            issue["fields"]["description"] = words and {"type": "doc", "version": 1, "content": [paragraph]}

    if api == "adf":
        cloud.site.fault = changed(cloud, "issue/bulkfetch", to_adf)
    store = FakeStore().sync(cloud.connector())
    item = next(item for item in store.items.values() if item.key == key)
    assert item.description_format is (TextFormat.ADF if api == "adf" else TextFormat.WIKI)
    assert "\x00" not in item.description + item.title
    assert "😀" in item.description
    assert "x" * 40_000 in item.description
    assert "crlf" in item.description


def test_addresses_in_answers_are_never_followed(cloud):
    """`self` in gateway form: with our credentials in it, a request to that host would be the end."""

    def gateway(body: Any, _: Request) -> None:
        for issue in body["issues"]:
            issue["self"] = f"https://api.atlassian.com/ex/jira/1/rest/api/2/issue/{issue['id']}"

    cloud.site.fault = changed(cloud, "issue/bulkfetch", gateway)
    assert_equal(FakeStore().sync(cloud.connector()), cloud.site)


def test_a_board_without_sprints_and_one_without_a_shared_filter(cloud):
    refused = json_response({"errorMessages": ["The board does not support sprints"]}, 400)
    hidden = json_response({"errorMessages": ["The selected filter is not available to you."]}, 400)
    cloud.site.fault = lambda request: (
        refused if request.path.endswith("/sprint") else hidden if "/filter/" in request.path else None
    )
    store = FakeStore().sync(cloud.connector(boards=("1",)))
    assert {item.project_id for item in store.items.values()} == {"10000"}
    assert "not shared" in str(store.problems[0])


def test_a_permission_that_comes_and_goes(both):
    """Hidden issues leave the store's view and come back whole."""
    store = FakeStore().sync(both.connector())
    keys = [issue.key for issue in list(both.site.issues.values())[:5]]
    for key in keys:
        both.site.restrict(key)
    assert_equal(store.sync(both.connector()), both.site)
    for key in keys:
        both.site.restrict(key, hidden=False)
    assert_equal(store.sync(both.connector()), both.site)
    assert {item.key for item in store.here().values()} >= set(keys)


def test_index_lag_does_not_lose_what_was_edited_just_before_a_run():
    with world(index_lag=timedelta(minutes=4)) as here:
        here.clock.pass_by(minutes=5)
        store = FakeStore().sync(here.connector())
        key = next(iter(here.site.issues.values())).key
        here.site.edit(key, summary="Edited")
        here.site.create("PAY", "Task", "Created", by="petra")
        store.sync(here.connector())
        here.clock.pass_by(minutes=5)
        assert_equal(store.sync(here.connector()), here.site)
