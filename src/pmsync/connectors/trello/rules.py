"""What lists, labels, titles and fields of Trello mean: the rules of the config, else stated guesses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from pmsync import __version__
from pmsync.connectors.trello.shapes import Card, Json, moment
from pmsync.model import Category, ItemType

if TYPE_CHECKING:
    from pmsync.config import TrelloMapping

T = TypeVar("T")

# The first that fits a list's name, in English, German and French. "Ready for release" waits, it is not released.
_STAGES: Mapping[Category, str] = {
    Category.CANCELLED: r"cancel|reject|dropped|obsolete|won.?t|verworfen|abgebrochen|abgelehnt|annul|abandon|rejet",
    Category.BACKLOG: r"back.?log|idea|to.?do\b|next|later|someday|inbox|ice.?box|plan|open\b|new\b|request"
    r"|not started|ideen|offen|später|zu tun|anstehend|eingang|neu\b|vorrat|idée|à faire|plus tard|prochain|demande",
    Category.WAIT: r"wait|block|hold\b|pending|parked|ready (for|to)|to (be|review)|wart|blockiert|pausiert|bereit|zur "
    r"|en attente|bloqué|à (valider|relire|tester|livrer)|prêt",
    Category.DONE: r"done|complete|finish|closed|released|shipped|live\b|deployed|published|archive|fertig|erledigt"
    r"|abgeschlossen|veröffentlicht|ausgeliefert|archiv|terminé|fini|\bfait|livré|publié|clos",
    Category.ACTIVE: r"doing|progress|wip\b|working|review|test|qa\b|develop|current|active|sprint|in arbeit|läuft"
    r"|laufend|umsetzung|bearbeitung|prüfung|en cours|revue|relecture|recette|réalisation",
}
_TYPES: Mapping[ItemType, str] = {
    ItemType.BUG: "bug|defect|fehler|bogue|défaut|anomalie",
    ItemType.EPIC: "epic|epos|épopée",
    ItemType.STORY: "story|user story|feature|funktion|récit|fonctionnalité",
    ItemType.TASK: "task|chore|aufgabe|tâche",
    ItemType.RISK: "risk|risiko|risque",
    ItemType.INCIDENT: "incident|störung|vorfall",
}
_HOURS = r"hour|\bh\b|\bhrs?\b|time|stunde|std|zeit|heure|temps"
_ESTIMATE = r"estimat|schätzung|aufwand|charge"
_POINTS = rf"point|punkte|\bsp\b|{_ESTIMATE}"
# "(3) Pay by card" is the convention of Scrum for Trello; its "[2]" is what was spent, and 2022 is a year.
_TITLE = re.compile(r"\s*\((\d{1,2}(?:[.,]\d+)?|100)\)\s*\S")
_DAYS = re.compile(r"\d{4}-\d\d-\d\d")
_ROLES = {
    "separator": "Separator",
    "board": "Board card",
    "mirror": "Mirror card",
    "link": "Link card",
    "template": "Template",
}


@dataclass(frozen=True, slots=True)
class FieldMeaning:
    """A custom field of a board, its options by id."""

    id: str
    name: str
    type: str
    options: Mapping[str, str]

    def value(self, holder: Json) -> str | float | bool | None:
        """What a custom field item (or the `old` of an action) says; None when it is cleared."""
        if option := holder.get("idValue"):
            return self.options.get(option)
        text = next(iter((holder.get("value") or {}).values()), None)
        if text is None:
            return None
        if self.type == "checkbox":
            return bool(text == "true")
        return number(text) if self.type == "number" else str(text)

    def number(self, holder: Json) -> float | None:
        """The value as a number, for points and estimates."""
        value = self.value(holder)
        return None if value is None else number(str(value))


@dataclass(frozen=True, slots=True)
class DatedSprint:
    """A sprint of the date rule: from the day `start` until the day before `end`."""

    mark: str
    name: str
    start: date
    end: date


def number(text: str | None) -> float | None:
    """A number as people type it, with a decimal point or comma; None for anything else."""
    match = re.fullmatch(r"\s*(-?\d+)(?:[.,](\d+))?\s*", text or "")
    return float(f"{match[1]}.{match[2] or 0}") if match else None


def _by_word(table: Mapping[T, Sequence[str]]) -> Mapping[str, T]:
    """What each word stands for, whatever its case."""
    return {word.casefold(): meaning for meaning, words in table.items() for word in words}


def label_name(label: Json) -> str:
    """A label without a name is shown by its colour."""
    return str(label.get("name") or label.get("color") or "no name")


class Rules:
    """The mapping section of a source, in the team's time zone.

    `digest` changes with the rules and with pmsync: what is stored is then to be mapped again.
    """

    def __init__(self, mapping: "TrelloMapping", zone: ZoneInfo) -> None:
        self.mapping, self.zone = mapping, zone
        self._stages, self._types = _by_word(mapping.stages), _by_word(mapping.types)
        self._priorities, self._flags = _by_word(mapping.labels.priority), _by_word({True: mapping.labels.flagged})
        said = {name: getattr(mapping, name) for name in ("stages", "points", "sprint", "done", "types", "labels")}
        self.digest = blake2b(f"{__version__} {zone} {said}".encode(), digest_size=8).hexdigest()

    def stage(self, name: str) -> Category | None:
        """The category the config gives to a list."""
        return self._stages.get(name.casefold().strip())

    def type_of(self, labels: Sequence[str], card: Card | None = None) -> tuple[ItemType, str]:
        """The neutral type and the word it comes from: a special kind of card, a label, else a plain card."""
        if card and (role := "template" if card.isTemplate else card.cardRole):
            return ItemType.OTHER, _ROLES.get(role, role.capitalize())
        for label in labels:
            if type := self._types.get(label.casefold()) or guess_type(label):
                return type, label
        return ItemType.TASK, "Card"

    def is_points(self, field: str) -> bool:
        """Whether a custom field of this name carries points: the one in the config, else by its name."""
        wanted = self.mapping.points.custom_field
        if wanted:
            return field.casefold() == wanted.casefold()
        return bool(re.search(_POINTS, field, re.IGNORECASE)) and not self.is_estimate(field)

    def is_estimate(self, field: str) -> bool:
        """Whether a custom field carries an estimate in hours, by its name."""
        return all(re.search(pattern, field, re.IGNORECASE) for pattern in (_ESTIMATE, _HOURS))

    def points_in_title(self, title: str) -> float | None:
        """The 3 of "(3) Pay by card"."""
        match = _TITLE.match(title) if self.mapping.points.title else None
        return float(match[1].replace(",", ".")) if match else None

    def points_in_labels(self, labels: Sequence[str]) -> float | None:
        """The number in the first label that fits the config's pattern."""
        pattern = self.mapping.points.label
        found = (re.search(pattern, label) for label in labels) if pattern else iter(())
        return next((number(match[1]) for match in found if match), None)

    def is_sprint_field(self, field: str) -> bool:
        """Whether the config says that this custom field names the sprint."""
        return field.casefold() == (self.mapping.sprint.custom_field or "\0").casefold()

    def is_sprint_list(self, name: str) -> bool:
        """Whether the config says that a list of this name is a sprint."""
        return bool(self.mapping.sprint.list and re.search(self.mapping.sprint.list, name))

    def is_sprint_label(self, name: str) -> bool:
        """Whether the config says that a label of this name is a sprint."""
        return bool(self.mapping.sprint.label and re.search(self.mapping.sprint.label, name))

    def dated_sprint(self, day: date | None) -> "DatedSprint | None":
        """The sprint that a day is in, by the date rule."""
        first, length = self.mapping.sprint.start, self._sprint_length
        if not day or not first or not length or day < first:
            return None
        number = (day - first) // length
        start = first + number * length
        return DatedSprint(start.isoformat(), f"Sprint {number + 1}", start, start + length)

    @property
    def _sprint_length(self) -> timedelta | None:
        seconds = self.mapping.sprint.length
        return timedelta(days=max(1, round(seconds / 86_400))) if seconds else None

    def days_in(self, name: str) -> tuple[date | None, date | None]:
        """The first day of a sprint called "Sprint 7: 2026-05-04 to 2026-05-15" and the day after its last."""
        days = [at.date() for text in _DAYS.findall(name) if (at := moment(text))]
        if len(days) > 1:
            return days[0], days[1] + timedelta(days=1)
        return (days[0], days[0] + self._sprint_length if self._sprint_length else None) if days else (None, None)

    def is_flagged(self, labels: Sequence[str]) -> bool:
        """Whether a label says that the card is blocked."""
        return any(label.casefold() in self._flags for label in labels)

    def priority(self, labels: Sequence[str]) -> str | None:
        """The priority that a label stands for."""
        return next((found for label in labels if (found := self._priorities.get(label.casefold()))), None)

    def day(self, text: str | datetime | None) -> date | None:
        """The team's calendar day of an instant."""
        at = moment(text) if isinstance(text, str) else text
        return at.astimezone(self.zone).date() if at else None


@lru_cache(4096)
def guess_stage(name: str) -> Category | None:
    """What a list's name suggests; None when it suggests nothing."""
    return next((each for each, words in _STAGES.items() if re.search(words, name, re.IGNORECASE)), None)


@lru_cache(4096)
def guess_type(label: str) -> ItemType | None:
    """What a label's name says."""
    return next((each for each, words in _TYPES.items() if re.fullmatch(words, label, re.IGNORECASE)), None)
