"""Items as people ask for them: filtered, with ids looked up, life computed and role attached."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pmsync.app.people import Catalogs, ids_of
from pmsync.app.reading import Known, complete, load, read_catalogs, refuse_unknown
from pmsync.app.roles import RoleBook, scheme_of
from pmsync.app.workspace import Workspace
from pmsync.errors import UsageError
from pmsync.model import Category, Classification, Item, ItemType, ItemView, Presence
from pmsync.reports.view import view
from pmsync.roles import explain
from pmsync.store import ItemQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What `pmsync items` was asked for; an empty filter lets everything through."""

    source: tuple[str, ...] = ()
    board: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    role: str | None = None
    text: str = ""
    updated_since: datetime | None = None
    presence: str = "here"
    history: bool = False
    roles: bool = False
    scheme: str | None = None

    def query(self, workspace: Workspace, catalogs: Catalogs) -> ItemQuery:
        """The part that the store can answer.

        Raises:
            UsageError: a source, board or stage does not exist.
        """
        sources = workspace.sources(self.source)
        refuse_unknown("board", self.board, (one for name in sources for one in catalogs[name].boards.values()))
        refuse_unknown("stage", self.stage, (one for name in sources for one in catalogs[name].stages.values()))
        since = self.updated_since
        return ItemQuery(
            sources=sources,
            boards=self.board,
            types=tuple(map(ItemType, self.type)),
            stages=self.stage,
            categories=tuple(map(Category, self.category)),
            labels=self.label,
            assignees=ids_of(self.assignee, catalogs),
            text=self.text,
            updated_since=since.replace(tzinfo=workspace.settings.zone) if since else None,
            presence="all" if self.presence == "all" else Presence(self.presence),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One item as `pmsync show` tells it."""

    item: Item
    view: ItemView
    explanation: str


def list_items(workspace: Workspace, filters: Filters) -> Iterator[ItemView]:
    """Views of the items that pass the filters, by source and key, a page at a time."""
    with_roles = filters.roles or filters.role or filters.scheme
    book = RoleBook(workspace, scheme_of(workspace.settings, filters.scheme)) if with_roles else None
    catalogs = read_catalogs(workspace)
    for known in load(workspace, filters.query(workspace, catalogs), catalogs):
        answer = book.answer(known.item, known.catalog) if book else None
        if filters.role and answer and answer.role.lower() != filters.role:
            continue
        yield _view(workspace, known, answer, history=filters.history)
    if book:
        book.save()


def find_item(workspace: Workspace, key: str, scheme: str | None = None) -> Found:
    """The one item called `key` (a key, an old key, or the tracker's id).

    Raises:
        UsageError: no item or more than one is called so.
    """
    found = [item for item in workspace.store.item(key) if item.source in workspace.settings.sources]
    if len(found) != 1:
        where = ", ".join(f"{item.source} {item.id}" for item in found)
        what = f'"{key}" could be any of: {where}' if found else f'there is no item "{key}" in the store'
        hint = "Name it by its id." if found else "Check the key, or run `pmsync sync` first."
        raise UsageError(what, hint=hint)
    (known,) = complete(workspace, found, read_catalogs(workspace)[found[0].source])
    book = RoleBook(workspace, scheme_of(workspace.settings, scheme))
    answer = book.answer(known.item, known.catalog)
    return Found(
        item=known.item,
        view=_view(workspace, known, answer, history=True),
        explanation=explain(book.subject(known.item, known.catalog), answer, book.scheme, known.item.key),
    )


def _view(workspace: Workspace, known: Known, answer: Classification | None, *, history: bool) -> ItemView:
    changes, keys = known.changes, known.keys
    return view(known.item, changes, known.catalog, workspace.now, answer, history=history, keys=keys)
