"""Everything Trello may answer instead of data, through real HTTP."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.trello.conftest import World, place
from pmsync.connectors import transport
from pmsync.connectors.pace import Pace
from pmsync.connectors.testing import MemoryStore
from pmsync.connectors.trello import client
from pmsync.demo.server import Cut, Request, Response
from pmsync.demo.trello import KEY, TOKEN
from pmsync.errors import CredentialsError, ScopeError, SourceError, UnreachableError
from pmsync.model import Presence

Fault = Callable[[Request], Response | Cut | None]


def text(status: int, body: str, kind: str = "text/plain", **headers: str) -> Response:
    return Response(status=status, headers={"content-type": kind, **headers}, body=body.encode())


def limited(code: str, **headers: str) -> Response:
    return text(429, json.dumps({"error": code, "message": "Rate limit exceeded"}), "application/json", **headers)


def once(answer: Response | Cut, where: str = "") -> Fault:
    """Answer like this the first time an address is asked for that has `where` in it."""
    left = [answer]
    return lambda request: left.pop() if left and where in request.path else None


def always(answer: Response | Cut, where: str) -> Fault:
    return lambda request: answer if where in request.path else None


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waiting takes no time; what would have been waited is noted."""
    waited: list[float] = []
    clock = iter(range(10**9))
    real = Pace.__init__

    def patient(self: Pace, connections: int = 8, windows: Any = ()) -> None:
        real(self, connections, (), clock=lambda: next(clock) / 1000 + sum(waited), sleep=waited.append)

    monkeypatch.setattr(client, "Pace", type("FastPace", (Pace,), {"__init__": patient}))
    defaults = {**transport.Transport.__init__.__kwdefaults__, "sleep": waited.append}
    monkeypatch.setattr(transport.Transport.__init__, "__kwdefaults__", defaults)
    return waited


@pytest.fixture
def straight(here: World) -> MemoryStore:
    here.clock.pass_by(hours=1)
    return here.sync()


MENDED = {
    "429 key": once(limited("API_KEY_LIMIT_EXCEEDED"), "cards"),
    "429 token": once(limited("API_TOKEN_LIMIT_EXCEEDED"), "actions"),
    "429 member": once(limited("MEMBER_LIMIT_EXCEEDED"), "boards"),
    "429 plain": once(limited("RATE_LIMIT_EXCEEDED"), "cards"),
    "429 extension": once(limited("UNKNOWN_EXTENSION_LIMIT_EXCEEDED"), "cards"),
    "429 database": once(limited("API_TOKEN_DB_LIMIT_EXCEEDED"), "cards"),
    "429 retry-after": once(limited("API_TOKEN_LIMIT_EXCEEDED", **{"retry-after": "3"}), "cards"),
    "403 too many cards": once(text(403, '{"error":"API_TOO_MANY_CARDS_REQUESTED"}', "application/json"), "cards"),
    "400 too many cards": once(text(400, "API_TOO_MANY_CARDS_REQUESTED"), "cards"),
    "403 too many checklists": once(text(403, "Too many checklists"), "cards"),
    "449": once(text(449, "partial failure"), "cards"),
    "500": once(text(500, "<html>oops</html>", "text/html"), "actions"),
    "502": once(text(502, "Bad Gateway"), "members"),
    "503": once(text(503, "unavailable"), "cards"),
    "504": once(text(504, "Gateway Timeout"), "actions"),
    "truncated JSON": once(Cut(20), "cards"),
    "half of the JSON": once(text(200, '[{"id": "5f1e0c2ab9d8', "application/json"), "actions"),
    "no answer at all": once(Cut(0), "actions"),
}


@pytest.mark.parametrize("fault", MENDED.values(), ids=MENDED)
def test_passing_trouble_costs_nothing_but_time(here: World, straight: MemoryStore, fault: Fault) -> None:
    here.site.fault = fault
    store = here.sync()
    assert (store.items, store.changes, store.problems) == (straight.items, straight.changes, [])
    assert store.watermark


def test_a_429_waits_for_the_window(here: World, straight: MemoryStore, waits: list[float]) -> None:
    here.site.fault = once(limited("API_TOKEN_LIMIT_EXCEEDED"), "cards")
    here.sync()
    assert sum(waits) >= 9


