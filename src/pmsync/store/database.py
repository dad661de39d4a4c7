"""Opening a database: addresses, connections, migrations, and failures told in one sentence."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy import URL, Connection, Dialect, Engine, Table, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError

from pmsync.errors import StoreError
from pmsync.store.columns import by_column
from pmsync.store.tables import HEAD, VERSION_TABLE

WRITER_LOCK = 0x706D73796E63
"""PostgreSQL's number for the advisory lock of a writer ("pmsync" in ASCII)."""

MIGRATION_LOCK = WRITER_LOCK + 1

Row = Sequence[Any]
Columns = frozenset[str]

_BUSY_SECONDS = 30

_ROWS_A_STEP = (1024, 256, 64, 16, 4, 1)
"""SQLite frees the interpreter lock for each step; with a row a step its writer would mostly wait to get it back."""

_MOST_VALUES = 30_000
"""As many as SQLite takes in one statement, and a few less."""

_SQLITE_FAILURES = {
    "file is not a database": ("is not a pmsync store", "Name another file, or move this one away."),
    "unable to open": ("cannot be opened", "Check that the folder exists and may be written."),
    "readonly": ("may not be written", "Check who owns the file and its folder."),
    "locked": (f"was locked by another program for {_BUSY_SECONDS} s", "Try again when it has finished."),
    "is full": ("cannot grow, its disk is full", "Make room and run again: nothing stored is lost."),
    "malformed": ("is damaged", "Restore a backup, or delete the file and sync again."),
    "disk i/o": ("cannot be read or written, its disk reports an error", "Check the disk."),
}


def parse_address(address: str) -> URL:
    """The URL of a plain path, a `sqlite:///` or a PostgreSQL address."""
    try:
        url = make_url(address) if "://" in address else URL.create("sqlite", database=address)
    except (ArgumentError, ValueError):  # their texts repeat the address, and with it the password
        raise StoreError("The address of the store is not a valid URL.", hint="Use a path or postgresql://…") from None
    match url.get_backend_name():
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case "sqlite" if url.database and url.database != ":memory:":
            return URL.create("sqlite", database=str(Path(url.database).expanduser()))
        case other:
            raise StoreError(f"A store cannot be kept in '{other}'.", hint="Use a file or a PostgreSQL database.")


def display_name(url: URL) -> str:
    """The store's name for messages: never with the password."""
    return f"{url.database}" if url.get_backend_name() == "sqlite" else f"postgresql://{url.host or ''}/{url.database}"


def make_engine(url: URL) -> Engine:
    """An engine whose readers see one state per transaction and whose writers wait for each other."""
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "paramstyle": "format"}
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, **options)
    except ImportError as error:
        hint = "pip install 'pmsync[postgres]'"
        raise StoreError("The PostgreSQL driver is not installed.", hint=hint) from error


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    # The driver would begin transactions late and leave table definitions out of them: we begin them ourselves.
    connection.isolation_level = None
    _turn_to_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA journal_size_limit=67108864")


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    # SQLite refuses this at once while another uses a file that is not WAL yet, such as one that is just turning it.
    # For the exclusive lock it waits, so we stand in line there and try again.
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as refused:
            if "locked" not in str(refused):
                raise
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once, else two that read first could not both go on.
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def told_plainly(url: URL) -> Iterator[None]:
    """Turn failures of the database (not bugs of ours) into a `StoreError`."""
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except DBAPIError as error:
        raise _plain(url, str(error.orig)) from error


def _plain(url: URL, reason: str) -> StoreError:
    if url.get_backend_name() == "sqlite":
        for words, (what, hint) in _SQLITE_FAILURES.items():
            if words in reason.lower():
                return StoreError(f"{display_name(url)} {what}.", hint=hint)
    first_line = next(iter(reason.strip().splitlines()), "no reason given")
    hint = "Check its address, that it is running and that you may use it."
    return StoreError(f"The store {display_name(url)} cannot be used: {first_line}", hint=hint)


