from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pmsync.errors import UsageError
from pmsync.model.period import Period

TODAY = date(2026, 5, 8)  # a Friday


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-05-08", "2026-05-08"),
        ("yesterday", "2026-05-07", "2026-05-07"),
        ("this week", "2026-05-04", "2026-05-10"),
        ("Last  Week", "2026-04-27", "2026-05-03"),
        ("last 2 weeks", "2026-04-20", "2026-05-03"),
        ("last 1 week", "2026-04-27", "2026-05-03"),
        ("last 14 days", "2026-04-25", "2026-05-08"),
        ("this month", "2026-05-01", "2026-05-31"),
        ("last month", "2026-04-01", "2026-04-30"),
        ("2026-W19", "2026-05-04", "2026-05-10"),
        ("2020-w53", "2020-12-28", "2021-01-03"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026-12", "2026-12-01", "2026-12-31"),
        ("2026-05-04", "2026-05-04", "2026-05-04"),
        ("2026-05-01..2026-05-14", "2026-05-01", "2026-05-14"),
        ("2026-05-01 .. 2026-05-14", "2026-05-01", "2026-05-14"),
    ],
)
def test_a_period_is_written_as_people_say_it(text: str, start: str, end: str) -> None:
    period = Period.parse(text, TODAY)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert period.label


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-W54", "2026-13", "2026-02-30", "2026-05-14..2026-05-01", "last week!", "0000-01"],
)
def test_what_is_no_period_says_what_is_accepted(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Period.parse(text, TODAY)
    assert repr(text) in caught.value.message
    assert caught.value.hint


@given(some.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_weeks_and_months_hold_the_day_they_are_named_for(today: date) -> None:
    for words, days in (("this week", {7}), ("this month", {28, 29, 30, 31}), ("today", {1})):
        period = Period.parse(words, today)
        assert today in period
        assert period.days in days
