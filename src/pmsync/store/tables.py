"""The tables. Columns of model tables come from the model: a new field needs a migration and nothing else."""

from dataclasses import fields
from typing import Any, get_args, get_type_hints

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint

from pmsync.model import Catalog, Change, Item, Override, Raw, SourceRun
from pmsync.store.columns import UtcDateTime, json_of, words
from pmsync.store.rows import Rows, columns_of

HEAD = "0002"
"""The newest migration; a test holds it to the folder of migrations, so that opening need not import Alembic."""

VERSION_TABLE = "pmsync_version"

CATALOG_KINDS: dict[str, type] = {
    table.name: get_args(get_type_hints(Catalog)[table.name])[1] for table in fields(Catalog)
}
"""Which dataclass lies in the catalog under which kind."""

metadata = MetaData()


def _key(*names: str) -> list[Column[Any]]:
    return [Column(name, words(), primary_key=True) for name in names]


def _words(*names: str) -> list[Column[Any]]:
    return [Column(name, words(), nullable=False) for name in names]


def _json() -> Column[Any]:
    return Column("body", json_of(dict[str, Any]), nullable=False)


def _instant(name: str) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=False)


items = Table(
    "items",
    metadata,
    *columns_of(Item, key=("source", "id")),
    *_words("key_order", "fingerprint"),  # key_order: see `filters.natural`
    Index("items_by_key", "source", "key_order", "id"),
    Index("items_by_update", "source", "presence", "updated", "id"),
)
changes = Table(
    "changes",
    metadata,
    *columns_of(Change),
    *_words("source"),
    PrimaryKeyConstraint("source", "item_id", "at", "id"),  # lies as it is read; an index of its own cost four times
    sqlite_with_rowid=False,
)
raw = Table("raw", metadata, *columns_of(Raw), *_words("source"), PrimaryKeyConstraint("source", "kind", "id"))
catalog = Table("catalog", metadata, *_key("source", "kind", "id"), *_words("body"))
checkpoints = Table("checkpoints", metadata, *_key("source"), _json())

runs = Table("runs", metadata, Column("id", Integer, primary_key=True), _instant("at"))
run_id = Column("run_id", Integer, autoincrement=False)
source_runs = Table("source_runs", metadata, *columns_of(SourceRun), run_id, PrimaryKeyConstraint("run_id", "source"))
overrides = Table("overrides", metadata, *columns_of(Override, key=("source", "item_id")))
classifications = Table(
    "classifications", metadata, *_key("scheme_digest", "source", "item_id"), *_words("scheme", "digest", "body")
)
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    *_words("name", "scope"),
    _instant("as_of"),
    Column("facts", LargeBinary, nullable=False),  # zlib: every item is in there, with much the same words
    *_words("markdown"),
    UniqueConstraint("name", "scope", "as_of", name="reports_by_name"),
)

ITEMS = Rows(Item, items)
CHANGES = Rows(Change, changes)
RAWS = Rows(Raw, raw)
SOURCE_RUNS = Rows(SourceRun, source_runs)
OVERRIDES = Rows(Override, overrides)
