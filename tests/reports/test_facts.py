from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from builders import at, make_change
from pmsync.model import (
    Category,
    Change,
    Field,
    Item,
    ItemRef,
    ItemType,
    Link,
    Outcome,
    Presence,
    Problem,
    Role,
    Stage,
    Version,
)
from pmsync.model.period import Period
from pmsync.reports.build import age_words
from pmsync.reports.entries import SourceData
from pmsync.reports.facts import Facts, Line
from pmsync.roles import Untouched
from reports.sample import AS_OF, JIRA, STAGES, WEEK, facts, moved, run, sources, story, two_hats

FULL = facts()


def keys(lines: tuple[Line, ...]) -> list[str]:
    return [line.item.key for line in lines]


def of(
    *items: Item, changes: dict[str, Any] | None = None, catalog: Any = JIRA, source_run: Any = None, **fields: Any
) -> Facts:
    """The facts of a source that was read completely a moment ago."""
    plain = replace(catalog, sprints={}, versions=catalog.versions if catalog is not JIRA else {})
    whole = source_run or run("shop", len(items))
    data = SourceData(name="shop", kind="jira", catalog=plain, items=items, changes=changes or {}, run=whole)
    return facts([data], **fields)


def other_change(id: str, field: Field, when: datetime, before: str | None, after: str | None) -> Change:
    return make_change("x", id, field=field, at=when, before=before, after=after, before_id=None, after_id=None)


def state(found: Facts, dimension: str) -> str:
    return next(rag.state for rag in found.health.dimensions if rag.dimension == dimension)


def test_each_section_holds_what_belongs_there() -> None:
    assert [(group.title, keys(group.lines)) for group in FULL.done] == [
        ("Checkout v2", ["PAY-2", "PAY-3"]),
        ("Launch plan", ["kX1"]),
    ]
    assert keys(FULL.doing) == ["PAY-4", "PAY-5", "kX2"]
    assert keys(FULL.next) == ["PAY-10", "PAY-6", "PAY-9", "PAY-7"]
    assert keys(FULL.asks) == ["PAY-6"]
    assert keys(FULL.blocked) == ["PAY-5", "PAY-9"]
    assert (keys(FULL.overdue), keys(FULL.due_soon)) == (["PAY-4"], ["kX2", "PAY-6"])
    assert keys(FULL.risks) == ["PAY-8"]
    assert keys(FULL.changes.added) == ["PAY-7", "PAY-8", "PAY-10"]
    assert [(keys((move.line,)), str(move.before), str(move.after)) for move in FULL.changes.moved] == [
        (["PAY-4"], "2026-04-30", "2026-05-05")
    ]


def test_lines_say_how_long_and_why() -> None:
    blocked, waiting = FULL.blocked
    assert (blocked.blocked_since, blocked.blocked_days, blocked.age) == (date(2026, 5, 3), 6, 9)
    assert (waiting.blocked_by, waiting.blocked_since) == (("PAY-5",), None)
    assert [line.cycle for group in FULL.done for line in group.lines] == [17, 9, 16]
    assert FULL.risks[0].exposure == 12


def test_a_sprint_adds_up() -> None:
    (sprint,) = FULL.sprints
    assert (sprint.committed, sprint.added, sprint.completed, sprint.carried, sprint.days_left) == (18, 3, 8, 13, 2)


def test_roles_are_counted_and_doubtful_ones_listed() -> None:
    assert keys(FULL.po.review) == ["PAY-10"]
    assert {duty.name: (duty.open, duty.done) for duty in FULL.po.duties}["stories"] == (3, 1)
    assert FULL.pm.title == "Project manager"
    assert facts(scheme="product-manager").pm.title == "Product manager"


def test_two_hats_are_balanced_as_of_the_instant() -> None:
    found = two_hats().balance
    assert found
    assert (found.open, found.delivered) == ({Role.PO: 0.6, Role.PM: 0.4}, {Role.PO: 1.0, Role.PM: 0.0})
    days = {row.duty: row.days for row in found.untouched}
    assert (days["schedule"], days["roadmap"], days["accept"], days["vision"]) == (6, 3, 1, None)
    assert (keys(found.self_accepted), found.closer_unknown, found.touched_since) == (["PAY-2"], 1, 0)


