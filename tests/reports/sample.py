# ruff: noqa: E501 (one item is one row)
"""A small but complete world for report tests: a product team in Jira and a marketing board in Trello, May 2026."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from builders import at, make_change, make_item
from pmsync.model import (
    Board,
    Catalog,
    Category,
    Change,
    Classification,
    Confidence,
    Field,
    Item,
    ItemRef,
    ItemType,
    Link,
    Outcome,
    Person,
    Problem,
    Role,
    SourceRun,
    Sprint,
    SprintState,
    Stage,
    Version,
    Worklog,
)
from pmsync.model.period import Period
from pmsync.reports.build import build_facts
from pmsync.reports.entries import SourceData
from pmsync.reports.facts import Facts
from pmsync.reports.meeting import MeetingFacts
from pmsync.reports.text import Markdown
from pmsync.roles import load_scheme

ZONE = ZoneInfo("Europe/Berlin")
AS_OF = datetime(2026, 5, 8, 15, 0, tzinfo=UTC)
WEEK = Period.parse("2026-W19", date(2026, 5, 8))

STAGES = {
    "10": Stage(id="10", name="To Do", category=Category.BACKLOG),
    "20": Stage(id="20", name="In Progress", category=Category.ACTIVE),
    "25": Stage(id="25", name="In Review", category=Category.ACTIVE),
    "30": Stage(id="30", name="Done", category=Category.DONE),
}
JIRA = Catalog(
    stages=STAGES,
    boards={"1": Board(id="1", name="PAY board", kind="scrum")},
    people={
        "u1": Person(id="u1", name="Anna Berg"),
        "u2": Person(id="u2", name="Li Wei"),
        "u3": Person(id="u3", name="Tom"),
    },
    sprints={
        "3": Sprint(
            id="3", name="Sprint 9", state=SprintState.ACTIVE, start=at(27, month=4), end=at(10), goal="Guests can pay"
        )
    },
    versions={
        "v1": Version(id="v1", name="Beta", release_date="2026-06-02"),
        "v2": Version(id="v2", name="Pilot", release_date="2026-05-04"),
    },
)
TRELLO = Catalog(
    stages={
        "l1": Stage(id="l1", name="Ideas", category=Category.BACKLOG),
        "l2": Stage(id="l2", name="Doing", category=Category.ACTIVE, guessed=True),
        "l3": Stage(id="l3", name="Live", category=Category.DONE),
    },
    boards={"b": Board(id="b", name="Launch plan", kind="trello")},
    people={"m1": Person(id="m1", name="Priya")},
)


def moved(id: str, *steps: tuple[datetime, str]) -> tuple[Change, ...]:
    """Status changes of an item, from stage to stage."""
    pairs = zip(["10", *(stage for _, stage in steps)], steps, strict=False)
    return tuple(
        make_change(f"{id}-{number}", id, at=when, before_id=before, after_id=after, before=before, after=after)
        for number, (before, (when, after)) in enumerate(pairs)
    )


def story(id: str, title: str, **fields: Any) -> Item:
    defaults: dict[str, Any] = {
        "title": title,
        "project_id": "1",
        "board_ids": ("1",),
        "created": at(6, month=4),
        "parent": ItemRef(key="PAY-1", id="1"),
        "stage_id": "10",
    }
    return make_item(id, **{**defaults, **fields})


def jira_items() -> tuple[list[Item], dict[str, Sequence[Change]]]:
    sprint = {"sprint_ids": ("3",)}
    items = [
        story("1", "Checkout v2", type=ItemType.EPIC, type_name="Epic", parent=None),
        story("2", "Guests can pay without an account", stage_id="30", points=5.0, assignee_ids=("u1",), **sprint),
        story("3", "Invoice as PDF", stage_id="30", points=3.0, assignee_ids=("u2",), version_ids=("v1",), **sprint),
        story("4", "Save a card for later", stage_id="25", points=8.0, assignee_ids=("u1",), due=date(2026, 5, 5), **sprint),
        story("5", "Vouchers in the basket", stage_id="20", flagged=True, points=2.0, assignee_ids=("u2", "u3"), **sprint),
        story("6", "Keep vouchers for the beta?", labels=("needs-decision",), due=date(2026, 5, 13)),
        story("7", "500 on /cart with an empty voucher", type=ItemType.BUG, type_name="Bug", created=at(6), priority="Low"),
        story("8", "Provider may miss its certification date", type=ItemType.RISK, type_name="Risk", parent=None,
              created=at(7), custom_fields={"Impact": 4.0, "Probability": "Medium"}),
        story("9", "Pay by bank transfer", due=date(2026, 5, 20), links=(Link(type="blocks", direction="in", target=ItemRef(key="PAY-5", id="5")),)),
        story("10", "Receipts by e-mail", created=at(5), points=3.0, version_ids=("v1",),
              worklogs=(Worklog(id="w", author_id="u1", started=at(6), seconds=5400),), **sprint),
    ]  # fmt: skip
    changes: dict[str, Sequence[Change]] = {
        "2": moved("2", (at(20, month=4), "20"), (at(6), "30")),
        "3": moved("3", (at(29, month=4), "20"), (at(4), "25"), (at(7), "30")),
        "4": (
            *moved("4", (at(22, month=4), "20"), (at(5), "25")),
            make_change("4-due", "4", field=Field.DUE, at=at(4), before="2026-04-30", after="2026-05-05", before_id=None, after_id=None),
        ),
        "5": (
            *moved("5", (at(30, month=4), "20")),
            make_change("5-flag", "5", field=Field.FLAG, at=at(3), before=None, after="Impediment", before_id=None, after_id=None),
        ),
        "10": (make_change("10-s", "10", field=Field.SPRINT, at=at(5, 12), before=None, before_id=None, after="Sprint 9", after_id="3"),),
    }  # fmt: skip
    for number, (month, day) in enumerate(
        [(3, 18), (3, 26), (4, 1), (4, 2), (4, 9), (4, 15), (4, 16), (4, 17), (4, 28)], 20
    ):
        items.append(
            story(str(number), f"Earlier work {number}", created=at(2, month=3), stage_id="30", assignee_ids=("u3",))
        )
        changes[str(number)] = moved(
            str(number), (at(day - 6 if day > 6 else 1, month=month), "20"), (at(day, month=month), "30")
        )
    return items, changes


def trello_items() -> tuple[list[Item], dict[str, Sequence[Change]]]:
    def card(id: str, title: str, stage: str, **fields: Any) -> Item:
        url = f"https://trello.example.org/c/{id}"
        return make_item(id, source="marketing", key=id, url=url, title=title, type=ItemType.TASK, type_name="Card",
                         stage_id=stage, board_ids=("b",), assignee_ids=("m1",), **fields)  # fmt: skip

    items = [
        card("kX1", "Landing page", "l3", created=at(13, month=4)),
        card("kX2", "Press kit | photos", "l2", due=date(2026, 5, 11)),
        card("kX3", "Print flyers", "l9"),
    ]
    changes = {
        "kX1": [make_change("t1", "kX1", at=at(20, month=4), before_id="l1", after_id="l2"),
                make_change("t2", "kX1", at=at(5), before_id="l2", after_id="l3")],
        "kX2": [make_change("t3", "kX2", at=at(4), before_id="l1", after_id="l2")],
    }  # fmt: skip
    return items, changes


def run(source: str, stored: int, **fields: Any) -> SourceRun:
    defaults: dict[str, Any] = {
        "result": Outcome.OK,
        "started": AS_OF - timedelta(minutes=14),
        "watermark": AS_OF - timedelta(minutes=14),
        "stored": stored,
        "expected": stored,
    }
    return SourceRun(source=source, **{**defaults, **fields})


def roles(items: Sequence[Item]) -> dict[str, Classification]:
    duties = ("roadmap", "stories", "schedule", "stories", "blocker", "scope", "fix", "risk", "stories", "unclear")
    return {
        item.id: Classification(
            scheme="project-manager",
            role=Role.PM if duty in ("schedule", "blocker", "fix", "risk") else Role.PO,
            duty=duty,
            confidence=Confidence.LOW if duty == "unclear" else Confidence.HIGH,
            rule="T3",
        )
        for item, duty in zip(items, duties, strict=False)
    }


def sources() -> list[SourceData]:
    items, changes = jira_items()
    cards, moves = trello_items()
    problem = Problem(where="board Old plan", what="no permission to read it.", fix="Ask its owner.")
    late = {"result": Outcome.PARTIAL, "watermark": AS_OF - timedelta(days=3), "expected": 5, "problems": (problem,)}
    return [
        SourceData(name="shop", kind="jira", catalog=JIRA, items=items, changes=changes, run=run("shop", 19), classifications=roles(items)),
        SourceData(name="marketing", kind="trello", catalog=TRELLO, items=cards, changes=moves, run=run("marketing", 3, **late), classifications=roles(cards)),
    ]  # fmt: skip


def facts(data: Sequence[SourceData] | None = None, **fields: Any) -> Facts:
    defaults: dict[str, Any] = {
        "name": "status",
        "period": WEEK,
        "as_of": AS_OF,
        "zone": ZONE,
        "scope": "all boards",
    }
    scheme = load_scheme(fields.pop("scheme", "project-manager"))
    return build_facts(sources() if data is None else data, scheme=scheme, **{**defaults, **fields})


def two_hats(data: Sequence[SourceData] | None = None, **fields: Any) -> Facts:
    """One person with two hats: of two verdicts one was closed by its assignee, the other by nobody knows whom."""
    shop, *rest = sources() if data is None else data
    verdict = Classification(scheme="combined", role=Role.PO, duty="accept", confidence=Confidence.HIGH, rule="T10")
    verdicts = {**shop.classifications, "2": verdict, "3": verdict}
    by_assignee = tuple(structs.replace(change, by_id="u1") for change in shop.changes["2"])
    shop = replace(shop, classifications=verdicts, changes={**shop.changes, "2": by_assignee})
    return facts([shop, *rest], **{"scheme": "combined", **fields})


def context(report: str, given: Facts) -> Facts | MeetingFacts:
    """What a report's template is given: notes have facts of their own."""
    if report != "notes":
        return given
    return MeetingFacts(
        series="weekly-checkout",
        kind="weekly",
        day=WEEK.end,
        tz=given.tz,
        as_of=given.as_of,
        present=("anna", "li"),
        since=(Markdown("- [ ] Ask Legal @tom due:2026-05-05 (OPS-17) carried:2 <!-- act:77b0e4d1 -->"),),
        topics=given.agenda,
        missing=given.missing,
    )
