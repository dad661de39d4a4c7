"""Tells the story of `story.yaml` to an empty workspace, deed by deed, so that its history is true."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib.resources import files
from itertools import repeat
from operator import itemgetter

import msgspec

from pmsync.demo.trello.deeds import CardDesk

Deed = Callable[[str], object]
"""Something done to a card, given its id."""


class CardPlan(msgspec.Struct, forbid_unknown_fields=True):
    """A card's life. Days are working days after its birth, which is `born` working days before the anchor."""

    title: str
    born: int
    by: str
    path: dict[int, str]
    who: list[str] = []
    labels: list[str] = []
    desc: str = ""
    due: int | None = None
    start: int | None = None
    complete: int | None = None
    archived: int | None = None
    fields: dict[str, str | int] = {}
    says: dict[int, str] = {}
    changes: dict[int, dict[str, str | int]] = {}
    checklist: list[str] = []
    links: dict[str, str] = {}
    role: str | None = None
    template: bool = False


class BoardPlan(msgspec.Struct, forbid_unknown_fields=True):
    """A board; `fields` maps names to a type or to a list of options."""

    name: str
    desc: str
    lists: list[str]
    labels: dict[str, str]
    fields: dict[str, str | list[str]]
    cards: list[CardPlan]
    archived_lists: list[str] = []


class Story(msgspec.Struct, forbid_unknown_fields=True):
    """Everybody with their Atlassian account id, and the boards."""

    members: dict[str, str | None]
    boards: list[BoardPlan]


def working_day(day: date, count: int) -> date:
    """The day that is so many working days later, or earlier where `count` is negative."""
    step = timedelta(days=1 if count > 0 else -1)
    while count:
        day += step
        count -= int(step.days) if day.weekday() < 5 else 0
    return day


def tell(site: CardDesk, anchor: datetime) -> None:
    """Let everything happen that the story says, up to the day before `anchor`. Leaves the clock where it was."""
    story = msgspec.yaml.decode((files("pmsync.demo.trello") / "story.yaml").read_bytes(), type=Story)
    clock = site.now
    site.now = repeat(anchor - timedelta(days=400)).__next__
    people = {name.split()[0]: site.add_member(name, account) for name, account in story.members.items()}
    for plan in story.boards:
        for at, who, deed in sorted(Teller(site, anchor, people, plan).deeds(), key=itemgetter(0)):
            site.now, site.actor = repeat(at).__next__, people[who]
            deed()
    site.now, site.actor = clock, next(iter(people.values()))


class Teller:
    """Knows a board's names, and turns the plans of its cards into deeds: a day of the card's life, who, what."""

    def __init__(self, site: CardDesk, anchor: datetime, people: dict[str, str], plan: BoardPlan) -> None:
        self.site, self.people, self.plan = site, people, plan
        self.today = anchor.astimezone(UTC).date()
        self.cards: dict[str, str] = {}  # by title
        site.now = repeat(self._instant(-62, 9 * 60)).__next__
        self.board = site.add_board(plan.name, plan.desc, list(people.values()))
        self.lists = {name: site.add_list(self.board, name) for name in plan.lists}
        self.labels = {name: site.add_label(self.board, name, color) for name, color in plan.labels.items()}
        self.fields = {name: self._field(name, kind) for name, kind in plan.fields.items()}

    def deeds(self) -> Iterator[tuple[datetime, str, Callable[[], object]]]:
        """Everything that happens on the board: when, who, what."""
        for plan in self.plan.cards:
            yield from self._life(plan)
        for name in self.plan.archived_lists:
            yield self._instant(-50, 600), "Anna", partial(self.site.edit_list, self.lists[name], closed=True)

    def _life(self, plan: CardPlan) -> Iterator[tuple[datetime, str, Callable[[], object]]]:
        minute = {day: 8 * 60 + self.site.random.randrange(400) for day in range(plan.born)}
        yield self._instant(-plan.born, minute[0]), plan.by, partial(self._create, plan)
        worker = (plan.who or [plan.by])[0]
        deeds = [*self._first_day(plan), *self._progress(plan, worker), *self._checklist(plan, worker)]
        for day, who, deed in sorted(deeds, key=itemgetter(0)):
            minute[day] += 3
            yield self._instant(day - plan.born, minute[day]), who, partial(self._do, plan, deed)

    def _create(self, plan: CardPlan) -> None:
        place, kind = self.lists[plan.path[0]], {"cardRole": plan.role, "isTemplate": plan.template}
        self.cards[plan.title] = self.site.create(place, plan.title, desc=plan.desc, **kind)

    def _do(self, plan: CardPlan, deed: Deed) -> None:
        deed(self.cards[plan.title])

    def _first_day(self, plan: CardPlan) -> Iterator[tuple[int, str, Deed]]:
        if plan.labels:
            yield 0, plan.by, partial(self.site.edit, idLabels=[self.labels[name] for name in plan.labels])
        for name in plan.who:
            yield 0, plan.by, partial(self.site.join, member=self.people[name])
        for name, value in {"start": plan.start, "due": plan.due, **plan.fields}.items():
            if value is not None:
                yield 0, plan.by, partial(self._change, plan, name, value)
        for name, url in plan.links.items():
            yield 0, plan.by, partial(self.site.attach, name=name, url=url)

    def _progress(self, plan: CardPlan, worker: str) -> Iterator[tuple[int, str, Deed]]:
        for day, name in list(plan.path.items())[1:]:
            yield day, worker, partial(self.site.move, list=self.lists[name])
        for day, said in plan.says.items():
            who, text = said.split(": ", 1)
            yield day, who, partial(self.site.comment, text=text)
        for day, changes in plan.changes.items():
            for name, value in changes.items():
                yield day, worker, partial(self._change, plan, name, value)
        if plan.complete is not None:
            yield plan.complete, worker, partial(self.site.edit, dueComplete=True)
        if plan.archived is not None:
            yield plan.archived, worker, self.site.archive

    def _checklist(self, plan: CardPlan, worker: str) -> Iterator[tuple[int, str, Deed]]:
        if plan.checklist:
            lines = [line.removeprefix("x ") for line in plan.checklist]
            yield 0, plan.by, partial(self.site.add_checklist, name="Steps", lines=lines)
        for number, line in enumerate(plan.checklist):
            if line.startswith("x "):
                yield max(plan.path) * (number + 1) // len(plan.checklist), worker, partial(self._check, number)

    def _check(self, number: int, card: str) -> None:
        checklist = self.site.checklists[self.site.cards[card]["idChecklists"][0]]
        self.site.check(checklist["checkItems"][number]["id"])

    def _change(self, plan: CardPlan, name: str, value: str | int, card: str) -> None:
        """Set a field of the card or of the board; due, start and date fields are given as days of the card's life."""
        field = self.fields.get(name)
        is_day = name in ("due", "start") or (field and self.site.fields[field]["type"] == "date")
        text = f"{working_day(self.today, int(value) - plan.born)}T16:00:00.000Z" if is_day else str(value)
        if field:
            self.site.set_field(card, field, text)
        else:
            self.site.edit(card, **{name: text})

    def _field(self, name: str, kind: str | list[str]) -> str:
        options = kind if isinstance(kind, list) else []
        return self.site.add_field(self.board, name, "list" if isinstance(kind, list) else kind, options)

    def _instant(self, day: int, minute: int) -> datetime:
        """A minute of a working day counted from the anchor's."""
        return datetime.combine(working_day(self.today, day), time(), UTC) + timedelta(minutes=minute)