def test_the_balance_of_an_earlier_day_says_what_it_cannot_know() -> None:
    early = two_hats(as_of=at(1, 12))
    assert early.balance
    assert (early.balance.self_accepted, Untouched("accept", 2) in early.balance.untouched) == ((), True)
    assert early.balance.touched_since == 9


@pytest.mark.parametrize("fields", [{"scheme": "project-manager"}, {"scheme": "product-manager"}, {"one_hat": True}])
def test_without_two_hats_there_is_no_balance(fields: dict[str, Any]) -> None:
    assert two_hats(**fields).balance is None


def test_nothing_to_balance_is_no_share() -> None:
    empty = facts([], scheme="combined").balance
    assert empty
    assert (empty.open, empty.delivered, {row.days for row in empty.untouched}) == ({}, {}, {None})


def test_the_agenda_has_each_item_once_the_most_urgent_first() -> None:
    told = [(topic.line.item.key if topic.line else topic.name, topic.reason) for topic in FULL.agenda]
    assert told == [
        ("PAY-6", "decision needed"),
        ("PAY-5", "blocked for 6 days"),
        ("PAY-9", "blocked by PAY-5"),
        ("PAY-4", "overdue for 3 days"),
        ("PAY-8", "new risk"),
        ("PAY-10", "added to the sprint"),
    ]


def test_every_hole_in_the_data_is_named() -> None:
    told = " / ".join(f"{gap.source} {gap.what}" for gap in FULL.missing)
    for part in (
        "marketing board Old plan: no permission to read it.",
        "marketing was last read completely 3 days ago",
        "marketing holds 3 items, the tracker says 5",
        "marketing stages that mean nothing yet: l9",
        "marketing stages guessed by their name: Doing",
        "shop 9 of 19 items have no role",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"result": Outcome.FAILED}, "the last sync ended as failed"),
        ({"watermark": None}, "never been read completely"),
        ({"problems": (Problem(where="x", what="gone."),)}, "x: gone."),
        ({"expected": 9}, "the tracker says 9"),
    ],
)
def test_a_source_with_holes_makes_nothing_green(fields: dict[str, Any], told: str) -> None:
    item = story("1", "Work", due=date(2026, 6, 1))
    assert state(of(item), "schedule") == "green"
    found = of(item, source_run=run("shop", 1, **fields))
    assert any(told in gap.what for gap in found.missing)
    assert state(found, "schedule") == "unknown"


def test_a_source_that_was_never_read_is_missing() -> None:
    data = replace(sources()[0], run=None)
    assert facts([data]).freshness[0].result == "never read"
    assert any("never been read" in gap.what for gap in facts([data]).missing)
    assert facts([]).missing


def test_what_cannot_be_counted_is_named() -> None:
    undated = story("1", "Closed some day", stage_id="30")
    cut = story("2", "Old card", stage_id="20", history_complete_from=at(3))
    odd = story("3", "Ticked too early", stage_id="20", done_at=at(2))
    told = [gap.what for gap in of(undated, cut, odd, changes={"3": moved("3", (at(4), "20"))}).missing]
    assert any("1 finished before they were started" in what for what in told)
    assert any("1 closed, but nobody knows when" in what for what in told)
    assert any("1 with a history that begins late" in what for what in told)


def test_a_report_can_be_made_for_an_earlier_day() -> None:
    earlier = facts(as_of=datetime(2026, 5, 5, 15, tzinfo=AS_OF.tzinfo))
    assert keys(earlier.done[0].lines) == ["kX1"]
    assert keys(earlier.doing) == ["PAY-2", "PAY-4", "PAY-3", "PAY-5", "kX2"]
    assert "PAY-7" not in keys(earlier.next)


