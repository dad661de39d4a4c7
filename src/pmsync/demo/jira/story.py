"""Tells the story of `story.txt`: twelve weeks of a team's work, as a script that is played into a tracker.

Every line becomes events (created, estimated, planned, started, commented, finished...) in working hours; the events
of all lines are sorted and played, so keys, ids and histories come out in the order in which things happened.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from pmsync.demo.jira.deeds import BusyTracker
from pmsync.demo.jira.lines import Line, read_story
from pmsync.demo.jira.tables import add_component, add_sprint, add_version, fill_tables

OFFICE = ZoneInfo("Europe/Berlin")
GOALS = (
    "Guests can pay without an account",
    "Returning customers pay faster, fraud screening is under contract",
    "Customers refund single items themselves",
    "Release 2.0 is live, Apple Pay works on the phone",
    "Google Pay works, guests can start a refund",
    "Wallets are ready for the Nordic shops",
)
_ENDINGS = {"wontdo": "Won't Do", "duplicate": "Duplicate"}
_DONE = {"done", "reopened", *_ENDINGS}
_AUTHORS = {"Epic": "anna", "Story": "anna", "Bug": "sofia", "Incident": "jonas", "Risk": "petra", "Sub-task": "jonas"}


def tell_story(tracker: BusyTracker, anchor: datetime, seed: int) -> None:
    """Twelve weeks of the Payments and Web shop team, up to `anchor`."""
    fill_tables(tracker)
    script = _Script(tracker, anchor, seed)
    script.prepare()
    for line in read_story():
        script.write(line)
    for at, _, act in sorted(script.events, key=lambda event: event[:2]):
        if at <= anchor:
            act(at)


class _Script:
    """Turns lines into events on a calendar of six sprints; the anchor lies in the sixth."""

    def __init__(self, tracker: BusyTracker, anchor: datetime, seed: int) -> None:
        self.tracker, self.seed = tracker, seed
        self.today = anchor.astimezone(OFFICE).date()
        monday = self.today - timedelta(days=self.today.weekday() + (7 if self.today.weekday() < 3 else 0))
        self.first = monday - timedelta(weeks=10)
        self.events: list[tuple[datetime, int, Callable[[datetime], Any]]] = []
        self.keys: dict[str, str] = {}

    def prepare(self) -> None:
        """Sprints, versions, components."""
        for number, goal in enumerate(GOALS, start=1):
            start, end = self.office(self.first + timedelta(weeks=2 * number - 2), 10), self.close(number)
            first, last, closed = (f"{at:%Y-%m-%dT%H:%M:%S}.000Z" for at in (start, end, end + timedelta(minutes=12)))
            state, complete = ("active", "") if number == len(GOALS) else ("closed", closed)
            add_sprint(self.tracker, f"PAY Sprint {number}", goal, state, (first, last, complete))
        for name, opens, days in (("2.0", -77, -21), ("2.1", -21, 12)):
            begin, release = ((self.today + timedelta(days=day)).isoformat() for day in (opens, days))
            add_version(self.tracker, "10000", name, begin, release, released=days < 0)
        for name in ("Checkout", "Wallets", "Refunds", "Operations"):
            add_component(self.tracker, "10000", name)
        for name in ("Search", "Product pages"):
            add_component(self.tracker, "10001", name)

    # The calendar

    def office(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A time of day at the office, in UTC."""
        return datetime.combine(day, time(hour, minute), OFFICE).astimezone(UTC)

    def close(self, sprint: int) -> datetime:
        """When a sprint ends: on its second Friday at four."""
        return self.office(self.first + timedelta(weeks=2 * sprint, days=-3), 16)

    def workdays(self, start: date, count: int) -> list[date]:
        """Working days from `start` on, before today; at least one."""
        days = [start + timedelta(days=offset) for offset in range(count * 2)]
        days = [day for day in days if day.weekday() < 5][:count]
        return [day for day in days if day < self.today] or [min(days[0], self.today)]

    def due(self, days: str) -> str:
        """A due date, counted from the anchor."""
        return (self.today + timedelta(days=int(days))).isoformat()

    # One line

    def write(self, line: Line) -> None:
        """Put the events of a line into the script."""
        life = _Life(self, line, Random(f"{self.seed} {line.title}"))  # noqa: S311 - a story, not a secret
        life.is_created()
        if line.plan:
            life.is_planned()
        if blocker := line.notes.get("blockedby"):
            life.add(life.last, lambda at: self.tracker.link(self.keys[blocker], "Blocks", life.key(), at=at))
        if line.ends != "todo":
            life.is_worked_on()


