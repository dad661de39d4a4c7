"""Report: what is kept of it, how fresh its data are, and whose it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted import play

from builders import at, make_item
from pmsync.app.report import Request, last_runs, make_report, read_facts, refuse_stale
from pmsync.app.roles import summary
from pmsync.app.sync import SyncOptions, sync
from pmsync.app.workspace import Workspace, open_workspace
from pmsync.errors import StaleError, UnreachableError
from pmsync.model import Board, Catalog, Category, ItemRef, Link, Outcome, Person, Plan, Presence, Stage

PEOPLE = "people: {anna: {name: Anna Berg, shop: a1, desk: anna_b}}\n"


@pytest.fixture
def synced(workspace: Workspace) -> Workspace:
    play(shop=[[make_item("1"), make_item("2")]], desk=[])
    sync(workspace)
    return workspace


class TestKept:
    def test_a_report_is_kept_with_its_facts(self, synced: Workspace) -> None:
        report = make_report(synced, Request(name="status"))
        kept = synced.store.last_report("status", "all boards, last 7 days (project-manager)")
        assert kept
        assert (kept.as_of, kept.markdown) == (synced.now, report.text("md"))
        assert json.loads(kept.facts)["total"] == 2

    @pytest.mark.parametrize(
        ("other", "scope"),
        [
            ({"source": ("shop",)}, "all boards of shop, last 7 days (project-manager)"),
            ({"role": "po"}, "all boards, PO work only, last 7 days (project-manager)"),
            ({"period": "last 30 days"}, "all boards, last 30 days (project-manager)"),
            ({"scheme": "combined"}, "all boards, last 7 days (combined)"),
        ],
    )
    def test_another_report_does_not_take_its_place(self, synced: Workspace, other: dict[str, Any], scope: str) -> None:
        make_report(synced, Request(name="status"))
        make_report(synced, Request(name="status", **other))
        assert synced.store.last_report("status", "all boards, last 7 days (project-manager)")
        assert synced.store.last_report("status", scope)


class TestFreshness:
    def test_a_failure_does_not_unread_what_was_read_before(self, synced: Workspace) -> None:
        play(shop=[UnreachableError("shop: down")], desk=[])
        sync(synced, ["shop"], SyncOptions(full=True))
        run = last_runs(synced)["shop"]
        assert (run.result, run.watermark) == (Outcome.FAILED, synced.now)

    def test_what_was_never_read_is_too_old(self, workspace: Workspace) -> None:
        with pytest.raises(StaleError) as caught:
            refuse_stale(workspace, ["shop"], "1d")
        assert caught.value.problems == ("shop: never read to the end",)


class TestPeople:
    @pytest.fixture
    def both(self, config: Path) -> Iterator[Workspace]:
        """Anna has an item in each of two trackers."""
        config.write_text(config.read_text() + PEOPLE)
        play(
            shop=[[make_item("1", assignee_ids=("a1",))]],
            desk=[[make_item("2", source="desk", key="D-2", assignee_ids=("t1",))]],
        )
        with open_workspace(config, now=at(20, 12)) as workspace:
            sync(workspace)
            accounts = {"shop": Person(id="a1", name="A. Berg"), "desk": Person(id="t1", name="anna", handle="anna_b")}
            doing = Stage(id="10", name="Doing", category=Category.ACTIVE)
            for source, person in accounts.items():
                catalog = Catalog(people={person.id: person}, stages={"10": doing})
                workspace.store.apply(source, Plan(catalog=catalog, at=workspace.now))
            yield workspace

    def test_one_human_has_one_name_and_one_row_in_every_figure(self, both: Workspace) -> None:
        facts = json.loads(make_report(both, Request(name="status")).text("json"))
        anna = {"id": "anna", "name": "Anna Berg"}
        assert [line["item"]["assignees"] for line in facts["doing"]] == [[anna], [anna]]
        assert [(row["person"], row["doing"]) for row in facts["load"]] == [(anna, 2)]


class TestHats:
    @pytest.mark.parametrize(
        ("asked", "watched"),
        [({}, 14), ({"scheme": "combined"}, 14), ({"scheme": "project-manager"}, None), ({"role": "po"}, None)],
        ids=["a file that extends combined", "combined", "one hat by scheme", "one hat by --role"],
    )
    def test_the_scheme_in_use_decides_on_the_balance(
        self, synced: Workspace, asked: dict[str, str], watched: int | None
    ) -> None:
        (synced.settings.folder / "ours.yaml").write_text("name: ours\nextends: combined\n")
        request = {"scheme": "ours.yaml", **asked}
        report = make_report(synced, Request(name="po", **request))
        found = json.loads(report.text("json"))["balance"]
        assert (found and len(found["untouched"])) == watched
        assert ("Delivery hat " in report.text("md")) is (watched is not None)

    def test_it_is_the_balance_that_roles_show_gives(self, workspace: Workspace) -> None:
        archived = {"archived": True, "presence": Presence.ARCHIVED}
        play(shop=[[make_item("1"), make_item("2", done_at=at(2), **archived)]], desk=[])
        sync(workspace)
        shown, told = summary(workspace, "combined"), read_facts(workspace, Request(name="po", scheme="combined"))
        assert (shown["items"], sum(shown["balance"].delivered.values())) == (1, 1)
        assert told.balance
        for name in ("open", "delivered", "untouched"):
            assert getattr(told.balance, name) == getattr(shown["balance"], name)


class TestPart:
    def test_a_report_on_one_board_knows_what_blocks_from_another(self, workspace: Workspace) -> None:
        by = Link(type="blocks", direction="in", target=ItemRef(key="OLD-1", id="1"))
        boards = {id: Board(id=id, name=f"Board {id}", kind="scrum") for id in "12"}
        items = [make_item("1", board_ids=("1",)), make_item("2", board_ids=("2",), links=(by,))]
        play(shop=[items], desk=[])
        sync(workspace)
        workspace.store.apply("shop", Plan(catalog=Catalog(boards=boards), at=workspace.now))
        facts = json.loads(make_report(workspace, Request(name="status", board=("Board 2",))).text("json"))
        (line,) = facts["blocked"]
        assert (facts["total"], line["item"]["key"], line["blocked_by"]) == (1, "PAY-2", ["PAY-1"])