def test_gone_items_leave_reports_and_stay_in_earlier_ones() -> None:
    gone = story("1", "Gone", presence=Presence.GONE, presence_since=at(7))
    assert of(gone).total == 0
    assert of(gone, as_of=at(6)).total == 1


def test_archived_cards_of_a_done_list_still_count() -> None:
    card = story("2", "Live", stage_id="30", archived=True, presence=Presence.ARCHIVED, presence_since=at(7))
    assert of(card, changes={"2": moved("2", (at(4), "20"), (at(6), "30"))}).done_count == 1


def test_epics_and_sub_tasks_are_not_counted() -> None:
    done = {"2": moved("2", (at(4), "20"), (at(6), "30"))}
    for kind in (ItemType.EPIC, ItemType.SUBTASK):
        assert of(story("2", "Not a leaf", type=kind, stage_id="30"), changes=done).done_count == 0


def test_reopened_and_dropped_work_is_told() -> None:
    back = moved("1", (at(1), "20"), (at(2), "30"), (at(5), "20"))
    dropped = story("2", "Dropped", stage_id="30", resolution="Won't do")
    found = of(story("1", "Back", stage_id="20"), dropped, changes={"1": back, "2": moved("2", (at(6), "30"))})
    assert (keys(found.changes.reopened), keys(found.changes.removed), found.done_count) == (["PAY-1"], ["PAY-2"], 0)


def test_days_are_those_of_the_time_zone() -> None:
    night = {"1": moved("1", (at(1), "20"), (datetime(2026, 5, 3, 22, 30, tzinfo=AS_OF.tzinfo), "30"))}
    assert of(story("1", "Late", stage_id="30"), changes=night).done_count == 1


def test_blocked_by_stage_label_and_links() -> None:
    stopped = Stage(id="40", name="Blocked by legal", category=Category.WAIT)
    catalog = replace(JIRA, stages={**STAGES, "40": stopped}, versions={})
    labelled = make_change(
        "l", "2", field=Field.LABEL, at=at(4), before=None, after="blocked", before_id=None, after_id=None
    )
    closed = Link(type="Blocks", direction="in", target=ItemRef(key="PAY-9"))
    found = of(
        story("1", "Stage", stage_id="40"),
        story("2", "Label", labels=("blocked",)),
        story("3", "Link to what is not here", links=(closed,)),
        changes={"1": moved("1", (at(6), "40")), "2": (labelled,)},
        catalog=catalog,
    )
    assert [(line.item.key, line.blocked_since) for line in found.blocked] == [
        ("PAY-2", date(2026, 5, 4)),
        ("PAY-1", date(2026, 5, 6)),
    ]


def bug(id: str, created: datetime, **fields: Any) -> Item:
    return story(id, "Bug", type=ItemType.BUG, created=created, **fields)


def risk(impact: float | str) -> Item:
    return story("1", "Risk", type=ItemType.RISK, custom_fields={"Impact": impact, "likelihood": 4.0})


def owned(count: int) -> list[Item]:
    return [story(str(number), "Work", stage_id="20", assignee_ids=("u1",)) for number in range(count)]


def version(day: str, **fields: Any) -> Any:
    return replace(JIRA, versions={"v": Version(id="v", name="Beta", release_date=day, **fields)})


def due_move(before: str | None) -> dict[str, tuple[Change, ...]]:
    return {
        "1": (
            make_change(
                "d", field=Field.DUE, at=at(6), before=before, after="2026-06-01", before_id=None, after_id=None
            ),
        )
    }


