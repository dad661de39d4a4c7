from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from builders import at, make_change, make_item
from pmsync.metrics.flow import (
    age,
    cycle_time,
    days,
    flagged_intervals,
    lead_time,
    overdue_days,
    percentile,
    throughput,
    weekly_throughput,
    wip,
)
from pmsync.metrics.history import DELIVERED, DISCARDED, Life
from pmsync.model import Field
from pmsync.model.period import Period

BERLIN = ZoneInfo("Europe/Berlin")
SAMPLE = [1, 2, 2, 3, 3, 4, 5, 8, 13, 21]


def lived(started: int | None, finished: int | None, outcome: str = DELIVERED, created: int = 1) -> Life:
    """Days of March 2026."""
    march = lambda day: at(day, month=3) if day else None  # noqa: E731
    end = outcome if finished else None
    return Life(created=at(created, month=3), started=march(started), finished=march(finished), outcome=end)


@pytest.mark.parametrize(("percent", "value"), [(50, 3), (85, 13), (95, 21), (0, 1), (100, 21)])
def test_percentiles_are_nearest_rank(percent: float, value: float) -> None:
    assert percentile(SAMPLE, percent) == value
    assert percentile(reversed(SAMPLE), percent) == value


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 85) is None


@given(some.lists(some.integers(), min_size=1), some.integers(1, 100))
def test_a_percentile_is_one_of_the_values_and_covers_its_share(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)


def test_days_count_both_ends_in_the_zone() -> None:
    late, early = datetime(2026, 5, 4, 21, 30, tzinfo=UTC), datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
    assert days(late, early, BERLIN) == 2
    assert days(late, early, UTC) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_survive_the_clock_change(sunday: date) -> None:
    noon = datetime.combine(sunday, datetime.min.time(), BERLIN) + timedelta(hours=12)
    assert days(noon - timedelta(days=1), noon + timedelta(days=1), BERLIN) == 3
    midnight = datetime.combine(sunday, datetime.min.time(), BERLIN).astimezone(UTC)
    assert days(midnight, midnight + timedelta(hours=22, minutes=59), BERLIN) == 1


def test_cycle_and_lead_time_of_the_reopened_item() -> None:
    known = lived(4, 17, created=2)
    assert (cycle_time(known, BERLIN), lead_time(known, BERLIN)) == (14, 16)


def test_contradicting_dates_give_no_cycle_time() -> None:
    assert cycle_time(lived(9, 4), BERLIN) is None
    assert cycle_time(lived(None, 4), BERLIN) is None
    assert cycle_time(lived(2, 4, DISCARDED), BERLIN) is None


def test_throughput_counts_what_was_never_started_but_not_what_was_dropped() -> None:
    lives = [lived(2, 4), lived(None, 5), lived(3, 5, DISCARDED), lived(3, None), lived(3, 12)]
    assert throughput(lives, Period(date(2026, 3, 4), date(2026, 3, 8), ""), BERLIN) == 2


def test_weeks_without_work_are_kept_and_the_running_week_is_not_shown() -> None:
    lives = [lived(2, 4), lived(2, 18), lived(2, 24)]
    weeks = weekly_throughput(lives, at(25, month=3), BERLIN, weeks=4)
    assert [(period.label, count) for period, count in weeks] == [
        ("week 9, 2026", 0),
        ("week 10, 2026", 1),
        ("week 11, 2026", 0),
        ("week 12, 2026", 1),
    ]


def test_work_in_progress_at_the_end_of_each_day() -> None:
    lives = [lived(2, 4), lived(2, 10), lived(4, 4), lived(6, 12)]
    found = [wip(lives, date(2026, 3, day), BERLIN) for day in range(2, 13)]
    assert sum(found) == 16
    assert found[-1] == 0


@given(some.lists(some.tuples(some.integers(1, 20), some.integers(1, 20)), max_size=15))
def test_inclusive_days_add_up_to_cycle_times(spans: list[tuple[int, int]]) -> None:
    """Little's law on a closed window: what is in progress each day, both ends counted, sums to all cycle times."""
    lives = [lived(min(span), max(span)) for span in spans if span[0] != span[1]]
    total = sum(wip(lives, date(2026, 3, day), BERLIN) for day in range(1, 22)) + len(lives)
    assert total == sum(cycle_time(known, BERLIN) or 0 for known in lives)


def test_age_of_unfinished_work() -> None:
    assert age(lived(4, None), at(8, month=3), BERLIN) == 5
    assert age(lived(4, 6), at(8, month=3), BERLIN) is None
    assert age(lived(None, None), at(8, month=3), BERLIN) is None


@pytest.mark.parametrize(
    ("fields", "late"),
    [
        ({"due": date(2026, 3, 8)}, 0),
        ({"due": date(2026, 3, 5)}, 3),
        ({}, 0),
        ({"due": date(2026, 3, 8), "due_at": at(8, 8, month=3)}, 1),
        ({"due": date(2026, 3, 8), "due_at": at(8, 10, month=3)}, 0),
    ],
)
def test_a_day_is_kept_until_it_is_over_an_instant_is_not(fields: dict[str, object], late: int) -> None:
    assert overdue_days(make_item(**fields), lived(4, None), at(8, month=3), BERLIN) == late
    assert overdue_days(make_item(**fields), lived(4, 7), at(8, month=3), BERLIN) == 0


def test_flag_intervals() -> None:
    def flip(day: int, after: str | None) -> object:
        return make_change(str(day), field=Field.FLAG, at=at(day), before=None if after else "x", after=after)

    changes = [flip(6, None), flip(4, "x"), flip(9, "x")]
    assert flagged_intervals(make_item(), changes) == [(at(4), at(6)), (at(9), None)]  # type: ignore[arg-type]
    assert flagged_intervals(make_item(), [flip(6, None)]) == [(at(1), at(6))]  # type: ignore[list-item]
