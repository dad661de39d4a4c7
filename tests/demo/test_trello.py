"""The demo Trello answers, pages and refuses like the real one."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pmsync.demo.server import Request, Response
from pmsync.demo.trello import KEY, TOKEN, TrelloSite

ANCHOR = datetime(2026, 5, 20, 15, tzinfo=UTC)
OAUTH = {"authorization": f'OAuth oauth_consumer_key="{KEY}", oauth_token="{TOKEN}"'}


def ask(site: TrelloSite, path: str, headers: dict[str, str] = OAUTH, method: str = "GET", **query: Any) -> Response:
    parameters = {name: [str(value)] for name, value in query.items()}
    return site.handle(Request(method=method, path=f"/1/{path}", query=parameters, headers=headers))


def get(site: TrelloSite, path: str, **query: Any) -> Any:
    response = ask(site, path, **query)
    assert response.status == 200, response.body
    return json.loads(response.body)


def refusal(response: Response) -> tuple[int, str]:
    kind = response.headers["content-type"]
    text = response.body.decode()
    return response.status, text if kind == "text/plain" else next(iter(json.loads(text).values()))


@pytest.fixture
def site() -> TrelloSite:
    return TrelloSite(ANCHOR, now=lambda: ANCHOR)


@pytest.fixture
def small() -> TrelloSite:
    site = TrelloSite(ANCHOR, now=lambda: ANCHOR, empty=True)
    site.add_member("Anna Berg")
    site.add_list(site.add_board("Plan"), "To do")
    return site


def test_members_and_boards(site: TrelloSite) -> None:
    assert get(site, "members/me", fields="id,username")["username"] == "annaberg"
    boards = get(site, "members/me/boards", filter="all", fields="id,name,closed", organization="true")
    assert [board["name"] for board in boards] == ["Launch plan", "Office move"]
    assert boards[0].keys() == {"id", "name", "closed", "organization"}


def test_board_by_id_or_short_link_with_everything_around_its_cards(site: TrelloSite) -> None:
    id = site.find("boards", "Launch plan")
    nested = dict.fromkeys(["lists", "labels", "members", "memberships"], "all")
    board = get(site, f"boards/{id}", customFields="true", actions="none", cards="none", labels_limit=1000, **nested)
    assert get(site, f"boards/{board['shortLink']}")["id"] == id
    assert [row["name"] for row in board["lists"] if row["closed"]] == ["Parked last year"]
    assert {row["name"] for row in board["labels"]} >= {"Campaign", ""}
    kinds = ["number", "number", "list", "checkbox", "date", "number", "number"]
    assert [row["type"] for row in board["customFields"]] == kinds
    assert len(board["members"]) == len(board["memberships"]) == 5
    assert "cards" not in board
    assert "actions" not in board


def test_card_page_is_the_newest_by_id_in_board_order(site: TrelloSite) -> None:
    path = f"boards/{site.find('boards', 'Launch plan')}/cards/all"
    everything = get(site, path, limit=1000, fields="id")
    before, pages = None, []
    while page := get(site, path, limit=7, fields="id", **({"before": before} if before else {})):
        pages.append([row["id"] for row in page])
        before = min(pages[-1])
    flat = [id for page in pages for id in page]
    assert len(flat) == len(set(flat)) == len(everything)
    assert sorted(pages[0]) == sorted(sorted(row["id"] for row in everything)[-7:])
    assert pages[0] != sorted(pages[0])


def test_cards_by_date_means_creation(site: TrelloSite) -> None:
    path = f"boards/{site.find('boards', 'Launch plan')}/cards/all"
    names = [row["name"] for row in get(site, path, since="2026-05-14", fields="name")]
    assert set(names) == {"Thank-you note to the test customers", "Coupon for the newsletter footer", "Call Maas back"}


def test_visible_leaves_out_archived_lists_and_open_does_not(site: TrelloSite) -> None:
    path = f"boards/{site.find('boards', 'Launch plan')}/cards"
    sizes = {kind: len(get(site, f"{path}/{kind}", fields="id")) for kind in ("all", "open", "visible", "closed")}
    assert sizes == {"all": 59, "open": 58, "visible": 57, "closed": 1}
    assert len(get(site, path, fields="id")) == 57


def test_card_with_nested_parts(site: TrelloSite) -> None:
    card = site.find("cards", "(8) Landing page")
    parts = {"checklists": "all", "customFieldItems": "true", "attachments": "true", "members": "true"}
    answer = get(site, f"cards/{card}", actions="commentCard", actions_limit=2, action_fields="data", **parts)
    assert [line["state"] for line in answer["checklists"][0]["checkItems"]] == ["complete"] * 5
    assert {"number": "8"} in [item["value"] for item in answer["customFieldItems"]]
    assert [action["data"]["text"][:5] for action in answer["actions"]] == ["Fixed", "Fee i"]
    assert answer["badges"]["comments"] == 3
    assert answer["email"].endswith("@boards.trello.com")
    assert [label["name"] for label in answer["labels"]] == ["Content", "Campaign"]


def test_actions_newest_first_by_date_paged_by_date(site: TrelloSite) -> None:
    path = f"boards/{site.find('boards', 'Launch plan')}/actions"
    everything = get(site, path, limit=1000)
    dates = [action["date"] for action in everything]
    assert dates == sorted(dates, reverse=True)
    older = get(site, path, limit=1000, before=dates[9])
    assert [action["id"] for action in older] == [action["id"] for action in everything[10:]]
    assert len(get(site, path, limit=1000, since=dates[9])) == 9
    assert len(get(site, path)) == 50
    moves = get(site, path, filter="updateCard:idList", limit=1000, memberCreator_fields="username")
    assert all("listAfter" in move["data"] for move in moves)
    assert moves[0]["memberCreator"].keys() == {"id", "username"}


def test_ids_of_actions_do_not_ascend_with_their_dates(site: TrelloSite) -> None:
    path = f"boards/{site.find('boards', 'Launch plan')}/actions"
    site.edit(site.find("cards", "logo"), **dict.fromkeys(("desc", "name"), "x"), closed=True, due=ANCHOR)
    ids = [action["id"] for action in site.actions.values()]
    assert ids != sorted(ids)
    assert len(get(site, path, limit=1000, since=ANCHOR.isoformat())) == 4


def test_more_actions_in_one_millisecond_than_a_page_holds(small: TrelloSite) -> None:
    card = small.create(small.find("lists", "To do"), "Busy")
    for number in range(1500):
        small.edit(card, desc=str(number))
    path = f"boards/{small.find('boards', 'Plan')}/actions"
    first = get(small, path, limit=1000)
    second = get(small, path, limit=1000, before=first[-1]["id"])
    assert len({action["id"] for action in [*first, *second]}) == len(small.actions) > 1500


def test_batch_reports_failures_inside(site: TrelloSite) -> None:
    card = site.find("cards", "logo")
    parts = get(site, "batch", urls=f"/cards/{card}?fields=name%2Cdesc,/cards/{'0' * 24},/boards/x")
    assert parts[0] == {"200": {"id": card, "name": "logo", "desc": ""}}
    assert [part["statusCode"] for part in parts[1:]] == [404, 400]
    assert ask(site, "batch", urls=",".join([f"/cards/{card}"] * 11)).status == 400


def test_actions_nested_in_too_many_cards(small: TrelloSite) -> None:
    for number in range(301):
        small.create(small.find("lists", "To do"), f"Card {number}")
    path = f"boards/{small.find('boards', 'Plan')}/cards"
    assert refusal(ask(small, path, actions="commentCard")) == (403, "API_TOO_MANY_CARDS_REQUESTED")
    assert len(get(small, path, actions="commentCard", limit=300)) == 300


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({}, {"key": KEY, "token": TOKEN}, (200, "")),
        ({}, {"key": "nonsense", "token": TOKEN}, (401, "invalid key")),
        ({}, {"key": KEY, "token": "nonsense"}, (401, "invalid token")),
        ({}, {"key": KEY}, (401, "missing scopes")),
        ({}, {}, (401, "invalid key")),
    ],
)
def test_credentials(site: TrelloSite, headers: dict[str, str], query: dict[str, str], expected: Any) -> None:
    response = ask(site, "members/me", headers, **query)
    assert (response.status, "") == expected or refusal(response) == expected


def test_expired_token_and_token_of_read_scope(site: TrelloSite) -> None:
    assert refusal(ask(site, "cards", method="POST")) == (401, "missing scopes")
    site.tokens[TOKEN] = "expired token"
    assert refusal(ask(site, "members/me")) == (401, "expired token")


def test_hidden_unknown_and_malformed(site: TrelloSite) -> None:
    board, card = site.find("boards", "Office move"), site.find("cards", "logo")
    site.hide(board)
    site.hide(card)
    assert refusal(ask(site, f"boards/{board}")) == (401, "unauthorized permission requested")
    assert refusal(ask(site, f"cards/{card}")) == (401, "unauthorized card permission requested")
    assert refusal(ask(site, f"cards/{site.find('cards', 'Floor plan')}")) == (
        401,
        "unauthorized card permission requested",
    )
    assert [row["name"] for row in get(site, "members/me/boards")] == ["Launch plan"]
    assert refusal(ask(site, f"boards/{'0' * 24}")) == (404, "The requested resource was not found.")
    assert refusal(ask(site, "boards/x")) == (400, "invalid id")
    assert refusal(ask(site, "nowhere")) == (404, "Cannot GET /1/nowhere")


@pytest.mark.parametrize("query", [{"limit": 1001}, {"limit": "x"}, {"before": "yesterday"}, {"filter": "some"}])
def test_bad_values(site: TrelloSite, query: dict[str, Any]) -> None:
    response = ask(site, f"boards/{site.find('boards', 'Office move')}/cards", **query)
    assert refusal(response) == (400, f"invalid value for {next(iter(query))}")


def test_rate_limits_per_token_and_per_key() -> None:
    clock = [1000.0]
    site = TrelloSite(ANCHOR, now=lambda: ANCHOR, limits=True, tick=lambda: clock[0])
    others = [f"ATTA{number}" for number in range(3)]
    site.tokens.update(dict.fromkeys(others, ""))
    path = f"boards/{site.find('boards', 'Office move')}"
    answers = [ask(site, path, fields="id") for _ in range(101)]
    assert [answer.status for answer in answers] == [200] * 100 + [429]
    assert refusal(answers[-1]) == (429, "API_TOKEN_LIMIT_EXCEEDED")
    assert [answer.headers["x-rate-limit-api-token-remaining"] for answer in answers[:2]] == ["99", "98"]
    assert get(site, "batch", urls=f"/{path}")[0]["statusCode"] == 429
    for token in others:
        refused = [ask(site, path, {}, key=KEY, token=token, fields="id").status for _ in range(100)].count(429)
    assert refused == 100
    assert refusal(ask(site, path, {}, key=KEY, token=others[-1])) == (429, "API_KEY_LIMIT_EXCEEDED")
    clock[0] += 10
    assert ask(site, path).status == 200


def test_without_limits_nothing_is_counted(site: TrelloSite) -> None:
    headers = ask(site, "members/me").headers
    assert headers["x-rate-limit-api-token-remaining"] == headers["x-rate-limit-api-token-max"] == "100"
    assert headers["x-server-time"] == str(int(ANCHOR.timestamp() * 1000))
