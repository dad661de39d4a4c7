"""Entries: every item of a report once, with its life and the line that templates print of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from pmsync.metrics.flow import age, cycle_time, days, flagged_intervals, local, overdue_days
from pmsync.metrics.history import DELIVERED, Life, is_leaf, life, state_at
from pmsync.model import Catalog, Change, Classification, Field, Item, Presence, SourceRun
from pmsync.model.period import Period
from pmsync.reports.facts import Line
from pmsync.reports.view import view_of

_BLOCKED = re.compile(r"\b(blocked|blocker|impediment|on hold)\b", re.IGNORECASE)
_IMPACT = {"very low": 1, "low": 2, "medium": 3, "high": 4, "very high": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceData:
    """What the store holds of one source, with the last run that read it. `changes` are by item id.

    A report about a part of the work names the ids of its items in `shown`; the others only explain them.
    """

    name: str
    kind: str
    catalog: Catalog
    items: Sequence[Item]
    changes: Mapping[str, Sequence[Change]]
    run: SourceRun | None = None
    classifications: Mapping[str, Classification] = field(default_factory=dict)
    shown: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The window a report looks through: the period, the instant (UTC) it is made for, and the time zone of days."""

    period: Period
    as_of: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        """The calendar day of `as_of`."""
        return local(self.as_of, self.zone)

    def covers(self, at: datetime | None) -> bool:
        """Whether an instant lies in the period, and not after `as_of`."""
        return at is not None and at <= self.as_of and local(at, self.zone) in self.period


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as it was at `as_of`, its changes until then, its life, and its line."""

    item: Item
    changes: tuple[Change, ...]
    life: Life
    source: SourceData
    line: Line
    role: Classification | None = None

    @property
    def shown(self) -> bool:
        """Whether the report is about it."""
        return self.source.shown is None or self.item.id in self.source.shown

    @property
    def leaf(self) -> bool:
        """Counts in flow figures."""
        return is_leaf(self.item)

    def delivered(self, frame: Frame) -> bool:
        """Delivered in the period, by `as_of`."""
        return self.leaf and self.life.outcome == DELIVERED and frame.covers(self.life.finished)


_Known = tuple[Item, Life]


def entries(sources: Iterable[SourceData], frame: Frame) -> list[Entry]:
    """Read every item that existed at `as_of` and was visible then (or finished and archived), in a stable order."""
    return [entry for source in sources for entry in _of_source(source, frame)]


def _of_source(source: SourceData, frame: Frame) -> list[Entry]:
    known = [each for item in source.items if (each := _known(item, source, frame))]
    keys = {item.id: item.key for item, _ in known}
    unfinished = {item.key for item, known_life in known if not known_life.closed}
    found = [_entry(each, source, frame, keys, unfinished) for each in known]
    return sorted(found, key=lambda entry: natural(entry.item.key))


def _known(item: Item, source: SourceData, frame: Frame) -> _Known | None:
    changes = source.changes.get(item.id, ())
    then = state_at(item, changes, frame.as_of)
    if then is None or then.presence not in (Presence.HERE, Presence.ARCHIVED):
        return None
    known = life(item, changes, source.catalog, frame.as_of)
    return (then, known) if known else None


def natural(key: str) -> tuple[tuple[int, int, str], ...]:
    """Sort order of keys: PAY-9 before PAY-10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", key)
    return tuple((0, int(part[:18]), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _entry(each: _Known, source: SourceData, frame: Frame, keys: Mapping[str, str], unfinished: set[str]) -> Entry:
    item, known = each
    past = tuple(change for change in source.changes.get(item.id, ()) if change.at <= frame.as_of)
    role = source.classifications.get(item.id)
    by = _blocked_by(item, keys, unfinished)
    since = _blocked_since(item, past, known, source.catalog)
    blocked = not known.closed and bool(by or since or _looks_blocked(item, known, source.catalog))
    line = Line(
        item=view_of(item, known, source.catalog, role, keys=keys),
        age=age(known, frame.as_of, frame.zone),
        cycle=cycle_time(known, frame.zone),
        overdue=overdue_days(item, known, frame.as_of, frame.zone),
        blocked=blocked,
        blocked_since=local(since, frame.zone) if blocked and since else None,
        blocked_days=days(since, frame.as_of, frame.zone) if blocked and since else None,
        blocked_by=by if blocked else (),
        is_new=frame.covers(item.created),
        exposure=_exposure(item),
    )
    return Entry(item=item, changes=past, life=known, source=source, line=line, role=role)


def _looks_blocked(item: Item, known: Life, catalog: Catalog) -> bool:
    stage = catalog.stages.get(known.stage_id or "")
    return item.flagged or any(_BLOCKED.search(word) for word in (*item.labels, stage.name if stage else ""))


def _blocked_by(item: Item, keys: Mapping[str, str], unfinished: set[str]) -> tuple[str, ...]:
    inward = (link.target for link in item.links if link.direction == "in" and link.type.lower().startswith("block"))
    targets = {keys.get(target.id or "", target.key) for target in inward}
    return tuple(sorted(targets & unfinished, key=natural))


def _blocked_since(item: Item, changes: Sequence[Change], known: Life, catalog: Catalog) -> datetime | None:
    """The earliest of the signals that still hold; links carry no date."""
    stage = catalog.stages.get(known.stage_id or "")
    signals = [start for start, end in flagged_intervals(item, changes) if end is None and item.flagged]
    if stage and known.entered and _BLOCKED.search(stage.name):
        signals.append(known.entered)
    labels = {label for label in item.labels if _BLOCKED.search(label)}
    signals += [change.at for change in changes if change.field is Field.LABEL and change.after in labels]
    return min(signals, default=None)


def _exposure(item: Item) -> float | None:
    """Impact times probability, each 1 to 5, from custom fields of those names."""
    scores = {name.strip().lower(): _score(value) for name, value in item.custom_fields.items()}
    impact, probability = scores.get("impact"), scores.get("probability") or scores.get("likelihood")
    return impact * probability if impact and probability else None


def _score(value: str | float | bool) -> float | None:
    if isinstance(value, str):
        return _IMPACT.get(value.strip().lower())
    return float(value) if 1 <= value <= 5 else None
