from builders import at
from pmsync.model.role import Role, Subject
from pmsync.roles import Scheme, Tended, balance, classify


def tended(title: str, scheme: Scheme, day: int, **fields: object) -> Tended:
    answer = classify(Subject(id=title, title=title), scheme)
    values = {"key": title, "answer": answer, "outcome": None, "touched": at(day), **fields}
    return Tended(**values)  # type: ignore[arg-type]


def test_two_hats(combined: Scheme) -> None:
    items = [
        tended("As a user I want to export a report", combined, 3),
        tended("Pay the invoice", combined, 3, outcome="delivered"),
        tended("Weekly status report", combined, 3),
        tended("Risk: vendor may be late", combined, 3),
        tended("Risk: sponsor may leave", combined, 9, outcome="discarded"),
        tended("UAT sign-off returns flow", combined, 3, outcome="delivered", assignees=("ann",), closed_by="ann"),
        tended("UAT sign-off search", combined, 3, outcome="delivered", assignees=("ann",), closed_by="bob"),
        tended("UAT sign-off pages", combined, 3, outcome="delivered", assignees=(), closed_by=None),
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
