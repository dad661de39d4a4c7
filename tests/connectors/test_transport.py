"""The transport against a real HTTP server: what is tried again, how long it waits, what it says and never says."""

import gzip
import json
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pmsync.connectors.transport import AnswerError, Pace, Transport, Window, redact, told_wait
from pmsync.errors import CredentialsError, PmsyncError, SourceError, UnreachableError

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
SECRET = "s3cret/token+1"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0
        self.naps: list[float] = []
        self.lock = threading.Lock()

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.naps.append(seconds)
            self.time += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def transport(httpserver: HTTPServer, clock):
    made = Transport(
        httpserver.url_for("/jira"),
        source="shop",
        secrets=[SECRET],
        pace=Pace(4, clock=clock, sleep=clock.sleep),
        reads=("/search/jql",),
        timeout=(5, 0.2),
        now=lambda: NOW,
        chance=lambda: 0.5,
    )
    made.auth = ("ann@example.org", SECRET)
    yield made
    made.close()


def answers(httpserver: HTTPServer, *responses: Response) -> list[Request]:
    """Serve these one after the other, the last for ever."""
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return responses[min(len(seen), len(responses)) - 1]

    httpserver.expect_request("/jira/x").respond_with_handler(handler)
    httpserver.expect_request("/jira/search/jql").respond_with_handler(handler)
    return seen


def good() -> Response:
    return Response('{"a": 1}', content_type="application/json")


def test_a_read_comes_back_decoded_with_our_headers(httpserver, transport):
    seen = answers(httpserver, good())
    assert transport.fetch("/x", type=dict[str, int]) == {"a": 1}
    assert seen[0].headers["User-Agent"].startswith("pmsync")
    assert seen[0].headers["Accept-Encoding"] == "gzip, deflate"
    assert seen[0].authorization.password == SECRET


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_reads_are_tried_again(httpserver, transport, clock, status):
    seen = answers(httpserver, Response("<h1>no</h1>", status), good())
    assert transport.fetch("/x") == {"a": 1}
    assert transport.fetch("/search/jql", body={}) == {"a": 1}
    assert len(seen) == transport.sent == 3
    assert clock.naps


@pytest.mark.parametrize("status", [429, 503])
def test_writes_are_not(httpserver, transport, status):
    seen = answers(httpserver, Response("no", status), good())
    with pytest.raises(UnreachableError):
        transport.fetch("/x", body={})
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("told", "least"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("7", 7),
        (format_datetime(NOW.replace(second=30), usegmt=True), 30),
        ("soon", 0),
        ("", 0),
    ],
)
def test_waits_never_less_than_told(httpserver, transport, clock, told, least):
    answers(httpserver, Response("no", 429, {"Retry-After": told} if told else {}), good())
    transport.fetch("/x")
    assert sum(clock.naps) >= max(least, 0.3)
    assert sum(clock.naps) <= least * 1.1 + 1


def test_reset_header_counts_when_retry_after_is_missing():
    assert told_wait({"x-ratelimit-reset": "2026-05-04T08:00:09Z"}, NOW) == 9


@pytest.mark.parametrize("status", [429, 503])
def test_a_longer_wait_than_allowed_ends_the_run(httpserver, transport, clock, status):
    answers(httpserver, Response("no", status, {"Retry-After": "1847"}))
    with pytest.raises(UnreachableError, match="wait 1847 s, more than max_wait"):
        transport.fetch("/x")
    assert clock.naps == []


def test_endless_429_ends_when_max_wait_is_used_up(httpserver, transport, clock):
    answers(httpserver, Response("no", 429, {"Retry-After": "0"}))
    with pytest.raises(UnreachableError, match="429"):
        transport.fetch("/x")
    assert 30 < sum(clock.naps) <= 120
    assert transport.pace.allowed == 1


def test_a_broken_or_cut_answer_is_read_again(httpserver, transport):
    whole = gzip.compress(b'{"a": 1}')
    seen = answers(
        httpserver,
        Response('{"a": 1', content_type="application/json"),
        Response(whole[:-10], headers={"Content-Encoding": "gzip"}, content_type="application/json"),
        Response(b"not gzip", headers={"Content-Encoding": "gzip"}, content_type="application/json"),
        good(),
    )
    assert transport.fetch("/x") == {"a": 1}
    assert len(seen) == 4


def test_half_an_emoji_is_mended_not_refused(httpserver, transport):
    answers(httpserver, Response('{"a": "\\ud83d", "b": "\\ud83d\\ude00"}'), Response(b'{"a": "\xff"}'))
    assert transport.fetch("/x") == {"a": "?", "b": "😀"}
    assert transport.fetch("/x") == {"a": "\N{REPLACEMENT CHARACTER}"}


def test_a_slow_answer_is_unreachable(httpserver, transport):
    wake = threading.Event()
    httpserver.expect_request("/jira/x").respond_with_handler(lambda _: (wake.wait(5), good())[1])
    with pytest.raises(UnreachableError, match=r"no answer within|failed or broke"):
        transport.fetch("/x")
    wake.set()
    assert transport.sent == 4


def test_a_page_with_status_200_is_named(httpserver, transport):
    answers(httpserver, Response("<html><body>Please log in, Ann", content_type="text/html"))
    with pytest.raises(AnswerError, match="web page") as caught:
        transport.fetch("/x")
    assert "Ann" not in str(caught.value)


def test_401_is_credentials(httpserver, transport):
    body = json.dumps({"code": 401, "message": "Unauthorized; scope does not match"})
    answers(httpserver, Response(body, 401, content_type="application/json"))
    with pytest.raises(CredentialsError, match="scope does not match"):
        transport.fetch("/x")


