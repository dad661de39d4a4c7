"""Fills a demo Jira with any number of plausible issues, for measuring."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from pmsync.demo.jira.deeds import BusyTracker
from pmsync.demo.jira.tables import PEOPLE, add_sprint, fill_tables

_SUBJECTS = (
    "refund",
    "invoice",
    "checkout",
    "voucher",
    "settlement",
    "receipt",
    "wallet",
    "ledger",
    "dispute",
    "payout",
)
_ACTIONS = ("Speed up", "Rework", "Explain", "Log", "Test", "Translate", "Secure", "Simplify", "Monitor", "Document")
_PLACES = (
    "on the phone",
    "for guests",
    "in the back office",
    "for the Nordic market",
    "in the nightly run",
    "via the API",
)
_TEXT = (
    "As a shopkeeper I want the %s to be right the first time, so that nobody has to call us.\n\n"
    "*Acceptance criteria*\n* it works with every card we take\n* a failure is explained in plain words\n"
    "* the amount is never charged twice\n* support can see what happened without asking the developers\n\n"
    "See the notes of the last refinement; the numbers come from the spring campaign, when one order in forty failed."
)


def generate(number: int) -> Callable[[BusyTracker, datetime, int], None]:
    """A filler that makes `number` issues with about eight changelog entries each."""

    def fill(tracker: BusyTracker, anchor: datetime, seed: int) -> None:
        fill_tables(tracker)
        random, start = Random(seed), anchor - timedelta(weeks=12)  # noqa: S311 - a story, not a secret
        for number_of_sprint in range(6):
            _sprint(tracker, number_of_sprint, start + timedelta(weeks=2 * number_of_sprint))
        step = timedelta(weeks=10) / number
        for index in range(number):
            _grow(tracker, random, start + index * step)

    return fill


def _sprint(tracker: BusyTracker, number: int, start: datetime) -> None:
    first, last = (moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") for moment in (start, start + timedelta(weeks=2)))
    active = number == 5
    dates = (first, last, "" if active else last)
    add_sprint(tracker, f"PAY Sprint {number + 1}", "", "active" if active else "closed", dates)


def _grow(tracker: BusyTracker, random: Random, born: datetime) -> None:
    """One issue and its life over a few days."""
    subject, people = random.choice(_SUBJECTS), tuple(PEOPLE)
    title = f"{random.choice(_ACTIONS)} the {subject} {random.choice(_PLACES)}"
    kind = random.choices(("Story", "Task", "Bug"), (5, 3, 2))[0]
    project, worker = random.choices(("PAY", "WEB"), (3, 1))[0], random.choice(people)
    words = {"description": _TEXT % subject, "labels": [subject], "timeoriginalestimate": 14400, "timeestimate": 14400}
    key = tracker.create(project, kind, title, by=random.choice(people), at=born, **words).key
    hours = iter(sorted(random.sample(range(1, 300), 12)))

    def later() -> datetime:
        return born + timedelta(hours=next(hours))

    tracker.edit(key, by="anna", at=later(), points=float(random.choice((1, 2, 3, 5, 8))))
    tracker.add_to_sprint(key, str(random.randint(1, 6)), by="petra", at=later())
    tracker.edit(key, by=worker, at=later(), assignee=worker)
    tracker.transition(key, "In Progress", by=worker, at=later())
    tracker.comment(key, f"Started with the {subject}; the first half looks easy.", by=worker, at=later())
    tracker.transition(key, "In Review", by=worker, at=later())
    tracker.edit(key, by="petra", at=later(), priority=random.choice(("High", "Low")))
    tracker.log_work(key, 7200, by=worker, at=later())
    tracker.comment(key, "Checked on staging with two cards and a voucher, fine by me.", by="sofia", at=later())
    if random.random() < 0.7:
        tracker.transition(key, "Done", by="sofia", at=later())