@pytest.mark.parametrize(
    ("dimension", "expected", "items", "more"),
    [
        ("schedule", "unknown", [story("1", "No date")], {}),
        ("schedule", "unknown", [], {"catalog": version("2026-06-02")}),
        ("schedule", "green", [story("1", "Later", due=date(2026, 6, 1))], {}),
        ("schedule", "amber", [story("1", "Late", due=date(2026, 5, 7))], {}),
        ("schedule", "green", [story("1", "Today", due=date(2026, 5, 8))], {}),
        ("schedule", "amber", [story("1", "Moved", due=date(2026, 6, 1))], {"changes": due_move("2026-05-20")}),
        ("schedule", "green", [story("1", "Dated", due=date(2026, 6, 1))], {"changes": due_move(None)}),
        ("schedule", "red", [story("1", "x")], {"catalog": version("2026-05-07")}),
        ("schedule", "green", [story("1", "x")], {"catalog": version("2026-05-07", released=True)}),
        ("cost", "unknown", [story("1", "x"), story("2", "x", estimate_seconds=10)], {}),
        ("cost", "green", [story("1", "x", estimate_seconds=100, spent_seconds=7)], {}),
        ("cost", "amber", [story("1", "x", estimate_seconds=100, spent_seconds=15)], {}),
        ("cost", "red", [story("1", "x", estimate_seconds=100, spent_seconds=16)], {}),
        ("quality", "unknown", [story("1", "No bug")], {}),
        ("quality", "red", [bug("1", at(5), priority="Highest")], {}),
        ("quality", "green", [bug("1", at(7), priority="Highest")], {}),
        ("quality", "green", [bug("1", at(5), priority="Low")], {}),
        ("quality", "amber", [bug("1", at(5)), bug("2", at(28, month=4))], {}),
        ("risk", "unknown", [story("1", "No risk")], {}),
        ("risk", "green", [risk(1.0)], {}),
        ("risk", "amber", [risk("Low")], {}),
        ("risk", "red", [risk(4.0)], {}),
        ("people", "unknown", [story("1", "Nobody")], {}),
        ("people", "green", owned(4), {}),
        ("people", "amber", owned(5), {}),
        ("people", "red", owned(9), {}),
    ],
)  # fmt: skip
def test_health_by_its_rules(dimension: str, expected: str, items: list[Item], more: dict[str, Any]) -> None:
    assert state(of(*items, **more), dimension) == expected


def test_overall_is_the_worst_known_and_unknown_when_too_little_is_known() -> None:
    assert FULL.health.overall == "red"
    assert of(story("1", "Later", due=date(2026, 6, 1))).health.overall == "unknown"


def test_flow_counts_complete_weeks() -> None:
    assert [week.count for week in FULL.flow.weeks] == [0, 1, 1, 2, 1, 3, 0, 1]
    assert FULL.flow.weeks[-1].label == "W18"
    assert (FULL.flow.wip, FULL.flow.n) == (3, 11)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(minutes=1), "just now"),
        (timedelta(minutes=14), "14 minutes ago"),
        (timedelta(minutes=119), "119 minutes ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=49), "2 days ago"),
    ],
)
def test_ages_in_words(age: timedelta, words: str) -> None:
    assert age_words(age) == words


def test_the_order_of_sources_does_not_matter() -> None:
    assert facts(sources()[::-1]) == FULL


@pytest.mark.parametrize(
    ("name", "scheme", "title"),
    [
        ("status", "combined", "Status"),
        ("po", "combined", "Product report"),
        ("pm", "project-manager", "Project manager report"),
        ("pm", "product-manager", "Product manager report"),
        ("./reports/board.md.j2", "project-manager", "board"),
    ],
)
def test_a_report_is_called_by_its_name(name: str, scheme: str, title: str) -> None:
    assert facts([], name=name, scheme=scheme).title == title


def test_a_part_of_the_work_leaves_out_what_belongs_to_the_rest() -> None:
    (shop, *_) = sources()
    part = facts([replace(shop, shown=frozenset({"9"}))])
    assert (part.total, part.sprints, part.milestones) == (1, (), ())
    assert [(line.item.key, line.blocked_by) for line in part.blocked] == [("PAY-9", ("PAY-5",))]


def test_done_work_is_told_under_its_epic_even_when_that_is_not_shown() -> None:
    (shop, *_) = sources()
    assert [group.title for group in facts([replace(shop, shown=frozenset({"2"}))]).done] == ["Checkout v2"]


def test_a_period_without_work_is_empty() -> None:
    quiet = facts(period=Period.parse("2025-W01", WEEK.start))
    assert (quiet.done, quiet.changes.added) == ((), ())