def test_too_big_is_never_asked_again_unchanged(here: World, straight: MemoryStore) -> None:
    """Pages shrink down to 50; cards that are too big even then are asked for by id."""
    sizes: list[str] = []

    def too_big(request: Request) -> Response | None:
        if not request.path.endswith("cards/all") or "badges" not in request.param("fields"):
            return None
        sizes.append(request.param("limit"))
        return text(504, "Gateway Timeout")

    here.site.fault = too_big
    store = here.sync(boards=["Plan"])
    assert sizes == ["1000", "500", "250", "100", "50"]
    assert store.items == straight.items


def test_a_board_whose_log_is_too_big_is_a_problem_of_its_own(here: World, board: str) -> None:
    here.site.fault = always(text(449, "too big"), f"{board}/actions")
    store = here.sync()
    assert [problem for problem in store.problems if "too much for Trello" in problem.what]
    assert store.watermark is None


DEAD = {
    "invalid key": "sources.plan.key",
    "invalid token": "sources.plan.token",
    "expired token": "sources.plan.token",
    "missing scopes": "sources.plan.token",
}


@pytest.mark.parametrize(("words", "setting"), DEAD.items())
def test_dead_credentials_end_the_source_and_say_which(here: World, words: str, setting: str) -> None:
    here.site.fault = always(text(401, words), "")
    with pytest.raises(CredentialsError) as caught:
        here.sync()
    assert setting in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.hint
    assert caught.value.exit_code == 4


def test_a_token_that_expires_meanwhile_loses_nothing(here: World, straight: MemoryStore) -> None:
    store = MemoryStore()
    here.site.fault = always(text(401, "expired token"), "cards")
    with pytest.raises(CredentialsError):
        here.sync(store)
    here.site.fault = None
    assert here.sync(store).items == straight.items


CUT_SHORT = {
    "page": text(200, "<html>Please wait</html>", "text/html"),
    "accepted": Response(status=202),
    "hidden": text(401, "unauthorized permission requested"),
    "down": text(503, "unavailable"),
    "limited": limited("API_TOKEN_LIMIT_EXCEEDED", **{"retry-after": "3600"}),
}


@pytest.mark.parametrize("where", ["cards", "actions", "boards/"])
@pytest.mark.parametrize("answer", CUT_SHORT.values(), ids=CUT_SHORT)
def test_after_lasting_trouble_the_next_pull_completes_the_store(
    here: World, straight: MemoryStore, answer: Response, where: str
) -> None:
    """Told as an error or a problem, never as an empty board."""
    store = MemoryStore()
    here.site.fault = always(answer, where)
    with suppress(SourceError):
        here.sync(store)
        assert store.problems
    assert store.watermark is None
    here.site.fault = None
    here.sync(store)
    assert (store.items, store.changes, store.problems) == (straight.items, straight.changes, [])
    here.site.fault = always(answer, where)
    with suppress(SourceError):
        here.sync(store)
    assert store.items == straight.items


