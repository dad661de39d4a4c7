"""Whatever people do to boards, between pulls and while one runs: after the last pull the store equals the tracker."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.trello.conftest import World, world
from pmsync.connectors.testing import MemoryStore
from pmsync.demo.trello import TrelloSite
from pmsync.model import Field, Item, Presence

BOUNDED = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


LABELS = ("Bug", "3 points", "8 points", "Blocked", "S1", "S2", "Odd")
MEANING = {
    "points": {"label": r"(\d+) points"},
    "sprint": {"list": r"^Sprint", "label": r"^S\d"},
    "labels": {"flagged": ["Blocked"]},
}


class Team:
    """Does things to a site, as seeded numbers say."""

    def __init__(self, site: TrelloSite, seed: int) -> None:
        self.site, self.random = site, Random(seed)
        self.deeds: Sequence[Callable[[str], Any]] = (
            lambda card: site.create(self.place(), f"({self.random.randint(1, 9)}) New"),
            lambda card: site.move(card, self.neighbour(card)),
            lambda card: site.move(card, self.neighbour(card)),
            lambda card: site.edit(card, name=f"({self.random.randint(1, 9)}) Name {self.random.random()}"),
            lambda card: site.edit(card, desc="Text"),
            lambda card: site.edit(card, due=self.random.choice([None, "2026-06-01T10:00:00.000Z"])),
            lambda card: site.edit(card, dueComplete=self.random.random() < 0.5),
            lambda card: site.edit(card, idLabels=self.labels(card)),
            lambda card: site.archive(card, self.random.random() < 0.6),
            lambda card: site.comment(card, "Said"),
            lambda card: site.comment(card, "Said again"),
            self.uncomment,
            self.assign,
            lambda card: site.add_checklist(card, "List", ["a", "b"]),
            lambda card: site.copy(card, self.neighbour(card)),
            lambda card: site.move_board(card, self.place(other_than=site.cards[card]["idBoard"])),
            site.delete,
            lambda card: site.edit_list(self.neighbour(card), closed=self.random.random() < 0.4),
            lambda card: site.edit_list(
                self.neighbour(card), name=self.one_of("Doing", "Done", "Sprint 1", "Sprint 2", "Odd", "Ideas")
            ),
            lambda card: site.edit_label(self.one_of(*site.labels), name=self.one_of(*LABELS)),
            self.move_list,
            lambda card: site.edit_field(
                self.random.choice([*site.fields]), name=self.random.choice(["Points", "Story points"])
            ),
            self.estimate,
        )

    def act(self, times: int) -> None:
        with self.site.lock:
            for _ in range(times):
                if cards := [*self.site.cards]:
                    self.random.choice(self.deeds)(self.random.choice(cards))

    def one_of(self, *values: str) -> str:
        return self.random.choice(values)

    def place(self, other_than: str = "") -> str:
        return self.random.choice([row["id"] for row in self.site.lists.values() if row["idBoard"] != other_than])

    def neighbour(self, card: str) -> str:
        board = self.site.cards[card]["idBoard"]
        return self.random.choice([row["id"] for row in self.site.lists.values() if row["idBoard"] == board])

    def labels(self, card: str) -> list[str]:
        board = self.site.cards[card]["idBoard"]
        known = [row["id"] for row in self.site.labels.values() if row["idBoard"] == board]
        return self.random.sample(known, self.random.randint(0, len(known)))

    def uncomment(self, card: str) -> None:
        said = [id for id in self.site.card_actions[card] if self.site.actions.get(id, {}).get("type") == "commentCard"]
        if said:
            self.random.choice([self.site.delete_comment, lambda id: self.site.edit_comment(id, "Rather")])(said[0])

    def move_list(self, card: str) -> None:
        """To another board; a board of this story is never left without a list."""
        place = self.neighbour(card)
        home = self.site.lists[place]["idBoard"]
        if sum(row["idBoard"] == home for row in self.site.lists.values()) > 2:
            self.site.move_list(place, self.one_of(*self.site.boards))

    def assign(self, card: str) -> None:
        member = self.random.choice([*self.site.members])
        (self.site.leave if member in self.site.cards[card]["idMembers"] else self.site.join)(card, member)

    def estimate(self, card: str) -> None:
        board = self.site.cards[card]["idBoard"]
        for field in [row["id"] for row in self.site.fields.values() if row["idModel"] == board]:
            self.site.set_field(card, field, self.random.choice([None, "1", "2.5"]))


def furnished(here: World) -> World:
    site = here.site
    site.add_member("Tom Lee")
    for board in site.boards:
        for name, colour in (("Blue", "blue"), ("", "red"), ("", None)):
            site.add_label(board, name, colour)
        site.add_field(board, "Points", "number")
    return here


def assert_equal(store: MemoryStore, here: World) -> None:
    """Item by item and change by change; what the tracker no longer has is not called here."""
    fresh = MemoryStore().sync(here.connector(**MEANING))
    assert differences(fresh.items, store.items) == []
    assert not [item for item in store.here().values() if item.id not in fresh.items]
    for id, item in fresh.items.items():
        assert_like_site(item, here.site.cards[id], here.site)
        assert store.changes.get(id, {}) == fresh.changes.get(id, {}), item.title
        moves = [change for change in store.changes.get(id, {}).values() if change.field is Field.STATUS]
        assert not moves or max(moves, key=lambda change: change.at).after_id == item.stage_id
    assert store.expected == len(store.here())
    assert store.problems == []
    assert store.catalog.stages == fresh.catalog.stages


def differences(ours: dict[str, Item], theirs: dict[str, Item]) -> list[tuple[str, str, Any, Any]]:
    """Items by field, so that a failure can be read."""
    assert ours.keys() <= theirs.keys()
    return [
        (item.title, name, getattr(item, name), getattr(theirs[id], name))
        for id, item in ours.items()
        for name in Item.__struct_fields__
        if getattr(item, name) != getattr(theirs[id], name)
    ]


def assert_like_site(item: Item, card: dict[str, Any], site: TrelloSite) -> None:
    """Straight from the site's own records, without our mapping."""
    assert (item.title, item.stage_id, item.archived) == (card["name"], card["idList"], card["closed"])
    assert (list(item.assignee_ids), list(item.board_ids)) == (card["idMembers"], [card["idBoard"]])
    assert len(item.labels) == len(card["idLabels"])
    said = [site.actions[id]["data"]["text"] for id in site.card_actions[item.id] if _is_comment(site, id)]
    assert sorted(comment.body for comment in item.comments) == sorted(said)
    put_away = card["closed"] or site.lists[card["idList"]]["closed"]
    assert item.presence is (Presence.ARCHIVED if put_away else Presence.HERE)


