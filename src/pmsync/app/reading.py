"""Reading the store: items together with their history and the catalog of their source, a page at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter
from typing import TypeVar

from pmsync.app.people import with_humans
from pmsync.app.workspace import Workspace
from pmsync.errors import UsageError, nearest
from pmsync.model import Board, Catalog, Change, Item, Stage
from pmsync.store import ItemQuery

PAGE = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One item with everything that belongs to it; `keys` are the present ones, by id, of its parent and links."""

    item: Item
    changes: tuple[Change, ...]
    catalog: Catalog
    keys: Mapping[str, str]


def read_catalogs(workspace: Workspace) -> dict[str, Catalog]:
    """The catalog of every source in the config, with one name for one human."""
    found = {source: workspace.store.catalog(source) for source in workspace.sources()}
    return with_humans(found, workspace.settings.people)


def load(workspace: Workspace, query: ItemQuery, catalogs: Mapping[str, Catalog]) -> Iterator[Known]:
    """Items with their changes and the catalog of their source; memory holds one page."""
    for source, items in groupby(workspace.store.items(query), attrgetter("source")):
        for page in pages(items, PAGE):
            yield from complete(workspace, page, catalogs[source])


def complete(workspace: Workspace, page: Sequence[Item], catalog: Catalog) -> Iterator[Known]:
    """Items of one source with all that belongs to them."""
    store, source = workspace.store, page[0].source
    history = _by_item(store.changes(source, [item.id for item in page]))
    present = store.known(source, {id for item in page for id in _referred(item)})
    for item in page:
        keys = {id: present[id].key for id in _referred(item) if id in present}
        yield Known(item=item, changes=history.get(item.id, ()), catalog=catalog, keys=keys)


def _referred(item: Item) -> Iterator[str]:
    """Ids of the parent and of what the links lead to."""
    for ref in (item.parent, *(link.target for link in item.links)):
        if ref and ref.id:
            yield ref.id


def refuse_unknown(what: str, wanted: Sequence[str], known: Iterable[Board | Stage]) -> None:
    """Make sure that boards or stages exist: a list without items would look like a quiet week.

    Raises:
        UsageError: none has this name or id.
    """
    entries = list(known) if wanted else []
    accepted = {word.casefold() for one in entries for word in (one.name, one.id)}
    for word in wanted:
        if word.casefold() not in accepted:
            names = sorted({one.name for one in entries})
            near = nearest(word, names)
            there = f"There are: {', '.join(names)}" if names else "Run `pmsync sync` first"
            hint = f'Did you mean "{near}"?' if near else there
            raise UsageError(f'there is no {what} "{word}" in the store', hint=hint)


def pages(values: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Consecutive tuples of at most `size` values."""
    rest = iter(values)
    while page := tuple(islice(rest, size)):
        yield page


def _by_item(changes: Iterable[Change]) -> dict[str, tuple[Change, ...]]:
    return {item_id: tuple(group) for item_id, group in groupby(changes, attrgetter("item_id"))}
