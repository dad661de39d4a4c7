"""Answers that end a run: each becomes one sentence that names the source, the cause and the remedy.

The next clean run completes what they cut short.
"""

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from connectors.jira.conftest import CONTEXT, World, small_pages, world
from connectors.jira.test_faults import SURVIVED, Answer, limited, times
from connectors.jira.truth import assert_equal
from fakes import FakeStore
from faults import HTML, LOGIN_PAGE, captcha, removed
from pmsync.config import JiraSource
from pmsync.connectors.interface import Context
from pmsync.connectors.jira import connect
from pmsync.demo.jira.crowd import generate
from pmsync.demo.jira.site import TOKEN
from pmsync.demo.server import Request, Response, json_response
from pmsync.errors import CredentialsError, PmsyncError, ScopeError, SourceError, UnreachableError


def said(status: int, *messages: str, **headers: str) -> Response:
    """A refusal in Jira's envelope."""
    return json_response({"errorMessages": messages, "errors": {}}, status, headers)


def answer(fault: object) -> Response:
    made = fault(None)  # type: ignore[operator]
    assert isinstance(made, Response)
    return made


UNSUPPORTED = {"title": "Unsupported Media Type", "detail": "Content-Type 'null' is not supported."}
LIMIT = "Search limit exceeded: it requests 10,100 results which exceeded the search platform limit of 10,000"
REFUSED: dict[str, tuple[Response, type[PmsyncError], str]] = {
    "asked to wait too long": (limited("1847"), UnreachableError, "wait 1847 s, more than max_wait"),
    "a login page": (Response(headers=HTML, body=LOGIN_PAGE), SourceError, "a web page instead of data"),
    "a redirect to a login": (Response(status=302, headers={"location": "https://sso.example/x"}), SourceError, "sso"),
    "removed": (answer(removed()), SourceError, "410.*removed"),
    "forbidden": (said(403, "You do not have permission."), SourceError, "permission"),
    "missing or hidden": (said(404, "Issue does not exist or you may not see it."), SourceError, "404.*does not exist"),
    "unsupported": (json_response(UNSUPPORTED, 415), SourceError, "415.*Content-Type 'null'"),
    "nobody, as a page": (
        Response(status=401, headers=HTML, body=b"Client must be authenticated to access this resource."),
        CredentialsError,
        "refused the credentials",
    ),
    "nobody, as JSON": (
        json_response({"message": "Client must be authenticated.", "status-code": 401}, 401),
        CredentialsError,
        "must be authenticated",
    ),
    "scope missing": (
        json_response({"code": 401, "message": "Unauthorized; scope does not match"}, 401),
        CredentialsError,
        "scope does not match",
    ),
    "token died": (
        json_response({"issues": [], "isLast": True}, headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}),
        CredentialsError,
        "shows what anybody may see",
    ),
    "captcha": (answer(captcha()), CredentialsError, "CAPTCHA"),
    "dead for good": (Response(status=503), UnreachableError, "503"),
    "overloaded": (json_response({"errorMessage": "The node is busy."}, 503), UnreachableError, "The node is busy"),
    "the edge": (Response(status=504, headers=HTML, body=b"<html>upstream</html>"), UnreachableError, "504"),
    "beyond the window": (said(500, LIMIT), UnreachableError, "exceeded the search platform limit of 10,000"),
}


@pytest.mark.parametrize("place", ["search/jql", "issue/bulkfetch", "approximate-count"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_run_that_fails_is_completed_by_the_next(small, no_waiting, name, place, monkeypatch):
    small_pages(monkeypatch, issues=10, requests=4)
    refusal, error, words = REFUSED[name]
    asked = [0]

    def fault(request: Request) -> Answer:
        asked[0] += request.path.endswith(place)
        return refusal if request.path.endswith(place) and (asked[0] > 2 or place != "issue/bulkfetch") else None

    small.site.fault = fault
    store = FakeStore()
    with pytest.raises(error, match=words) as caught:
        store.sync(small.connector())
    assert caught.value.message.startswith("shop: ")
    assert caught.value.hint or error is SourceError
    assert "\n" not in caught.value.message
    assert not isinstance(caught.value, CredentialsError) or error is CredentialsError
    assert store.watermark is None
    small.site.fault = None
    assert_equal(store.sync(small.connector()), small.site)


@pytest.fixture(scope="module")
def long_issue():
    """Few issues, one of which is cut everywhere, so that every kind of request is sent."""
    with world(fill=generate(12)) as here:
        key = next(iter(here.site.issues.values())).key
        for number in range(41):
            here.site.edit(key, summary=f"Title {number}")
            here.site.comment(key, "words")
            here.site.log_work(key, 60)
        yield here


@pytest.mark.parametrize("name", ["dead for good", "token died"])
@pytest.mark.parametrize(
    "place",
    [
        *("serverInfo", "myself", "field", "status", "users/search", "project/search", "versions", "board"),
        *("configuration", "sprint", "search/jql", "issue/bulkfetch", "changelog/bulkfetch", "comment", "worklog"),
    ],
)
def test_whatever_is_refused_nothing_is_lost(long_issue, no_waiting, name, place):
    refusal, error, _ = REFUSED[name]
    here, store = long_issue, FakeStore()
    here.site.fault = lambda request: refusal if request.path.endswith(place) else None
    with pytest.raises(error):
        store.sync(here.connector())
    here.site.fault = None
    assert_equal(store.sync(here.connector()), here.site)


def test_captcha_stops_at_once(cloud):
    cloud.site.fault = times(99, REFUSED["captcha"][0])
    connector = cloud.connector()
    with pytest.raises(CredentialsError):
        FakeStore().sync(connector)
    assert connector.requests == 1


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_wrong_token_is_never_an_empty_tracker(deployment):
    with world(deployment) as here:
        store = FakeStore().sync(here.connector())
        with pytest.raises(CredentialsError):
            store.sync(here.connector(token="wrong"))
        assert_equal(store, here.site)


@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("foo = bar", "Field 'foo' does not exist"),
        ("(priority = High", r"Expecting '\)'"),
        ("project = FG", "The value 'FG' does not exist for the field 'project'"),
        ("priority = High 7", "but got '7'"),
    ],
)
def test_words_of_a_wrong_query_reach_the_reader(both, jql, words):
    with pytest.raises(ScopeError, match=words) as caught:
        FakeStore().sync(both.connector(jql=jql))
    assert caught.value.hint == f"correct `jql: {jql}` of sources.shop"