def _is_comment(site: TrelloSite, id: str) -> bool:
    return id in site.actions and site.actions[id]["type"] == "commentCard"


@BOUNDED
@given(seed=st.integers(0, 10**6), rounds=st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_what_happens_between_pulls_arrives(seed: int, rounds: list[int]) -> None:
    with world() as made:
        here = furnished(made)
        team, store = Team(here.site, seed), MemoryStore()
        for deeds in rounds:
            team.act(deeds)
            here.clock.pass_by(hours=1)
            here.sync(store, **MEANING)
        assert_equal(store, here)
        mapped_again = store.remapped(here.connector(**MEANING))
        assert differences({id: store.items[id] for id in here.site.cards}, mapped_again.items) == []
        assert {id: mapped_again.changes.get(id, {}) for id in here.site.cards} == {
            id: store.changes.get(id, {}) for id in here.site.cards
        }


@BOUNDED
@given(seed=st.integers(0, 10**6), every=st.integers(1, 4), stops=st.lists(st.integers(1, 9), max_size=3))
def test_what_happens_during_pulls_arrives_with_the_next(
    monkeypatch: pytest.MonkeyPatch, seed: int, every: int, stops: list[int]
) -> None:
    """Deeds between requests, pulls stopped dead after some pages: one quiet pull mends all."""
    monkeypatch.setattr("pmsync.connectors.trello.client.SIZES", (4, 2))
    with world() as made:
        here = furnished(made)
        team, store = Team(here.site, seed), MemoryStore()
        team.act(30)
        asked = 0

        def disturb(_: object) -> None:
            nonlocal asked
            asked += 1
            if asked % every == 0:
                team.act(1)

        here.site.fault = disturb
        for pages in stops:
            store.sync(here.connector(**MEANING), pages=pages)
        here.sync(store, **MEANING)
        here.site.fault = None
        here.sync(store, **MEANING)
        assert_equal(store, here)
