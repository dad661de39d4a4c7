"""Reading the store: items together with their history and the catalog of their source, a page at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter
from typing import TypeVar

from pmsync.app.workspace import Workspace
from pmsync.model import Catalog, Change, Item
from pmsync.store import ItemQuery

PAGE = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One item with everything that belongs to it."""

    item: Item
    changes: tuple[Change, ...]
    catalog: Catalog


def load(workspace: Workspace, query: ItemQuery) -> Iterator[Known]:
    """Items with their changes and the catalog of their source; memory holds one page."""
    store = workspace.store
    for source, items in groupby(store.items(query), attrgetter("source")):
        catalog = store.catalog(source)
        for page in pages(items, PAGE):
            history = _by_item(store.changes(source, [item.id for item in page]))
            for item in page:
                yield Known(item=item, changes=history.get(item.id, ()), catalog=catalog)


def pages(values: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Consecutive tuples of at most `size` values."""
    rest = iter(values)
    while page := tuple(islice(rest, size)):
        yield page


def _by_item(changes: Iterable[Change]) -> dict[str, tuple[Change, ...]]:
    return {item_id: tuple(group) for item_id, group in groupby(changes, attrgetter("item_id"))}
