"""Over HTTP: the py-trello client works against it, and faults do what they say."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from demo import trello_faults as faults
from pmsync.demo.server import Cut, RunningServer, serve
from pmsync.demo.trello import KEY, TOKEN, TrelloSite

ANCHOR = datetime(2026, 5, 20, 15, tzinfo=UTC)


class Loopback(requests.Session):
    """Sends what py-trello wants from api.trello.com to the demo."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.demo = url
        self.trust_env = False

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, url.replace("https://api.trello.com", self.demo), timeout=5, **options)


@pytest.fixture
def site() -> TrelloSite:
    return TrelloSite(ANCHOR, now=lambda: ANCHOR)


@pytest.fixture
def running(site: TrelloSite) -> Iterator[RunningServer]:
    with serve(site) as server:
        yield server


@pytest.fixture
def session(running: RunningServer) -> Iterator[Loopback]:
    with Loopback(running.url) as session:
        yield session


def test_py_trello_reads_boards_cards_and_actions(session: Loopback) -> None:
    from trello import TrelloClient

    client = TrelloClient(KEY, TOKEN, http_service=session)
    board = client.get_board(client.list_boards()[1].id)
    assert board.name == "Office move"
    assert [place.name for place in board.all_lists()] == ["To do", "Doing", "Waiting for others", "Done"]
    assert len(board.all_cards()) == 12
    assert len(board.get_members()) == 5
    board.fetch_actions("createCard", action_limit=1000)
    assert len(board.actions) == 12
    card = client.get_card(next(card.id for card in board.all_cards() if card.name.startswith("Network")))
    assert [item["checked"] for item in card.checklists[0].items] == [True, True, False, False]
    assert client.list_organizations()[0].name == "webshop"


def fetch(session: Loopback, path: str, **query: Any) -> requests.Response:
    return session.request("GET", f"{session.demo}/1/{path}", params={"key": KEY, "token": TOKEN, **query})


def test_faults_come_once_later_or_always(site: TrelloSite, session: Loopback) -> None:
    site.fault = faults.when("members", faults.rate_limited(retry_after=1), times=1, after=1)
    answers = [fetch(session, "members/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert answers[1].json()["error"] == "API_TOKEN_LIMIT_EXCEEDED"
    site.fault = faults.when("members", faults.GATEWAY_TIMEOUT, times=None)
    assert {fetch(session, "members/me").status_code for _ in range(3)} == {504}


def test_answers_cut_in_the_middle(site: TrelloSite, session: Loopback) -> None:
    site.fault = faults.when("boards", Cut(after_bytes=100))
    with pytest.raises(requests.RequestException):
        fetch(session, "members/me/boards")


def test_pages_that_are_too_large_and_work_going_on_meanwhile(site: TrelloSite, session: Loopback) -> None:
    card = site.find("cards", "Moving day")
    site.fault = faults.first_of(faults.above(100), faults.meanwhile(site, "/cards", lambda: site.delete(card)))
    path = f"boards/{site.find('boards', 'Office move')}/cards/all"
    assert fetch(session, path, limit=500).json()["error"] == "API_TOO_MANY_CARDS_REQUESTED"
    assert len(fetch(session, path, limit=100).json()) == 11


def test_large_trello_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "pmsync.demo.trello", "--boards", "2", "--cards", "20", "--actions", "90"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            with Loopback(process.stdout.readline().strip()) as session:
                assert len(fetch(session, "members/me/boards").json()) == 2
        finally:
            process.terminate()
