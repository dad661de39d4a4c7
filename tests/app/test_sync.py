"""Sync: what was read is stored with its checkpoint; one source failing touches nobody's data, nor its own."""

from datetime import datetime

import pytest
from scripted import play

from builders import make_item
from pmsync.app.sync import SyncOptions, exit_code, sync
from pmsync.app.workspace import Workspace
from pmsync.connectors.interface import Page, Resume
from pmsync.errors import BusyError, CredentialsError, UnreachableError, UsageError
from pmsync.model import Absence, Change, Field, Outcome, Plan, Presence, Problem, SourceRun
from pmsync.store import ItemQuery, lock

BROKEN = UnreachableError("shop: no answer", hint="try later")


def ids(workspace: Workspace, source: str) -> list[str]:
    return [item.id for item in workspace.store.items(ItemQuery(sources=(source,)))]


def one(runs: list[SourceRun], source: str = "shop") -> SourceRun:
    return next(run for run in runs if run.source == source)


def test_items_of_all_sources_are_stored_and_counted(workspace: Workspace) -> None:
    play(shop=[[make_item("1"), make_item("2")], [make_item("3")]], desk=[[make_item("9", source="desk")]])

    runs = sync(workspace)

    assert ids(workspace, "shop") == ["1", "2", "3"]
    assert ids(workspace, "desk") == ["9"]
    assert (one(runs).created, one(runs).stored, one(runs).result) == (3, 3, Outcome.OK)
    assert one(runs).watermark == workspace.now
    assert exit_code(runs) == 0


def test_a_second_sync_finds_everything_unchanged(workspace: Workspace) -> None:
    play(shop=[[make_item("1")]], desk=[])
    sync(workspace)
    run = one(sync(workspace, ["shop"], SyncOptions(full=True)))
    assert (run.created, run.updated, run.unchanged) == (0, 0, 1)


class TestFailure:
    def test_what_was_read_before_stays_and_the_next_run_goes_on(self, workspace: Workspace) -> None:
        play(shop=[[make_item("1")], BROKEN], desk=[])
        assert one(sync(workspace)).result is Outcome.FAILED
        assert ids(workspace, "shop") == ["1"]

        play(shop=[[make_item("1")], [make_item("2")]], desk=[])
        run = one(sync(workspace))

        assert (run.result, run.fetched) == (Outcome.OK, 1)
        assert ids(workspace, "shop") == ["1", "2"]

    def test_the_other_source_is_stored(self, workspace: Workspace) -> None:
        play(shop=[BROKEN], desk=[[make_item("9", source="desk")]])
        runs = sync(workspace)
        assert ids(workspace, "desk") == ["9"]
        assert exit_code(runs) == 6

    def test_it_is_told_with_sentence_and_hint(self, workspace: Workspace) -> None:
        play(shop=[BROKEN], desk=[])
        assert one(sync(workspace)).problems == (Problem(where="shop", what="no answer", fix="try later"),)

    def test_all_sources_failing_alike_give_their_own_exit_code(self, workspace: Workspace) -> None:
        play(shop=[CredentialsError("no")], desk=[CredentialsError("no")])
        assert exit_code(sync(workspace)) == 4

    def test_the_run_is_kept_for_reports(self, workspace: Workspace) -> None:
        play(shop=[BROKEN], desk=[])
        sync(workspace)
        assert workspace.store.last_runs()["shop"].result is Outcome.FAILED

    def test_a_bug_in_a_connector_is_no_failure_of_a_source(self, workspace: Workspace) -> None:
        play(shop=[ZeroDivisionError()], desk=[[make_item("9", source="desk")]])
        with pytest.raises(ZeroDivisionError):
            sync(workspace)
        assert ids(workspace, "desk") == ["9"]