@pytest.mark.parametrize("where", ["actions", "cards/all"])
def test_cards_that_move_or_go_between_two_pages(
    here: World, card: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SIZES", (2,))
    gone = here.site.find("cards", "Two")
    deeds = [lambda: here.site.move_board(card, place(here, "Inbox")), lambda: here.site.delete(gone)]

    def meanwhile(request: Request) -> None:
        if where in request.path and request.param("before") and deeds:
            with here.site.lock:
                deeds.pop()()

    for name in ("Doing", "Done", "Parked", "Doing", "Done"):
        here.site.move(card, place(here, name))
    here.site.fault = meanwhile
    store = here.sync()
    here.site.fault = None
    here.sync(store)
    fresh = MemoryStore().sync(here.connector())
    assert store.here() == fresh.here()
    assert all(store.changes[id] == fresh.changes[id] for id in fresh.items)
    assert {id for id, item in store.items.items() if item.presence is Presence.GONE} <= {gone}


def test_an_invisible_board_ends_nothing(here: World, board: str) -> None:
    other = here.site.find("boards", "Other")
    here.site.create(here.site.find("lists", "Inbox"), "Elsewhere")
    store = here.sync(boards=[board, other])
    here.site.hide(other)
    here.sync(store, boards=[board, other])
    assert ["permission requested" in problem.what for problem in store.problems] == [True]
    assert {item.title for item in store.here().values()} == {"One", "Two", "Three", "Elsewhere"}
    assert store.watermark is not None


def test_a_board_that_hides_meanwhile_takes_nothing_along(here: World, board: str) -> None:
    store = here.sync()
    here.site.fault = always(text(401, "unauthorized permission requested"), f"{board}/cards")
    here.sync(store)
    assert len(store.here()) == 3
    assert store.problems


def test_no_board_at_all_is_no_empty_tracker(here: World) -> None:
    store = here.sync()
    here.site.hidden |= set(here.site.boards)
    with pytest.raises(ScopeError, match="sees no board"):
        here.sync(store)


STRANGERS = {
    "not found": text(404, "Cannot GET /1/members/me/boards"),
    "login page": text(200, "<html>Please log in</html>", "text/html"),
    "redirect": text(302, "", location="https://login.example.com/"),
    "other JSON": text(200, '{"hello": "world"}', "application/json"),
    "other list": text(200, '[{"key": "PAY"}]', "application/json"),
}


@pytest.mark.parametrize("answer", STRANGERS.values(), ids=STRANGERS)
def test_another_service_is_told_apart(here: World, answer: Response) -> None:
    """`url:` is wrong: one sentence, exit code 3, from sync and doctor alike."""
    here.site.fault = always(answer, "members")
    with pytest.raises(ScopeError, match=r"^plan: http://\S+ does not answer like Trello$") as caught:
        here.sync()
    assert "`url:`" in caught.value.hint
    (told,) = here.connector().doctor()
    assert (told.level, told.exit_code) == ("error", 3)
    assert "does not answer like Trello" in told.message


def test_the_doctor_ends_as_a_sync_would(here: World) -> None:
    def told(**settings: Any) -> list[int]:
        return [each.exit_code for each in here.connector(**settings).doctor() if each.level == "error"]

    assert told(boards=["Plam"]) == told(boards=["5f0000000000000000000000"]) == [3]
    here.site.fault = always(text(401, "invalid token"), "")
    assert told() == [4]
    here.site.fault = always(text(503, "down"), "")
    assert told() == [5]


@pytest.mark.parametrize("row", ['{"id": 7}', '{"id": "6a009d84a9f3c10b5200000e", "idBoard": "x", "desc": 7}'])
def test_a_card_that_is_none_is_one_sentence(here: World, row: str) -> None:
    here.site.fault = always(text(200, f"[{row}]", "application/json"), "cards/all")
    with pytest.raises(SourceError, match="a form pmsync does not know") as caught:
        here.sync()
    assert caught.value.exit_code == 6


def test_accepted_is_not_yet_an_answer(here: World) -> None:
    here.site.fault = always(Response(status=202), "members")
    with pytest.raises(UnreachableError):
        here.sync()


def test_a_part_of_a_batch_that_fails_is_asked_for_alone(here: World, card: str) -> None:
    store = here.sync()
    here.clock.pass_by(hours=1)
    for id in here.site.cards:
        here.site.edit(id, name="Changed")
    real = here.site.handle

    def torn(request: Request) -> Response:
        response = real(request)
        if not request.path.endswith("/batch"):
            return response
        parts = json.loads(response.body)
        parts[0] = {"name": "RateLimitError", "message": "API_TOKEN_LIMIT_EXCEEDED", "statusCode": 429}
        return replace(response, body=json.dumps(parts).encode())

    here.site.handle = torn  # type: ignore[method-assign]
    here.sync(store)
    assert {item.title for item in store.items.values()} == {"Changed"}


def test_secrets_show_nowhere(here: World, caplog: pytest.LogCaptureFixture) -> None:
    """Not in an address, a log, an error, nor in what is stored."""
    caplog.set_level(logging.DEBUG)
    asked: list[str] = []
    here.site.fault = lambda request: asked.append(f"{request.path} {dict(request.query)}")  # type: ignore[func-returns-value]
    store = here.sync()
    here.site.fault = always(text(401, f"invalid token {TOKEN}"), "")
    with pytest.raises(CredentialsError) as caught:
        here.sync()
    here.server.url = "http://127.0.0.1:9"
    with pytest.raises(UnreachableError) as unreachable:
        here.sync()
    raws = b"".join(raw.body() for raw in store.raws.values()).decode()
    said = f"{asked} {caplog.text} {caught.value} {caught.value.hint} {unreachable.value} {raws} {store.checkpoint}"
    assert KEY not in said
    assert TOKEN not in said
    assert "@boards.trello.com" not in said


def test_our_clock_does_not_matter(here: World) -> None:
    """The cursor is Trello's time, or the Date header's without it."""
    store = here.sync()
    assert store.watermark
    assert abs(store.watermark - here.clock.time) < timedelta(minutes=2)
    answer = client.Answer(b"", {"date": "Wed, 20 May 2026 15:00:00 GMT"})
    assert answer.server_time == datetime.fromisoformat("2026-05-20T15:00:00Z")