class _Life:
    """The events of one issue, each later than the one before."""

    def __init__(self, script: _Script, line: Line, random: Random) -> None:
        self.script, self.line, self.random, self.tracker = script, line, random, script.tracker
        self.sprints = [int(number) for number in re.findall(r"\d", line.plan)] if line.project == "PAY" else []
        weeks = [2 * (number - 1) for number in self.sprints] or [int(line.plan[1:] or 1) - 1]
        self.start, self.final = (script.first + timedelta(weeks=week) for week in (weeks[0], weeks[-1]))
        self.last = script.office(script.first - timedelta(days=4), 9 if line.type == "Epic" else 11)
        self.name = line.notes.get("name", line.title)
        self.author = line.notes.get("by") or _AUTHORS.get(line.type, "jonas")
        self.who = line.who or self.author

    def add(self, at: datetime, act: Callable[[datetime], Any]) -> datetime:
        """Let something happen at `at`, or as soon after what happened before as an office allows."""
        at = max(at, self.last + timedelta(minutes=self.random.randint(4, 40)))
        local = at.astimezone(OFFICE)
        day = local.date() + timedelta(days=local.hour >= 18)
        day += timedelta(days=7 - day.weekday() if day.weekday() > 4 else 0)
        if day != local.date() or local.hour < 8:
            at = self.script.office(day, 9, self.random.randint(0, 40))
        self.last = at
        self.script.events.append((at, len(self.script.events), act))
        return at

    def on(self, day: date) -> datetime:
        """Some time in the working hours of a day."""
        return self.script.office(day, self.random.randint(9, 16), self.random.randint(0, 59))

    def key(self, name: str = "") -> str:
        """The key of this issue, or of another one by its name or title."""
        return self.script.keys[name or self.name]

    def edit(self, by: str, **values: Any) -> Callable[[datetime], Any]:
        return lambda at: self.tracker.edit(self.key(), by=by, at=at, **values)

    def is_created(self) -> None:
        notes, script = self.line.notes, self.script
        if self.line.plan.endswith("+") or self.line.type == "Incident":
            days = script.workdays(self.start, 5)
            day = days[len(days) // 2] if self.sprints else self.start
        elif self.sprints and not notes.get("under"):
            day = max(self.start - timedelta(days=self.random.randint(3, 12)), script.first - timedelta(days=4))
        elif self.line.plan:
            day = self.start
        else:
            day = script.first + timedelta(days=self.random.randint(0, 60))
        self.add(self.last if self.line.type == "Epic" else self.on(day), self._create)

    def _create(self, at: datetime) -> None:
        line, notes = self.line, self.line.notes
        text, priority = "\n".join(line.description) or None, notes.get("priority", "Medium")
        values: dict[str, Any] = {"description": text, "priority": priority}
        values["labels"] = tuple(notes.get("labels", "").split())
        values["fixVersions"] = (notes["version"],) if "version" in notes else ()
        values["components"] = (notes["component"],) if "component" in notes else self._components()
        values["duedate"] = self.script.due(notes["due"].partition(">")[0]) if "due" in notes else None
        values["security"] = "10010" if "security" in notes else None
        parent = notes.get("under") or notes.get("epic")
        values["parent"] = self.key(parent) if parent else None
        if "est" in notes:
            values["timeoriginalestimate"] = values["timeestimate"] = int(notes["est"]) * 3600
        self.script.keys[self.name] = self.tracker.create(
            line.project, line.type, line.title, by=self.author, at=at, **values
        ).key

    def _components(self) -> tuple[str, ...]:
        """An issue belongs to the component of its epic."""
        epic = self.line.notes.get("epic")
        found = self.tracker.issue(self.key(epic)) if epic else None
        return found.values.get("components", ()) if found else ()

    def is_planned(self) -> None:
        line, script = self.line, self.script
        if line.points:
            points = float(line.points)
            if self.random.random() < 0.2:  # the first guess was another
                self.add(self.last, self.edit("anna", points=max(1.0, points - 2)))
            self.add(self.last + timedelta(hours=self.random.randint(1, 20)), self.edit("anna", points=points))
        if not self.sprints:
            self.add(self.last + timedelta(hours=3), self._to("Selected for Development", "anna"))
            return
        planning = self.last if line.plan.endswith("+") or "under" in line.notes else script.office(self.start, 9, 20)
        self.add(planning, self._into(self.sprints[0]))
        if line.plan.endswith("-"):
            sprint = str(self.sprints[0])
            self.add(
                self.on(script.workdays(self.start, 5)[-1]),
                lambda at: self.tracker.remove_from_sprint(self.key(), sprint, by="anna", at=at),
            )

    def _into(self, sprint: int) -> Callable[[datetime], Any]:
        return lambda at: self.tracker.add_to_sprint(self.key(), str(sprint), by="petra", at=at)

    def _to(self, status: str, by: str, resolution: str = "Done") -> Callable[[datetime], Any]:
        return lambda at: self.tracker.transition(self.key(), status, resolution=resolution, by=by, at=at)

    def is_worked_on(self) -> None:
        line, script, who = self.line, self.script, self.who
        days = script.workdays(max(self.start, self.last.astimezone(OFFICE).date()), 10 if self.sprints else 8)
        self.add(self.on(days[int(len(days) * self.random.uniform(0, 0.4))]), self.edit(who, assignee=who))
        if line.ends not in _ENDINGS:
            self.add(self.last, self._to("In Progress", who))
        self._happens_meanwhile()
        if len(self.sprints) > 1:
            self.add(script.close(self.sprints[0]), self._into(self.sprints[1]))
            days = script.workdays(self.final, 7)
        later = [day for day in days if day >= self.last.astimezone(OFFICE).date()] or days[-1:]
        if line.ends == "review" or (line.points and line.ends in _DONE - set(_ENDINGS)):
            self.add(self.on(later[len(later) // 3]), self._to("In Review", who))
        self._comes_to_an_end(later)

    def _happens_meanwhile(self) -> None:
        notes, who = self.line.notes, self.who
        if "flag" in notes or "unflag" in notes:
            self.add(self.last + timedelta(hours=4), self.edit(who, flagged=("Impediment",)))
        if "unflag" in notes:
            self.add(self.last + timedelta(hours=22), self.edit(who, flagged=()))
        if ">" in notes.get("due", ""):
            self.add(self.last, self.edit("petra", duedate=self.script.due(notes["due"].partition(">")[2])))
        for number in range(int(notes.get("logs", "0"))):
            self.add(self.last + timedelta(minutes=95), self._logs(number))

    def _logs(self, number: int) -> Callable[[datetime], Any]:
        seconds, note = 1800 * self.random.randint(1, 4), ("", "pairing", "tests", "review comments")[number % 4]
        return lambda at: self.tracker.log_work(self.key(), seconds, note=note, by=self.who, at=at)

    def _comes_to_an_end(self, days: list[date]) -> None:
        line, closer = self.line, "sofia" if self.line.points else self.who
        comments = [self._says(who, words) for who, words in line.comments]
        if comments and line.ends in {"reopened", "again"}:
            self.add(self.on(days[0]), self._to("Done", closer))
        for comment in comments:
            self.add(self.last + timedelta(minutes=self.random.randint(20, 200)), comment)
            if comment is comments[0] and line.ends in {"reopened", "again"}:
                self.add(self.last, self._to("In Progress", closer))
        if line.ends == "waiting":
            self.add(self.last, self._to("Waiting for customer", self.who))
        elif line.ends in _DONE:
            self.add(self.on(days[-len(days) // 3]), self._to("Done", closer, _ENDINGS.get(line.ends, "Done")))

    def _says(self, who: str, words: str) -> Callable[[datetime], Any]:
        return lambda at: self.tracker.comment(self.key(), words, by=who, at=at)