class TestAbsence:
    def gone(self, count: int) -> Page:
        absences = tuple(Absence(item_id=str(number), presence=Presence.GONE) for number in range(count))
        return Page(absences=absences)

    def test_a_confirmed_verdict_takes_an_item_from_the_lists_and_keeps_it(self, workspace: Workspace) -> None:
        play(shop=[[make_item(str(number)) for number in range(3)], self.gone(1)], desk=[])
        run = one(sync(workspace))
        assert run.gone == 1
        assert ids(workspace, "shop") == ["1", "2"]
        assert workspace.store.count("shop", None) == 3

    def test_too_many_at_once_are_all_kept_and_the_run_says_so(self, workspace: Workspace) -> None:
        play(shop=[[make_item(str(number)) for number in range(40)], self.gone(30)], desk=[])
        run = one(sync(workspace))
        assert (run.gone, run.result, run.exit_code) == (0, Outcome.PARTIAL, 6)
        assert "30 items would vanish" in run.problems[0].what
        assert workspace.store.count("shop") == 40

    def test_many_in_small_portions_are_as_suspicious_as_many_at_once(self, workspace: Workspace) -> None:
        items = [make_item(str(number)) for number in range(40)]
        portions = [Page(absences=(Absence(item_id=item.id, presence=Presence.GONE),)) for item in items]
        play(shop=[items, *portions], desk=[])
        run = one(sync(workspace))
        assert (run.gone, run.result, len(run.problems)) == (10, Outcome.PARTIAL, 1)
        assert "40 items would vanish" in run.problems[0].what


def test_a_dry_run_counts_and_writes_nothing(workspace: Workspace) -> None:
    play(shop=[[make_item("1")]], desk=[])
    run = one(sync(workspace, ["shop"], SyncOptions(dry_run=True)))
    assert run.created == 1
    assert ids(workspace, "shop") == []
    assert workspace.store.last_runs() == {}
    assert workspace.store.checkpoint("shop") == {}


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_connector_that_asks_is_told_what_it_has_just_handed_over(workspace: Workspace, dry_run: bool) -> None:
    known: dict[str, datetime] = {}

    def ask(resume: Resume) -> Page:
        known.update(resume.stamps())
        return Page()

    play(shop=[[make_item("1")], [make_item("2")], ask], desk=[])
    sync(workspace, ["shop"], SyncOptions(dry_run=dry_run))
    assert set(known) == {"1", "2"}


def test_overlapping_runs_are_refused(workspace: Workspace) -> None:
    play(shop=[], desk=[])
    with lock(workspace.address), pytest.raises(BusyError, match="writing this store"):
        sync(workspace)


def test_a_source_that_is_not_in_the_config_is_refused_with_the_nearest_name(workspace: Workspace) -> None:
    with pytest.raises(UsageError) as caught:
        sync(workspace, ["shpo"])
    assert caught.value.hint == 'Did you mean "shop"?'


def test_progress_is_told_page_by_page(workspace: Workspace) -> None:
    play(shop=[[make_item("1")], Page(expected=7)], desk=[])
    told: list[tuple[str, int, int | None]] = []
    sync(workspace, ["shop"], progress=lambda *news: told.append(news))
    assert told[0] == ("shop", 1, None)
    assert told[1] == ("shop", 1, 7)


def test_a_page_may_ask_to_map_everything_again(workspace: Workspace) -> None:
    """History that today's mapping would not tell any more goes; what is gone stays gone."""
    play(shop=[[make_item("1"), make_item("2")]], desk=[])
    sync(workspace)
    old = Change(id="c", item_id="1", field=Field.POINTS, at=workspace.now, after="8")
    gone = Absence(item_id="2", presence=Presence.GONE)
    workspace.store.apply("shop", Plan(changes=(old,), absences=(gone,), at=workspace.now))

    play(shop=[[], Page(remap=True)], desk=[])
    sync(workspace)

    assert list(workspace.store.changes("shop")) == []
    assert ids(workspace, "shop") == ["1"]
    assert workspace.store.count("shop", Presence.GONE) == 1
