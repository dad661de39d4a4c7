"""Roles in a workspace: what classification sees of an item, a team's corrections, and what is kept of the answers."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pmsync.app.reading import Known, load, read_catalogs
from pmsync.app.workspace import Workspace
from pmsync.config import RoleOverride, Settings
from pmsync.errors import ConfigError, UsageError, nearest
from pmsync.metrics.history import Life, life
from pmsync.model import Catalog, Classification, Confidence, Item, Override, Presence, Role, Subject, TextFormat
from pmsync.model.markup import to_markdown
from pmsync.roles import Scheme, Tended, balance, classify, load_scheme, overridden, tended
from pmsync.roles.duties import DUTIES
from pmsync.store import ItemQuery

Key = tuple[str, str]
"""An item by `(source, id)`."""


def scheme_of(settings: Settings, wanted: str | None = None) -> Scheme:
    """The scheme asked for, else the config's; a file is looked up beside the config."""
    name = wanted or settings.scheme
    path = settings.folder / name
    return load_scheme(str(path) if path.is_file() else name)


def subject_of(item: Item, catalog: Catalog, tracker: str = "") -> Subject:
    """What classification may see: words and fields, never who reported it."""
    stage = catalog.stages.get(item.stage_id or "")
    boards = (catalog.boards[board_id].name for board_id in item.board_ids if board_id in catalog.boards)
    return Subject(
        id=item.id,
        title=item.title,
        description=_words_of(item),
        type=item.type_name,
        labels=item.labels,
        stage=stage.name if stage else "",
        components=item.components,
        checklist=tuple(entry.text for entry in item.checklist),
        board=next(boards, ""),
        fields=tuple(name for name, value in _fields(item) if value),
        tracker=tracker,
    )


def _words_of(item: Item) -> str:
    """The description in words: Atlassian's document format is JSON, whose member names say nothing of the work."""
    if item.description_format is TextFormat.ADF:
        return to_markdown(item.description, item.description_format)
    return item.description


def _fields(item: Item) -> Iterator[tuple[str, object]]:
    yield from (("due", item.due), ("estimate", item.estimate_seconds), ("points", item.points))
    yield from (("spent", item.spent_seconds), ("version", item.version_ids), ("sprint", item.sprint_ids))
    yield from (("link", item.links), ("checklist", item.checklist))


class RoleBook:
    """Answers for the items of a workspace; text that was classified before is not classified again."""

    def __init__(self, workspace: Workspace, scheme: Scheme) -> None:
        _check_rules(workspace.settings)
        self.workspace = workspace
        self.scheme = scheme
        self._known = workspace.store.classifications(scheme.digest)
        self._fresh: dict[Key, tuple[str, Classification]] = {}
        self._overrides = workspace.store.overrides()

    def answer(self, item: Item, catalog: Catalog) -> Classification:
        """A person's override, else the first matching rule of the config, else what the text says."""
        classified = self._classify(item, catalog)
        if override := self.override(item):
            why = _because(f"set by {override.by} on {override.at[:10]}", override.why)
            return overridden(classified, override.role, override.duty, field="override", why=why)
        for rule in self.workspace.settings.roles.overrides:
            if words := _matches(rule, item, catalog):
                why = _because(f"your rule for {words}", rule.why)
                return overridden(classified, rule.role, rule.duty, field="override", why=why)
        return classified

    def override(self, item: Item) -> Override | None:
        """What a person said of this item."""
        return self._overrides.get((item.source, item.id))

    def save(self) -> None:
        """Keep what was classified anew."""
        if self._fresh:
            self.workspace.store.save_classifications(self.scheme.digest, self._fresh)

    def subject(self, item: Item, catalog: Catalog) -> Subject:
        """What classification sees of an item."""
        kind = self.workspace.settings.sources[item.source].type
        return subject_of(item, catalog, kind.removesuffix("-export"))

    def _classify(self, item: Item, catalog: Catalog) -> Classification:
        subject = self.subject(item, catalog)
        digest = hashlib.blake2b(repr(subject).encode(errors="surrogatepass"), digest_size=12).hexdigest()
        key = (item.source, item.id)
        if key in self._known and self._known[key][0] == digest:
            return self._known[key][1]
        answer = classify(subject, self.scheme)
        self._fresh[key] = (digest, answer)
        return answer


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _matches(rule: RoleOverride, item: Item, catalog: Catalog) -> str | None:
    """What matched, in words; every condition that the rule names must hold."""
    stage = catalog.stages.get(item.stage_id or "")
    has = {
        "label": {*item.labels},
        "stage": {stage.name, stage.id} if stage else set(),
        "board": {*item.board_ids} | {catalog.boards[one].name for one in item.board_ids if one in catalog.boards},
        "field": {name for name, value in _fields(item) if value} | {*item.custom_fields},
        "key": {item.key, *item.aliases},
    }
    asked = {name: value for name in has if (value := getattr(rule, name)) is not None}
    fits = asked and all(value in has[name] for name, value in asked.items())
    return ", ".join(f'{name} "{value}"' for name, value in asked.items()) if fits else None


