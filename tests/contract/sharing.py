"""What must hold when a store is opened, and when several use it at once."""

import os
import threading

import pytest

from builders import make_record
from contract.shorthand import create, keys, update
from pmsync.errors import BusyError, StoreError
from pmsync.model import (
    Catalog,
)
from pmsync.store import Store, lock, open_store


class Sharing:
    # -- opening

    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert list(store.items()) == []
        assert store.checkpoint("shop") == {}
        assert store.catalog("shop") == Catalog()
        assert store.last_runs() == {}

    def test_what_was_written_is_there_when_opened_again(self, address: str) -> None:
        with open_store(address) as store:
            store.apply("shop", create(make_record("1")), checkpoint={"page": 2})
        with open_store(address) as store:
            assert keys(store) == ["PAY-1"]
            assert store.checkpoint("shop") == {"page": 2}

    def test_a_store_of_a_newer_pmsync_is_refused(self, address: str) -> None:
        with open_store(address) as store, store._write() as connection:
            connection.exec_driver_sql("UPDATE pmsync_version SET version_num = '9999'")
        with pytest.raises(StoreError, match="written by a newer pmsync") as caught:
            open_store(address)
        assert "Upgrade" in caught.value.hint

    def test_several_may_open_a_new_store_at_once(self, address: str) -> None:
        failures: list[BaseException] = []

        def open_it() -> None:
            try:
                open_store(address).close()
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=open_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []

    def test_the_tables_are_those_of_the_model(self, store: Store) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        from pmsync.store.tables import VERSION_TABLE, metadata

        with store._read() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            assert compare_metadata(context, metadata) == []

    # -- several at once

    def test_readers_go_on_while_another_thread_writes(self, store: Store) -> None:
        store.apply("shop", create(make_record("1")))
        found: list[list[str]] = []
        with store.rebuild("shop") as write:
            write(update(make_record("1", key="NEW-1"), make_record("2")))
            reader = threading.Thread(target=lambda: found.append(keys(store)))
            reader.start()
            reader.join(timeout=20)
        assert found == [["PAY-1"]]
        assert keys(store) == ["NEW-1", "PAY-2"]

    def test_writers_in_several_threads_take_turns(self, store: Store) -> None:
        def write(thread: int) -> None:
            for number in range(5):
                store.apply("shop", create(make_record(f"{thread}-{number}")), checkpoint={"thread": thread})

        threads = [threading.Thread(target=write, args=[thread]) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.count("shop") == 20

    def test_a_stream_shows_one_state_from_beginning_to_end(self, store: Store) -> None:
        store.apply("shop", create(*(make_record(str(number)) for number in range(1_000))))
        stream = store.items()
        first = next(stream)
        store.apply("shop", update(*(make_record(str(number), title="New") for number in range(1_000))))
        assert {item.title == "New" for item in [first, *stream]} == {False}

    def test_only_one_may_hold_the_lock_of_a_store(self, address: str) -> None:
        with lock(address):
            with (
                pytest.raises(BusyError, match=rf"pid {os.getpid()}, since \d{{4}}-.* UTC\) is writing"),
                lock(address),
            ):
                pass
            open_store(address).close()
        with lock(address):
            pass
