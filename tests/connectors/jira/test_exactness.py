"""Whatever people do to the tracker between and during runs, after the last run the store equals it."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.jira.conftest import World, small_pages, world
from connectors.jira.truth import assert_equal
from fakes import FakeStore
from pmsync.demo.jira.crowd import generate
from pmsync.demo.server import Request, Response
from pmsync.model import Presence

ZONES = (
    "Etc/GMT+12",
    "Pacific/Kiritimati",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
)
SCOPES: tuple[dict[str, Any], ...] = (
    {},
    {"projects": ("10000",)},
    {"boards": ("1", "2")},
    {"projects": ("10001",), "boards": ("1",), "jql": 'created >= "2026-03-20 10:30"'},
)
FILTERS = ("project = WEB ORDER BY Rank", "project in (PAY, 10001)", "labels in (a, b)", "sprint in openSprints()")

EXAMPLES = int(os.environ.get("PMSYNC_EXAMPLES", "12"))
"""Set it higher for a long night."""


def disturb(here: World, random: Random) -> str:
    """Somebody does something."""
    site = here.site
    visible = [issue for issue in site.issues.values() if not issue.hidden]
    keys = [issue.key for issue in visible if not issue.archived]
    key, other = random.choice(keys), random.choice(keys)
    deeds: dict[str, Any] = {
        "create": lambda: site.create(random.choice(["10000", "10001"]), "Task", f"New {random.random()}", by="petra"),
        "edit": lambda: site.edit(key, summary=f"Edited {random.random()}", points=float(random.randint(1, 13))),
        "labels": lambda: site.edit(key, labels=random.sample(["a", "b", "c", "d"], 2)),
        "transition": lambda: site.transition(key, random.choice(["To Do", "In Progress", "In Review", "Done"])),
        "comment": lambda: site.comment(key, "words"),
        "say no more": lambda: site.uncomment(key),
        "work": lambda: site.log_work(key, 600),
        "sprint": lambda: site.add_to_sprint(key, random.choice(list(site.tables["sprint"]))),
        "link": lambda: site.link(key, "Blocks", other) if key != other else None,
        "move": lambda: site.move(key, _other_project(site, key)),
        "delete": lambda: site.delete(key) if len(keys) > 12 else None,
        "archive": lambda: site.archive(key),
        "unarchive": lambda: [site.archive(issue.key, archived=False) for issue in visible if issue.archived][:1],
        "hide": lambda: site.restrict(key) if len(keys) > 12 else None,
        "show": lambda: [site.restrict(i.key, hidden=False) for i in list(site.issues.values()) if i.hidden][:1],
        "filter": lambda: site.refilter("2", random.choice(FILTERS)),
        "sprint ends": lambda: site.rename(
            "sprint", random.choice(list(site.tables["sprint"])), "Over", state="closed"
        ),
        "re-key": lambda: site.rename_key("10000", f"PAY{len(site.keys)}"),
    }
    deed = random.choice([*deeds, "edit", "transition", "comment", "create"])
    deeds[deed]()
    return deed


def _other_project(site: Any, key: str) -> str:
    now = site.issue(key).values["project"]
    return "10001" if now == "10000" else "10000"


def disturbed(here: World, random: Random, every: int) -> None:
    """From now on pages are short, and something happens every few requests, while they are under way."""
    count = [0]

    def fault(request: Request) -> Response | None:
        count[0] += 1
        if every and count[0] % every == 0:
            here.clock.pass_by(seconds=random.randint(0, 3))
            disturb(here, random)
        if not request.path.endswith(("/2/search", "/search/jql")) or not request.json()["maxResults"]:
            return None
        return here.site.handle(replace(request, body=msgspec.json.encode({**request.json(), "maxResults": 9})))

    here.site.fault = fault


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
@given(
    seed=st.integers(0, 2**32),
    zone=st.sampled_from(ZONES),
    lag=st.sampled_from([0, 5, 300]),
    scope=st.sampled_from(SCOPES),
    runs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 90), st.integers(0, 8), st.booleans()), max_size=5),
)
def test_after_the_last_run_the_store_equals_the_tracker(deployment, seed, zone, lag, scope, runs):
    """Each run: some deeds before it, minutes that pass, a page after which it is killed, and deeds while it reads."""
    play(deployment, seed, zone, lag, runs, scope)


@pytest.mark.parametrize(
    ("deployment", "seed", "zone", "lag", "runs"),
    [
        ("cloud", 581674532, "Europe/Berlin", 5, [(3, 18, 6, False), (1, 73, 4, True), (5, 56, 0, True)]),
        ("datacenter", 491, "Etc/GMT+12", 5, [(3, 23, 6, True)]),
        ("datacenter", 27768, "America/New_York", 5, [(5, 80, 7, False), (2, 11, 4, True), (0, 44, 6, True)]),
        ("cloud", 244385, "Australia/Lord_Howe", 300, [(4, 4, 0, True)]),
        (
            "datacenter",
            952,
            "Pacific/Kiritimati",
            300,
            [(1, 73, 8, False), (5, 37, 1, True), (5, 7, 2, False), (5, 85, 4, True), (5, 56, 4, True)],
        ),
    ],
)
def test_what_was_lost_once_is_not_lost_again(deployment, seed, zone, lag, runs):
    """Histories that once ended with another store than tracker."""
    play(deployment, seed, zone, lag, runs)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
@pytest.mark.parametrize("zone", ZONES)
def test_in_no_zone_is_anything_lost(deployment, zone):
    """Runs that people disturb, some killed, wherever the reader lives: from twelve hours behind to fourteen ahead."""
    play(deployment, len(zone), zone, 5, [(4, 30, 0, True), (3, 20, 4, True), (2, 5, 0, True)])


def play(deployment, seed, zone, lag, runs, scope=SCOPES[0]):
    random = Random(seed)
    with (
        world(deployment, user_zone=zone, index_lag=timedelta(seconds=lag), fill=generate(40)) as here,
        pytest.MonkeyPatch.context() as patch,
    ):
        small_pages(patch, issues=7)
        store = FakeStore()
        for deeds, minutes, killed_after, busy in runs:
            for _ in range(deeds):
                here.clock.pass_by(seconds=random.randint(0, 40))
                disturb(here, random)
            here.clock.pass_by(minutes=minutes)
            disturbed(here, random, 3 if busy else 0)
            store.sync(here.connector(**scope), pages=killed_after or None)
            here.site.fault = None
        here.clock.pass_by(seconds=lag + 1)
        store.sync(here.connector(**scope), sweep=True)
        assert_equal(store, here.site, **scope)
        assert not store.problems
        assert store.expected == len(store.here())
        assert store.sync(here.connector(**scope)).written == []


def clock_changes(zone: str) -> list[datetime]:
    """The hours of a year in which the clocks of a zone change."""
    hours = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hour for hour, (before, after) in zip(hours, pairwise(offsets), strict=False) if before != after]


@pytest.mark.parametrize("change", [0, 1])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_daylight_saving_loses_nothing(change, zone):
    """Edits every 20 minutes while clocks change, a run after each."""
    with world(user_zone=zone, fill=generate(20)) as here:
        store = FakeStore().sync(here.connector())
        here.clock.time = clock_changes(zone)[change] - timedelta(hours=1)
        key = next(iter(here.site.issues.values())).key
        for number in range(12):
            here.clock.pass_by(minutes=20)
            here.site.edit(key, summary=f"Edit {number}")
            store.sync(here.connector())
            assert_equal(store, here.site)


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_a_random_page_nothing_is_lost(seed, monkeypatch):
    """Runs that die at a random place, several times each, while people go on working; no sweep has to mend it."""
    random = Random(seed)
    small_pages(monkeypatch, issues=3)
    with world(fill=generate(40)) as here:
        store = FakeStore()
        for _ in range(3):
            store.sync(here.connector(), pages=random.randint(1, 12))
            here.clock.pass_by(minutes=1)
            disturb(here, random)
        store.sync(here.connector())  # ends the run that was interrupted
        store.sync(here.connector())  # and catches up
        assert_equal(store, here.site)


def test_what_vanished_is_told_apart(both):
    with_ = both.site
    store = FakeStore().sync(both.connector(projects=("PAY",)))
    keys = sorted(item.key for item in store.items.values() if item.type_name != "Sub-task")
    gone, archived, moved = keys[-1], keys[-2], keys[-3]
    ids = {key: item.id for item in store.items.values() for key in [item.key]}
    both.clock.pass_by(hours=1)
    with_.archive(archived)
    with_.move(moved, "WEB")
    with_.delete(gone)
    store.sync(both.connector(projects=("PAY",)))
    assert store.items[ids[gone]].presence is Presence.GONE
    assert store.items[ids[archived]].presence is Presence.ARCHIVED
    assert store.items[ids[moved]].presence is Presence.MOVED
    assert store.items[ids[moved]].key.startswith("WEB-")
    assert moved in store.items[ids[moved]].aliases
    both.clock.pass_by(days=2)
    with_.archive(archived, archived=False)
    store.sync(both.connector(projects=("PAY",)))
    assert store.items[ids[archived]].presence is Presence.HERE


def test_a_new_scope_fetches_exactly_what_is_new(cloud):
    store = FakeStore().sync(cloud.connector(projects=("PAY",)))
    before = set(store.items)
    cloud.clock.pass_by(hours=1)
    start = len(cloud.server.log)
    store.sync(cloud.connector(projects=("PAY", "WEB")))
    assert set(store.written) == set(store.items) - before
    assert sum("bulkfetch" in line for line in cloud.server.log[start:]) == 1
    assert_equal(store, cloud.site)
    store.sync(cloud.connector(projects=("WEB",)))
    assert {item.presence for item in store.items.values() if item.key.startswith("PAY")} == {Presence.MOVED}
    assert_equal(store, cloud.site, projects=("10001",))


def test_renames_show_without_touching_items(both):
    store = FakeStore().sync(both.connector())
    site, status = both.site, "In Review"
    both.clock.pass_by(hours=1)
    site.rename("status", status, "Peer review")
    site.rename("sprint", "PAY Sprint 2", "The long one")
    site.rename("version", next(iter(site.tables["version"].values()))["name"], "Spring")
    store.sync(both.connector())
    assert store.written == []
    assert "Peer review" in {stage.name for stage in store.catalog.stages.values()}
    assert "The long one" in {sprint.name for sprint in store.catalog.sprints.values()}
    assert "Spring" in {version.name for version in store.catalog.versions.values()}


def test_a_re_keyed_project_gives_new_keys_and_aliases(both):
    store = FakeStore().sync(both.connector())
    both.clock.pass_by(hours=1)
    both.site.rename_key("PAY", "CASH")
    store.sync(both.connector())
    assert_equal(store, both.site)
    item = next(item for item in store.items.values() if item.key == "CASH-3")
    assert "PAY-3" in item.aliases


def test_boards_scope_by_their_filters(both):
    boards = [row["name"] for row in both.site.tables["board"].values()]
    store = FakeStore().sync(both.connector(boards=tuple(boards)))
    assert store.items
    assert all(item.board_ids for item in store.items.values())
    both.clock.pass_by(hours=1)
    key = next(iter(store.items.values())).key
    both.site.edit(key, summary="Changed")
    store.sync(both.connector(boards=tuple(boards)))
    assert len(store.written) == 1


def test_jql_narrows(both):
    store = FakeStore().sync(both.connector(projects=("PAY",), jql="issuetype = Bug ORDER BY rank"))
    assert {item.type_name for item in store.items.values()} == {"Bug"}
