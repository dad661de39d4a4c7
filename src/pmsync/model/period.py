"""Period: whole calendar days that a report covers, written the way people say it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from pmsync.errors import UsageError

ACCEPTED = (
    "today, yesterday, this week, last week, last 3 weeks, last 14 days, this month, last month, "
    "2026-W19, 2026-05, 2026-05-04, 2026-05-01..2026-05-14"
)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `start` to `end`, both included. Weeks are ISO weeks, Monday to Sunday."""

    start: date
    end: date
    label: str

    @classmethod
    def parse(cls, text: str, today: date) -> "Period":
        """Read a period as a person writes it.

        Raises:
            UsageError: the words mean nothing here, or the end lies before the start.
        """
        words = " ".join(text.lower().split())
        for pattern, make in _FORMS:
            if found := re.fullmatch(pattern, words):
                return _checked(make, found, today, text)
        raise UsageError(f"The period {text!r} is not understood.", hint=f"Write one of: {ACCEPTED}.")

    @property
    def days(self) -> int:
        """How many days it has, at least 1."""
        return (self.end - self.start).days + 1

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def week_of(day: date, label: str = "") -> Period:
    """The ISO week that holds a day."""
    monday = day - _DAY * day.weekday()
    year, week, _ = day.isocalendar()
    return Period(monday, monday + 6 * _DAY, label or f"week {week}, {year}")


def _month_of(day: date) -> Period:
    start = day.replace(day=1)
    after = (start + 31 * _DAY).replace(day=1)
    return Period(start, after - _DAY, f"{start:%Y-%m}")


def _week_named(found: re.Match[str], today: date) -> Period:
    return week_of(date.fromisocalendar(int(found[1]), int(found[2]), 1))


def _last_weeks(found: re.Match[str], today: date) -> Period:
    monday = week_of(today).start
    count = max(1, int(found[1]))
    return Period(monday - count * _WEEK, monday - _DAY, f"last {count} weeks")


def _last_days(found: re.Match[str], today: date) -> Period:
    count = max(1, int(found[1]))
    return Period(today - (count - 1) * _DAY, today, f"last {count} days")


def _range(found: re.Match[str], today: date) -> Period:
    start, end = date.fromisoformat(found[1]), date.fromisoformat(found[2])
    return Period(start, end, f"{start} to {end}")


def _single(day: date) -> Period:
    return Period(day, day, day.isoformat())


_ISO = r"(\d{4}-\d\d-\d\d)"
_FORMS: tuple[tuple[str, Callable[[re.Match[str], date], Period]], ...] = (
    ("today", lambda found, today: _single(today)),
    ("yesterday", lambda found, today: _single(today - _DAY)),
    ("this week", lambda found, today: week_of(today)),
    ("last week", lambda found, today: week_of(today - _WEEK)),
    (r"last (\d{1,3}) weeks?", _last_weeks),
    (r"last (\d{1,4}) days?", _last_days),
    ("this month", lambda found, today: _month_of(today)),
    ("last month", lambda found, today: _month_of(today.replace(day=1) - _DAY)),
    (r"(\d{4})-w(\d\d?)", _week_named),
    (r"(\d{4})-(\d\d)", lambda found, today: _month_of(date(int(found[1]), int(found[2]), 1))),
    (_ISO, lambda found, today: _single(date.fromisoformat(found[1]))),
    (rf"{_ISO} ?\.\. ?{_ISO}", _range),
)


def _checked(make: Callable[[re.Match[str], date], Period], found: re.Match[str], today: date, text: str) -> Period:
    try:
        period = make(found, today)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"The period {text!r} is not in the calendar: {error}.", hint=f"Write one of: {ACCEPTED}."
        ) from error
    if period.end < period.start:
        raise UsageError(f"The period {text!r} ends before it starts.", hint="Write the earlier day first.")
    return period
