from datetime import datetime

import pytest

from builders import at, make_change, make_item
from pmsync.model import Comment, Worklog
from pmsync.model.role import Role, Subject
from pmsync.roles import Scheme, Tended, balance, classify, tended


def row(title: str, scheme: Scheme, day: int, **fields: object) -> Tended:
    answer = classify(Subject(id=title, title=title), scheme)
    values = {"key": title, "answer": answer, "outcome": None, "touched": at(day), **fields}
    return Tended(**values)  # type: ignore[arg-type]


def test_two_hats(combined: Scheme) -> None:
    items = [
        row("As a user I want to export a report", combined, 3),
        row("Pay the invoice", combined, 3, outcome="delivered"),
        row("Weekly status report", combined, 3),
        row("Risk: vendor may be late", combined, 3),
        row("Risk: sponsor may leave", combined, 9, outcome="discarded"),
        row("UAT sign-off returns flow", combined, 3, outcome="delivered", assignees=("ann",), closed_by="ann"),
        row("UAT sign-off search", combined, 3, outcome="delivered", assignees=("ann",), closed_by="bob"),
        row("UAT sign-off pages", combined, 3, outcome="delivered", assignees=(), closed_by=None),
    ]
    found = balance(items, combined, at(20))
    assert found.open == {Role.PO: 1 / 3, Role.PM: 2 / 3}
    assert found.delivered == {Role.PO: 0.75, Role.PM: 0.25}
    days = {row.duty: row.days for row in found.untouched}
    assert list(days) == list(dict(sorted(days.items(), key=lambda row: row[1] is not None)))
    assert (days["risk"], days["stories"], days["vision"]) == (11, 17, None)
    assert found.self_accepted == ("UAT sign-off returns flow",)


def test_nothing_to_share_is_no_share(combined: Scheme) -> None:
    found = balance([], combined, at(20))
    assert (found.open, found.delivered, found.self_accepted) == ({}, {}, ())
    assert len(found.untouched) == 14


@pytest.mark.parametrize(
    ("day", "touched"),
    [(20, at(15)), (14, at(12)), (11, at(9)), (8, at(6)), (4, at(1)), (1, at(1))],
    ids=["updated", "work log", "comment", "change", "creation", "the instant, if that is earlier"],
)
def test_an_item_was_last_touched_as_far_as_that_left_a_date(project: Scheme, day: int, touched: datetime) -> None:
    item = make_item(
        created=at(1),
        updated=at(15),
        comments=(Comment(id="c", author_id=None, created=at(9), body=""),),
        worklogs=(Worklog(id="w", author_id=None, started=at(12), seconds=60),),
    )
    answer = classify(Subject(id="1", title=item.title), project)
    seen = tended(item, [make_change(at=at(6))], answer, outcome=None, finished=None, as_of=at(day))
    assert seen.touched == touched


@pytest.mark.parametrize(("closer", "self_accepted"), [("ann", True), ("bob", False), (None, False)])
def test_who_moved_it_to_its_end_closed_it(project: Scheme, closer: str | None, self_accepted: bool) -> None:
    item = make_item(title="UAT sign-off pages", assignee_ids=("ann",))
    moves = [make_change("1", at=at(3), by_id="ann"), make_change("2", at=at(4), by_id=closer)]
    answer = classify(Subject(id="1", title=item.title), project)
    seen = tended(item, moves, answer, outcome="delivered", finished=at(4), as_of=at(5))
    assert (seen.closed_by, seen.self_accepted) == (closer, self_accepted)
