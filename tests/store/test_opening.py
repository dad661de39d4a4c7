"""What can go wrong with a store is told in one sentence, without a secret and without SQL."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from builders import at, make_change, make_record
from contract.shorthand import create
from pmsync.errors import StoreError
from pmsync.store import database, open_store, tables


def failure(address: Path | str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_store(str(address))
    assert len(caught.value.message.splitlines()) == 1
    assert "sqlalche" not in caught.value.message
    return caught.value


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Shopping list: milk, bread, and more than a hundred bytes of other things " * 5)
    assert failure(file).message == f"{file} is not a pmsync store."
    assert file.read_text().startswith("Shopping list")


def test_a_database_of_another_program(tmp_path: Path) -> None:
    file = tmp_path / "music.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE songs (title)")
    assert failure(file).message == f"{file} is a database, but not a pmsync store."


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in failure(tmp_path / "file" / "store.db").message


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    assert failure(tmp_path).message == f"{tmp_path} cannot be opened."


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "Permission denied" in failure(tmp_path / "store.db").message


def test_a_file_locked_by_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0)
    file = tmp_path / "store.db"
    with open_store(str(file)) as store, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="was locked by another program"):
            store.apply("shop", create(make_record("1")))


def test_a_file_that_another_is_just_making_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses at once, however long we are ready to wait; here the other has finished a moment later."""
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        class Refused(sqlite3.Connection):
            def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
                try:
                    return super().execute(sql, *values)
                except sqlite3.OperationalError:
                    other.rollback()
                    raise

        with closing(sqlite3.connect(file, timeout=0, factory=Refused)) as connection:
            database._prepare_sqlite(connection, None)
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "store.db")) as store:
        store.apply("shop", create(make_record("1")))
        with store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StoreError, match="its disk is full") as caught:
            store.apply("shop", create(*(make_record(str(number), description="x" * 4000) for number in range(50))))
        assert "run again" in caught.value.hint
        assert store.count("shop") == 1


def test_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with open_store(str(file)) as store:
        store.apply("shop", create(*(make_record(str(number)) for number in range(200))))
    with file.open("r+b") as damaged:
        damaged.seek(100)
        damaged.write(b"\xff" * 50_000)
    assert failure(file).message == f"{file} is damaged."


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    open_store(f"sqlite:///{file}").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://ann:geheim@host/db", "cannot be kept in 'mysql'"),
        ("postgresql://ann:geheim@host:port/db", "not a valid URL"),
        ("sqlite://", "cannot be kept in 'sqlite'"),
        (":memory:", "cannot be kept in 'sqlite'"),
        ("postgresql://ann:geheim@127.0.0.1:1/db?connect_timeout=1", "postgresql://127.0.0.1/db cannot be used: "),
        ("postgresql://127.0.0.1:1/db?password=geheim&connect_timeout=1", "cannot be used"),
    ],
)
def test_an_address_that_leads_nowhere(address: str, words: str) -> None:
    told = failure(address)
    assert words in told.message
    assert told.hint
    assert "geheim" not in f"{told.message}{told.hint}"


def test_a_missing_postgresql_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert failure("postgresql://127.0.0.1/db").hint == "pip install 'pmsync[postgres]'"


def test_head_is_the_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == tables.HEAD


def test_the_history_in_a_store_of_the_first_version_is_kept(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    engine = database.make_engine(database.parse_address(str(tmp_path / "old.db")))
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO changes (source, id, item_id, field, at, after)"
            " VALUES ('shop', 'c1', '1', 'status', '2026-05-03T09:00:00.000000+00:00', 'Doing')"
        )
    engine.dispose()
    with open_store(str(tmp_path / "old.db")) as store:
        store.apply("shop", create(make_record("1", changes=(make_change("c1", at=at(3)),))))
        assert [(change.id, change.after_id) for change in store.changes("shop")] == [("c1", "20")]


def test_a_store_at_head_opens_without_alembic_and_importing_the_room_without_sqlalchemy(tmp_path: Path) -> None:
    file = str(tmp_path / "store.db")
    open_store(file).close()
    program = (
        "import sys, pmsync.store as room; assert 'sqlalchemy' not in sys.modules;"
        f"room.open_store({file!r}).close(); assert 'alembic' not in sys.modules"
    )
    path = os.pathsep.join(filter(None, sys.path))
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": path}, timeout=60)
