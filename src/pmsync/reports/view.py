"""Views: an item with its ids looked up and its life computed, and the JSON that listings print."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from pmsync.metrics.history import Life, life, state_at
from pmsync.model import (
    Catalog,
    Change,
    ChangeView,
    ChecklistView,
    Classification,
    Item,
    ItemView,
    LinkView,
    PersonView,
    SprintView,
)


def view(
    item: Item,
    changes: Sequence[Change],
    catalog: Catalog,
    as_of: datetime,
    classification: Classification | None = None,
    *,
    history: bool = False,
    keys: Mapping[str, str] | None = None,
) -> ItemView:
    """Show an item as it was at `as_of` (UTC), with `history` its changes up to then.

    `keys` maps ids of other items to their present keys, for parents and links whose key may have changed. A tracker's
    clock may run ahead of ours: an item younger than `as_of` is shown as it was created.
    """
    instant = max(as_of, item.created)
    then = state_at(item, changes, instant) or item
    known = life(item, changes, catalog, instant) or Life(created=item.created)
    past = [change for change in changes if change.at <= instant] if history else None
    return view_of(then, known, catalog, classification, changes=past, keys=keys)


def view_of(
    item: Item,
    known: Life,
    catalog: Catalog,
    classification: Classification | None,
    *,
    changes: Sequence[Change] | None = None,
    keys: Mapping[str, str] | None = None,
) -> ItemView:
    """Look up every id of an item whose state and life at the wanted instant are at hand."""
    same = {name: getattr(item, name) for name in _SAME}
    return ItemView(
        **same,
        **_looked_up(item, catalog, keys or {}),
        stage=_stage_name(catalog, known.stage_id),
        stage_id=known.stage_id,
        category=known.category,
        outcome=known.outcome,
        started=known.started,
        finished=known.finished,
        type=item.type.value,
        presence=item.presence.value,
        comments=len(item.comments),
        worklogs=len(item.worklogs),
        checklist=ChecklistView(done=sum(entry.done for entry in item.checklist), total=len(item.checklist)),
        changes=None if changes is None else tuple(_change(change, catalog) for change in _ordered(changes)),
        role=classification,
    )


_SAME = (
    *("source", "id", "key", "aliases", "url", "type_name", "title", "resolution", "priority", "labels", "components"),
    *("created", "updated", "due", "start", "points", "estimate_seconds", "spent_seconds", "remaining_seconds"),
    *("flagged", "archived", "presence_since", "history_complete_from"),
)


def _looked_up(item: Item, catalog: Catalog, keys: Mapping[str, str]) -> dict[str, Any]:
    parent = item.parent
    return {
        "boards": tuple(catalog.boards[id].name if id in catalog.boards else id for id in item.board_ids),
        "assignees": tuple(person(catalog, id) for id in item.assignee_ids),
        "reporter": person(catalog, item.reporter_id) if item.reporter_id else None,
        "parent": keys.get(parent.id or "", parent.key) if parent else None,
        "sprints": tuple(_sprint(catalog, id) for id in item.sprint_ids),
        "versions": tuple(catalog.versions[id].name if id in catalog.versions else id for id in item.version_ids),
        "links": tuple(
            LinkView(type=link.type, direction=link.direction, key=keys.get(link.target.id or "", link.target.key))
            for link in item.links
        ),
    }


def person(catalog: Catalog, id: str) -> PersonView:
    """A person by the name the tracker shows, by id when the account is not visible."""
    known = catalog.people.get(id)
    return PersonView(id=known.id, name=known.name) if known else PersonView(id=id, name=id)


def _stage_name(catalog: Catalog, id: str | None) -> str | None:
    return catalog.stages[id].name if id and id in catalog.stages else id


def _sprint(catalog: Catalog, id: str) -> SprintView:
    sprint = catalog.sprints.get(id)
    return SprintView(id=id, name=sprint.name if sprint else id, state=sprint.state.value if sprint else "unknown")


def _ordered(changes: Sequence[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: (change.at, change.id))


def _change(change: Change, catalog: Catalog) -> ChangeView:
    return ChangeView(
        field=change.field.value,
        before=change.before,
        before_id=change.before_id,
        after=change.after,
        after_id=change.after_id,
        at=change.at,
        by=person(catalog, change.by_id).name if change.by_id else None,
    )


# --- JSON ---------------------------------------------------------------------------------------------------------

_CHANGE_NAMES = {"before": "from", "before_id": "from_id", "after": "to", "after_id": "to_id"}


def encode(value: Any) -> Any:
    """Turn facts and views into what JSON knows: instants as RFC 3339 in UTC, dates as dates, absent values as null."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, ItemView):
        return item_json(value)
    if isinstance(value, Struct) or is_dataclass(value):
        names = value.__struct_fields__ if isinstance(value, Struct) else [field.name for field in fields(value)]
        return {name: encode(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): encode(each) for key, each in value.items()}
    return [encode(each) for each in value] if isinstance(value, tuple | list) else value


def item_json(item: ItemView) -> dict[str, Any]:
    """The object that `items -o jsonl` prints; `changes` and `role` only when they were asked for."""
    row = {field.name: encode(getattr(item, field.name)) for field in fields(item)}
    del row["changes"], row["role"]
    if item.changes is not None:
        row["changes"] = [
            {_CHANGE_NAMES.get(name, name): each for name, each in change.items()} for change in encode(item.changes)
        ]
    if role := item.role:
        row["role"] = {"scheme": role.scheme, "role": role.role, "duty": role.duty, "confidence": role.confidence}
    return row