def set_role(workspace: Workspace, item: Item, role: Role, *, duty: str | None, by: str, why: str) -> None:
    """Store a correction; it wins over everything and survives re-sync and re-key.

    Raises:
        UsageError: there is no such duty.
    """
    if duty and duty not in DUTIES:
        raise UsageError(f'there is no duty "{duty}"', hint=_duties(duty))
    at = workspace.now.isoformat(timespec="seconds")
    workspace.store.set_override(
        Override(source=item.source, item_id=item.id, role=role, duty=duty, by=by, at=at, why=why)
    )


def free_role(workspace: Workspace, item: Item) -> None:
    """Take a correction back: the text decides again."""
    workspace.store.remove_override(item.source, item.id)


def _check_rules(settings: Settings) -> None:
    for number, rule in enumerate(settings.roles.overrides, 1):
        if rule.duty and rule.duty not in DUTIES:
            what = f'{settings.path}: roles.overrides, entry {number}: there is no duty "{rule.duty}"'
            raise ConfigError(what, hint=_duties(rule.duty))


def _duties(word: str) -> str:
    near = nearest(word, DUTIES)
    return f'Did you mean "{near}"?' if near else f"There are: {', '.join(DUTIES)}"


_CORRECTION = ("role", "duty", "by", "at", "why")


def summary(workspace: Workspace, scheme: str | None = None) -> dict[str, Any]:
    """The spread by role, duty, confidence, board and person, the corrections, and the items to review.

    With two hats also their balance, which counts what was archived, too: finished cards often are.
    """
    book = RoleBook(workspace, scheme_of(workspace.settings, scheme))
    spread: dict[str, Counter[str]] = {name: Counter() for name in ("role", "duty", "confidence", "board", "person")}
    hats, corrections, review = [], [], []
    catalogs, here = read_catalogs(workspace), ItemQuery(sources=workspace.sources())
    for known in load(workspace, here, catalogs):
        answer = book.answer(known.item, known.catalog)
        if book.scheme.watch:
            hats.append(_tended(known, answer, workspace.now))
        for name, words in _where(known, answer).items():
            spread[name].update(words)
        if made := book.override(known.item):
            corrections.append({"key": known.item.key} | {name: getattr(made, name) for name in _CORRECTION})
        if answer.confidence is Confidence.LOW:
            review.append({"key": known.item.key, "role": answer.role, "duty": answer.duty, "title": known.item.title})
    if book.scheme.watch:
        archived = load(workspace, replace(here, presence=Presence.ARCHIVED), catalogs)
        hats += [_tended(known, book.answer(known.item, known.catalog), workspace.now) for known in archived]
    book.save()
    return {
        "scheme": book.scheme.name,
        "items": spread["role"].total(),
        "spread": {name: dict(counts.most_common()) for name, counts in spread.items()},
        "balance": balance(hats, book.scheme, workspace.now) if book.scheme.watch else None,
        "corrections": corrections,
        "review": review,
    }


def _tended(known: Known, answer: Classification, as_of: datetime) -> Tended:
    lived = life(known.item, known.changes, known.catalog, as_of) or Life(created=known.item.created)
    return tended(known.item, known.changes, answer, outcome=lived.outcome, finished=lived.finished, as_of=as_of)


def _where(known: Known, answer: Classification) -> dict[str, Sequence[str]]:
    item, catalog = known.item, known.catalog
    boards = [f"{catalog.boards[one].name}: {answer.role}" for one in item.board_ids if one in catalog.boards]
    people = [f"{catalog.people[one].name}: {answer.role}" for one in item.assignee_ids if one in catalog.people]
    return {
        "role": (answer.role,),
        "duty": (answer.duty,),
        "confidence": (answer.confidence,),
        "board": boards or (f"no board: {answer.role}",),
        "person": people or (f"nobody: {answer.role}",),
    }
