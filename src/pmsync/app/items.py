"""Items as people ask for them: filtered, with ids looked up, life computed and role attached."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pmsync.app.reading import load
from pmsync.app.roles import RoleBook, scheme_of
from pmsync.app.workspace import Workspace
from pmsync.errors import UsageError
from pmsync.model import Category, Item, ItemType, ItemView, Presence
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

    def query(self, workspace: Workspace) -> ItemQuery:
        """The part that the store can answer."""
        return ItemQuery(
            sources=workspace.sources(self.source),
            boards=self.board,
            types=tuple(map(ItemType, self.type)),
            stages=self.stage,
            categories=tuple(map(Category, self.category)),
            labels=self.label,
            assignees=self.assignee,
            text=self.text,
            updated_since=self.updated_since.replace(tzinfo=UTC) if self.updated_since else None,
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
    for known in load(workspace, filters.query(workspace)):
        answer = book.answer(known.item, known.catalog) if book else None
        if filters.role and answer and answer.role.lower() != filters.role:
            continue
        yield view(known.item, known.changes, known.catalog, workspace.now, answer, history=filters.history)
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
    (item,) = found
    catalog, changes = workspace.store.catalog(item.source), tuple(workspace.store.changes(item.source, [item.id]))
    book = RoleBook(workspace, scheme_of(workspace.settings, scheme))
    answer = book.answer(item, catalog)
    return Found(
        item=item,
        view=view(item, changes, catalog, workspace.now, answer, history=True),
        explanation=explain(book.subject(item, catalog), answer, book.scheme),
    )
