"""The tables. Columns of model tables come from the model: a new field needs a migration and nothing else."""

from dataclasses import fields
from typing import Any, get_args, get_type_hints

from sqlalchemy import Column, Index, Integer, MetaData, Table, UniqueConstraint

from pmsync.model import Catalog, Change, Item, Override, Raw, SourceRun
from pmsync.store.columns import UtcDateTime, json_of, words
from pmsync.store.rows import Rows, columns_of

HEAD = "0001"
"""The newest migration; a test holds it to the folder of migrations, so that opening need not import Alembic."""

VERSION_TABLE = "pmsync_version"

metadata = MetaData()


def _words(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, words(), primary_key=key, nullable=False)


items = Table(
    "items",
    metadata,
    *columns_of(Item, key=("source", "id")),
    _words("key_order"),  # the key in lower case with padded numbers: PAY-2 before PAY-10
    _words("fingerprint"),
    Index("items_by_key", "source", "key_order", "id"),
    Index("items_by_update", "source", "presence", "updated", "id"),
)
changes = Table(
    "changes",
    metadata,
    _words("source", key=True),
    *columns_of(Change, key=("id",)),
    Index("changes_by_item", "source", "item_id", "at", "id"),
    sqlite_with_rowid=False,
)
raw = Table(
    "raw",
    metadata,
    _words("source", key=True),
    *columns_of(Raw, key=("kind", "id")),
)
catalog = Table(
    "catalog",
    metadata,
    _words("source", key=True),
    _words("kind", key=True),
    _words("id", key=True),
    _words("body"),
)
checkpoints = Table(
    "checkpoints", metadata, _words("source", key=True), Column("body", json_of(dict[str, Any]), nullable=False)
)
runs = Table("runs", metadata, Column("id", Integer, primary_key=True), Column("at", UtcDateTime, nullable=False))
source_runs = Table(
    "source_runs",
    metadata,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    *columns_of(SourceRun, key=("source",)),
)
overrides = Table("overrides", metadata, *columns_of(Override, key=("source", "item_id")))
classifications = Table(
    "classifications",
    metadata,
    _words("scheme_digest", key=True),
    _words("source", key=True),
    _words("item_id", key=True),
    _words("scheme"),
    _words("digest"),
    _words("body"),
)
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    _words("name"),
    _words("scope"),
    Column("as_of", UtcDateTime, nullable=False),
    _words("facts"),
    _words("markdown"),
    UniqueConstraint("name", "scope", "as_of", name="reports_by_name"),
)
notes = Table(
    "notes",
    metadata,
    _words("series", key=True),
    _words("kind", key=True),
    _words("id", key=True),
    Column("body", json_of(dict[str, Any]), nullable=False),
)

ITEMS = Rows(Item, items)
CHANGES = Rows(Change, changes)
SOURCE_RUNS = Rows(SourceRun, source_runs)
RAWS = Rows(Raw, raw)
OVERRIDES = Rows(Override, overrides)

CATALOG_KINDS: dict[str, type] = {
    table.name: get_args(get_type_hints(Catalog)[table.name])[1] for table in fields(Catalog)
}
"""Which dataclass lies in the catalog under which kind."""
