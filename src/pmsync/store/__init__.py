"""The only room that knows SQL: tables, migrations, writes, queries.

Importing this package is cheap; SQLAlchemy loads with the first store that is opened.
"""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pmsync.store.query import ItemQuery, SavedReport

if TYPE_CHECKING:
    from pmsync.store.store import Store

__all__ = ["ItemQuery", "SavedReport", "Store", "lock", "open_store"]


def open_store(address: str) -> "Store":
    """Open the store at a path, a `sqlite:///` or a `postgresql://` URL; make or migrate its tables where needed.

    Raises:
        StoreError: a newer pmsync wrote it, it is no pmsync store, it cannot be reached or written.
    """
    from pmsync.store.store import Store

    return Store(address)


def lock(address: str) -> AbstractContextManager[None]:
    """Hold a store for writing; readers are not kept out, and a killed process leaves no lock behind.

    Raises:
        BusyError: another pmsync holds it; says which and since when.
        StoreError: the store cannot be reached.
    """
    from pmsync.store.locks import writer_lock

    return writer_lock(address)


def __getattr__(name: str) -> Any:
    if name == "Store":
        from pmsync.store.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