@contextmanager
def folder_of(path: Path) -> Iterator[None]:
    """Make a file's folder, for a body that makes the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.", hint="Check the folder.") from error


class _Upsert(NamedTuple):
    """A statement and how it wants its values. They go straight to the driver: that halves the time of a first load."""

    sql: str
    writers: list[Callable[[Sequence[Any]], Sequence[Any]]]
    """What makes a column's values ready for the driver, by column."""

    def steps(self, rows: Sequence[Row], sizes: Iterable[int]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Statements for one row or several at once, each with its values, for all rows in their order."""
        columns = (write(values) for write, values in zip(self.writers, zip(*rows, strict=True), strict=False))
        ready, done = list(zip(*columns, strict=True)), 0
        for size in sizes:
            end = done + (len(ready) - done) // size * size
            if end > done and size * len(self.writers) <= _MOST_VALUES:
                yield self._of(size), [tuple(chain(*ready[at : at + size])) for at in range(done, end, size)]
                done = end

    def _of(self, rows: int) -> str:
        one = f"({', '.join('?' * len(self.writers))})"
        return self.sql.replace(one, ", ".join([one] * rows), 1)


@lru_cache(maxsize=100)
def _upsert(into: Table, keep: Columns, dialect: Dialect) -> _Upsert:
    statement: Any = import_module(f"sqlalchemy.dialects.{dialect.name}").insert(into)
    changed = {c.name: statement.excluded[c.name] for c in into.c if not c.primary_key and c.name not in keep}
    differs = sa.or_(*(into.c[name].is_distinct_from(new) for name, new in changed.items()))
    statement = statement.on_conflict_do_update(index_elements=list(into.primary_key), set_=changed, where=differs)
    compiled = statement.compile(dialect=dialect, column_keys=list(into.c.keys()))
    types = [column.type.dialect_impl(dialect) for column in into.c]
    return _Upsert(str(compiled), [by_column(kind.bind_processor(dialect)) for kind in types])


class Database:
    """An open database at the newest schema. Safe to use from several threads; each takes its own connection."""

    def __init__(self, address: str) -> None:
        self._url = parse_address(address)
        self._engine = make_engine(self._url)
        self._dialect = self._engine.dialect.name
        how = {"immediate": True} if self._dialect == "sqlite" else {"isolation_level": "READ COMMITTED"}
        self._writer = self._engine.execution_options(**how)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def __str__(self) -> str:
        """Which database this is, without a password."""
        return display_name(self._url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with told_plainly(self._url), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with told_plainly(self._url), self._writer.begin() as connection:
            yield connection

    def _put_rows(
        self, connection: Connection, into: Table, rows: Iterable[Row], *, keep: Columns = frozenset()
    ) -> None:
        """Insert rows of all columns in order; where the key is taken set all but `keep`, unless all are the same."""
        upsert = _upsert(into, keep, self._engine.dialect)
        for sql, values in upsert.steps(list(rows), _ROWS_A_STEP if self._dialect == "sqlite" else (1,)):
            connection.exec_driver_sql(sql, values)

    def _insert(self, connection: Connection, into: Table, row: dict[str, Any]) -> int:
        """Insert a row and return the number it got."""
        return int((connection.execute(into.insert().values(row)).inserted_primary_key or [0])[0])

    def _prepare(self) -> None:
        if self._dialect == "sqlite":
            self._make_file()
        with self._read() as connection:
            version = self._version(connection)
        if version != HEAD:
            self._migrate()

    def _make_file(self) -> None:
        path = Path(str(self._url.database))
        with folder_of(path):
            path.touch(mode=0o600)  # tracker data is nobody else's business

    def _version(self, connection: Connection) -> str | None:
        """The schema's version, None for a database that is still empty."""
        names = sa.inspect(connection).get_table_names()
        if VERSION_TABLE in names:
            version: str | None = connection.scalar(
                sa.select(sa.text("version_num")).select_from(sa.table(VERSION_TABLE))
            )
            if version is not None and version > HEAD:
                newer = f"{display_name(self._url)} was written by a newer pmsync (schema {version}, known {HEAD})."
                raise StoreError(newer, hint="Upgrade pmsync, or name another store.")
            return version
        if names and self._dialect == "sqlite":
            hint = "Name another file, or move this one away."
            raise StoreError(f"{display_name(self._url)} is a database, but not a pmsync store.", hint=hint)
        return None

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        with self._write() as connection:
            if self._dialect == "postgresql":  # two that open a new store at once
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