@pytest.mark.parametrize(
    "words",
    [
        "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        "The maxResults parameter must be between 1 and 5000, but was 0.",
    ],
)
def test_any_refused_query_is_told_in_the_words_of_the_server(cloud, words):
    cloud.site.fault = lambda request: said(400, words) if request.path.endswith("search/jql") else None
    with pytest.raises(ScopeError, match=words):
        FakeStore().sync(cloud.connector())


def test_a_refused_filter_is_named_by_its_board(both):
    """Of several boards that are asked together; and where it only says what is on a board, the rest goes on."""
    both.site.refilter("2", "colour = red")
    with pytest.raises(ScopeError, match="the query for board 'WEB board' is refused: Field 'colour'") as caught:
        FakeStore().sync(both.connector(boards=("1", "2")))
    assert caught.value.hint == "correct the board's filter"
    store = FakeStore().sync(both.connector())
    assert len(store.here()) == len(both.site.issues)
    assert [problem.where for problem in store.problems] == ["board WEB board"]


class AtOnce(Executor):
    """Runs what it is given when it is given, so that the order of requests is known."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def submit(self, call: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*args, **named))
        except Exception as error:
            done.set_exception(error)
        return done


def test_a_refused_query_ends_a_first_run_before_the_other_lists_are_fetched(both, monkeypatch):
    small_pages(monkeypatch, issues=10)
    monkeypatch.setattr("pmsync.connectors.jira.pull.ThreadPoolExecutor", AtOnce)
    asked: list[str] = []
    both.site.fault = lambda request: asked.append(f"{request.path} {request.query} {request.body!r}")
    both.site.refilter("1", "colour = red")
    store = FakeStore()
    with pytest.raises(ScopeError, match="the query for board 'PAY board' is refused"):
        store.sync(both.connector(boards=("1", "2")))
    assert any("colour" in one for one in asked)
    assert not store.here()
    assert not [one for one in asked if "bulkfetch" in one or "id in" in one]


@pytest.mark.parametrize(
    ("scope", "words"), [({"projects": ("PYA",)}, "PAY"), ({"boards": ("PAY bord",)}, "PAY board")]
)
def test_a_scope_that_is_not_there_is_named(both, scope, words):
    with pytest.raises(ScopeError) as caught:
        FakeStore().sync(both.connector(**scope))
    assert words in caught.value.hint


def test_what_is_no_jira_is_named(httpserver):
    httpserver.expect_request("/rest/api/2/serverInfo").respond_with_json({"hello": "world"})
    connector = connect("shop", JiraSource(url=httpserver.url_for("/"), token=TOKEN), CONTEXT)
    with pytest.raises(ScopeError, match="does not answer like a Jira"):
        FakeStore().sync(connector)
    connector.close()


def test_nothing_secret_is_said_in_a_faulty_run(cloud: World, no_waiting, caplog):
    """Everything that is raised or logged, at the most talkative level, while each fault happens."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    told = []
    echo = said(403, f"Bad token {TOKEN}", **{"Set-Cookie": "session=abc123"})
    for refusal in [*SURVIVED.values(), *(refusal for refusal, _, _ in REFUSED.values()), echo]:
        cloud.site.fault = times(99, refusal, "bulkfetch")
        try:
            FakeStore().sync(cloud.connector(context=Context(timezone=CONTEXT.timezone, max_wait=1)))
        except PmsyncError as error:
            told += ["".join(traceback.format_exception(error)), repr(error), error.hint]
    text = "\n".join(told) + caplog.text
    assert len(told) > 30
    for secret in (TOKEN, "ZGVtbzpkZW1v", "ZGVtb0BleGFtcGxlLm9yZzpkZW1vLXRva2Vu", "abc123", "login-form", "<html"):
        assert secret not in text