def test_a_refusal_carries_status_and_words(httpserver, transport):
    body = {"errorMessages": ["The value 'FG' does not exist for the field 'project'."], "errors": {"jql": "bad"}}
    answers(httpserver, Response(json.dumps(body), 400, content_type="application/json"))
    with pytest.raises(AnswerError, match="The value 'FG' does not exist") as caught:
        transport.fetch("/x")
    assert (caught.value.status, "jql: bad" in caught.value.words) == (400, True)


@pytest.mark.parametrize("body", ["null", '{"message": null}', "[]", "", "\x00", "<p>x</p>"])
def test_odd_refusals_do_not_break(httpserver, transport, body):
    answers(httpserver, Response(body, 400, content_type="application/json"))
    with pytest.raises(AnswerError, match="400"):
        transport.fetch("/x")


def test_redirects_are_not_followed(httpserver, transport):
    answers(httpserver, Response("", 302, {"Location": "https://evil.example/login?x=1"}))
    with pytest.raises(AnswerError, match=r"redirects to evil\.example"):
        transport.fetch("/x")


@pytest.mark.parametrize("url", ["https://evil.example/x", "http://127.0.0.1:1/jira/x"])
def test_other_addresses_get_no_credentials(transport, url):
    with pytest.raises(SourceError, match="refused to send credentials"):
        transport.request("GET", url)


def test_an_address_beside_the_context_path_is_refused(httpserver, transport):
    with pytest.raises(SourceError, match="refused to send credentials"):
        transport.request("GET", httpserver.url_for("/other"))


def test_a_hard_wired_address_is_replaced(httpserver):
    httpserver.expect_request("/1/boards/b").respond_with_json({"id": "b"})
    with Transport(httpserver.url_for("/"), source="m", instead_of="https://api.trello.com") as transport:
        assert transport.request("GET", "https://api.trello.com/1/boards/b").json() == {"id": "b"}


def test_cookies_are_not_sent_back(httpserver, transport):
    httpserver.expect_ordered_request("/jira/x").respond_with_json({}, headers={"Set-Cookie": "JSESSIONID=1; Path=/"})
    seen = []
    httpserver.expect_ordered_request("/jira/x").respond_with_handler(lambda r: (seen.append(r), good())[1])
    transport.fetch("/x")
    transport.fetch("/x")
    assert "Cookie" not in seen[0].headers


def test_nobody_there(clock):
    with Transport("http://127.0.0.1:9", source="shop", pace=Pace(4, clock=clock, sleep=clock.sleep)) as nobody:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9/x: the connection failed"):
            nobody.fetch("/x")
        assert nobody.sent == 4


def test_secrets_stay_out_of_everything_said(httpserver, transport):
    body = json.dumps({"message": f"token {SECRET} and Basic YW5uQGV4YW1wbGU6czNjcmV0 are bad"})
    answers(httpserver, Response(body, 403, content_type="application/json"))
    with pytest.raises(PmsyncError) as caught:
        transport.request("GET", "/x", params={"token": SECRET})
    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caught.value.hint
    assert "***" in said
    assert not any(form in said for form in (SECRET, "s3cret%2Ftoken%2B1", "YW5uQGV4YW1wbGU6czNjcmV0"))


def test_redaction_knows_how_secrets_travel():
    assert redact("a?t=s3cret%2Ftoken%2B1 " + SECRET, [SECRET]) == "a?t=*** ***"


def test_many_threads_share_one(httpserver, transport):
    httpserver.expect_request("/jira/x").respond_with_handler(lambda r: Response(json.dumps(r.args["n"])))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: transport.fetch("/x", params={"n": n}), range(100))) == [
            str(n) for n in range(100)
        ]
    assert transport.sent == 100


def test_unknown_shapes_are_one_sentence(httpserver, transport):
    answers(httpserver, Response("[1]"))
    with pytest.raises(SourceError, match="in a form pmsync does not know"):
        transport.fetch("/x", type=dict[str, int])


class TestPace:
    def test_windows_hold_back(self, clock):
        pace = Pace(1, [Window(3, 10), Window(4, 60)], clock=clock, sleep=clock.sleep)
        starts = []
        for _ in range(6):
            with pace.turn():
                starts.append(clock.time)
        assert starts == [0, 0, 0, 10, 60, 60]

    def test_429_halves_warnings_take_one_good_answers_give_back(self):
        pace = Pace(8)
        pace.refused()
        assert pace.allowed == 4
        pace.warned()
        assert pace.allowed == 3
        for _ in range(100):
            pace.answered()
        assert pace.allowed == 8
        for _ in range(10):
            pace.refused()
        assert pace.allowed == 1

    def test_a_pause_holds_everybody(self, clock):
        pace = Pace(4, clock=clock, sleep=clock.sleep)
        pace.pause(30)
        with pace.turn():
            assert clock.time == 30

    def test_no_more_than_allowed_at_once(self):
        pace, lock, busy, most = Pace(3), threading.Lock(), 0, 0

        def work(_: int) -> None:
            nonlocal busy, most
            with pace.turn():
                with lock:
                    busy += 1
                    most = max(most, busy)
                with lock:
                    busy -= 1

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(work, range(300)))
        assert most <= 3


def test_near_limit_header_slows_down(httpserver, transport):
    answers(httpserver, Response("{}", headers={"X-RateLimit-NearLimit": "true"}))
    transport.fetch("/x")
    assert transport.pace.allowed == 3


def test_it_is_a_session():
    assert issubclass(Transport, requests.Session)
