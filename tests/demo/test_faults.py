"""Faults strike as described, and over a real socket."""

from datetime import UTC, datetime

import pytest
import requests

import faults
from jira_calls import Caller
from pmsync.demo.jira import JiraSite
from pmsync.demo.server import Response, serve

SEARCH = "/rest/api/2/search/jql"


@pytest.fixture
def site():
    return JiraSite(datetime(2026, 5, 8, 15, tzinfo=UTC))


def pages(site, count=3, **body):
    """The first few pages of a walk, whatever they are like."""
    cloud, found, token = Caller(site), [], {}
    for _ in range(count):
        found.append(cloud.post(SEARCH, jql="project = PAY ORDER BY id", fields=["id"], maxResults=50, **token, **body))
        token = {"nextPageToken": found[-1].get("nextPageToken")}
    return found


def test_when_a_fault_strikes(site):
    site.fault = faults.on("search", faults.every(2, faults.too_many("2")))
    cloud = Caller(site)
    assert [cloud.post(SEARCH, jql="project = PAY") and cloud.status for _ in range(4)] == [200, 429, 200, 429]
    assert cloud.answer.headers["retry-after"] == "2"
    cloud.get("/rest/api/2/myself")
    assert cloud.status == 200
    site.fault = faults.times(2, faults.broken(502))
    assert [cloud.get("/rest/api/2/myself") and cloud.status for _ in range(3)] == [502, 502, 200]


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        (faults.too_many(), 429, "json"),
        (faults.too_many("1847", html=True), 429, "html"),
        (faults.broken(503), 503, "html"),
        (faults.login_page(), 200, "html"),
        (faults.captcha(), 403, "html"),
        (faults.removed(), 410, "json"),
    ],
)
def test_ready_answers(site, fault, status, kind):
    site.fault = faults.once(fault)
    cloud = Caller(site)
    cloud.get("/rest/api/2/myself")
    assert cloud.status == status
    assert kind in cloud.answer.headers["content-type"]


def test_a_token_that_leads_nowhere(site):
    site.fault = faults.same_token(site)
    _, second, third = pages(site)
    assert second["nextPageToken"] == third["nextPageToken"]


def test_an_empty_page_in_the_middle_loses_nothing(site):
    whole = [issue for page in pages(site, 2) for issue in page["issues"]]
    site.fault = faults.on("search", faults.times(2, faults.empty_page()))
    first, second, third = pages(site)
    assert (len(first["issues"]), second["issues"]) == (50, [])
    assert first["issues"] + third["issues"] == whole


def test_short_pages_and_missing_members(site):
    site.fault = faults.short_pages(site, 3)
    assert [len(page["issues"]) for page in pages(site)] == [3, 3, 3]
    site.fault = faults.without(site, "isLast")
    assert all("isLast" not in page for page in pages(site, 2))


def test_stale_tokens_strangers_and_gateways(site):
    site.fault = faults.stale_tokens()
    assert "invalid or expired" in pages(site, 2)[1]["errorMessages"][0]
    cloud = Caller(site)
    site.fault = faults.stranger(site)
    assert cloud.get("/rest/api/2/project/search")["values"] == []
    site.fault = faults.gateway(site)
    assert cloud.get("/rest/api/2/issue/PAY-1")["self"].startswith("https://api.atlassian.com/ex/jira/")


def test_broken_answers_over_a_socket(site):
    with serve(site) as server:
        url, login = server.url + "/rest/api/2/field", {"auth": ("demo@example.org", "demo-token"), "timeout": 5}
        site.fault = faults.half(site)
        with pytest.raises(requests.exceptions.JSONDecodeError):
            requests.get(url, **login).json()
        site.fault = faults.cut(100)
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="100 bytes read"):
            requests.get(url, **login)
        site.fault = None
        assert requests.get(url, **login).json()
        assert server.requests == 3


def test_answers_are_compressed_when_asked_and_connections_kept(site):
    with serve(site) as server, requests.Session() as session:
        session.auth = ("demo@example.org", "demo-token")
        answers = [session.get(server.url + "/rest/api/2/field", timeout=5) for _ in range(3)]
        assert answers[0].headers["content-encoding"] == "gzip"
        assert answers[0].headers["date"].startswith("Fri, 08 May 2026 15:00:00")
        plain = session.get(server.url + "/rest/api/2/field", headers={"accept-encoding": "identity"}, timeout=5)
        assert plain.json() == answers[0].json()


def test_a_stopped_server_closes_its_connections(site):
    with requests.Session() as session:
        with serve(site) as server:
            assert session.get(server.url + "/rest/api/2/serverInfo", timeout=5).ok
        with pytest.raises(requests.exceptions.ConnectionError):
            session.get(server.url + "/rest/api/2/serverInfo", timeout=5)


def test_a_fault_can_be_any_answer(site):
    site.fault = faults.always(Response(status=418, headers={"content-type": "text/plain"}))
    cloud = Caller(site)
    cloud.get("/rest/api/2/myself")
    assert cloud.status == 418
