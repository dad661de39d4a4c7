"""An `ItemQuery` as SQL conditions, and as a test of rows for what SQL cannot do in every language."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import JSON, Column, ColumnElement, Row, cast, exists, func, or_, select

from pmsync.model import Catalog
from pmsync.store.query import ItemQuery
from pmsync.store.tables import items

Condition = ColumnElement[bool]

_EVER = datetime.min.replace(tzinfo=UTC)


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


def natural(key: str) -> str:
    """A key in the form that sorts as people expect, and alike for every case: PAY-2 before pay-10."""
    return re.sub("[0-9]+", lambda number: number[0].zfill(12), key.casefold())[:300]


def conditions(query: ItemQuery, source: str, catalog: Catalog, dialect: str) -> list[Condition]:
    """What the items of one source must fulfil in SQL."""
    inside = {stage.id for stage in catalog.stages.values() if stage.category in query.categories}
    boards, people = _ids(catalog.boards, query.boards), _ids(catalog.people, query.assignees)
    filters: list[tuple[object, Condition]] = [
        (source, items.c.source == source),
        (query.presence != "all", items.c.presence == query.presence),
        (query.updated_since, items.c.updated >= (query.updated_since or _EVER)),
        (query.types, items.c.type.in_(query.types)),
        (query.stages, items.c.stage_id.in_(_ids(catalog.stages, query.stages))),
        (query.categories, items.c.stage_id.in_(inside)),
        (query.boards, holds(items.c.board_ids, boards, dialect)),
        (query.assignees, holds(items.c.assignee_ids, people, dialect)),
        (query.keys, one_of_keys(query.keys, dialect)),
    ]
    return [condition for wanted, condition in filters if wanted]


def _ids(table: Mapping[str, _Named], wanted: Iterable[str]) -> set[str]:
    names = {name.casefold() for name in wanted}
    return {*wanted, *(entry.id for entry in table.values() if entry.name.casefold() in names)}


def one_of_keys(keys: Collection[str], dialect: str) -> Condition:
    """Items with one of these keys, in any case, now or formerly."""
    return or_(items.c.key_order.in_([natural(key) for key in keys]), holds(items.c.aliases, keys, dialect))


def holds(column: Column[Any], values: Collection[str], dialect: str) -> Condition:
    """Whether a JSON list contains one of the values."""
    each = func.json_each(column) if dialect == "sqlite" else func.json_array_elements_text(cast(column, JSON))
    entry = each.table_valued("value")
    return exists(select(1).select_from(entry).where(entry.c.value.in_(values)))


def matcher(query: ItemQuery) -> Callable[[Row[Any]], bool]:
    """The filters on words: SQLite folds the case of ASCII letters only."""
    labels = {label.casefold() for label in query.labels}
    text = query.text.casefold()

    def matches(row: Row[Any]) -> bool:
        if labels and labels.isdisjoint(label.casefold() for label in row.labels):
            return False
        return not text or text in f"{row.key}\n{row.title}\n{row.description}".casefold()

    return matches
