"""What every store must do, whichever database keeps it. A subclass gives the fixture `address`: an empty database."""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from builders import at, make_change, make_item, make_record
from contract.arbitrary import anything, as_stored, ids
from contract.kill import BATCH
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pmsync.errors import BusyError, StoreError
from pmsync.model import (
    Absence,
    Board,
    Catalog,
    Category,
    Change,
    Field,
    Item,
    ItemType,
    Override,
    Person,
    Plan,
    Presence,
    Raw,
    Record,
    Role,
    Stage,
)
from pmsync.store import ItemQuery, Store, lock, open_store

NOW = at(20)
_sources = (f"source-{number}" for number in itertools.count())

few_examples = settings(
    max_examples=25,
    deadline=None,
    # examples share a store but not a source; each subclass runs them on its own database
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
)


def create(*records: Record, **more: Any) -> Plan:
    return Plan(create=records, at=NOW, **more)


def update(*records: Record, **more: Any) -> Plan:
    return Plan(update=records, at=NOW, **more)


def absent(item_id: str, presence: Presence, key: str | None = None, when: datetime = NOW) -> Plan:
    return Plan(absences=(Absence(item_id=item_id, presence=presence, key=key),), at=when)


def keys(store: Store, **query: Any) -> list[str]:
    return [item.key for item in store.items(ItemQuery(**query))]


class StoreContract:
    @pytest.fixture
    def store(self, address: str) -> Iterator[Store]:
        with open_store(address) as opened:
            yield opened

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
            except BaseException as failure:  # noqa: BLE001
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

    # -- a batch

    def test_a_record_comes_back_as_it_was(self, store: Store) -> None:
        record = make_record("1", labels=("b", "a"), custom_fields={"Team": "Red"}, changes=(make_change(),))
        store.apply("shop", create(record))
        assert list(store.items()) == [record.item]
        assert list(store.changes("shop")) == list(record.changes)

    def test_known_tells_fingerprint_presence_and_keys(self, store: Store) -> None:
        record = make_record("1", changes=(make_change(),))
        store.apply("shop", create(record))
        known = store.known("shop", ["1", "2"])
        assert list(known) == ["1"]
        assert known["1"].fingerprint == record.fingerprint
        assert (known["1"].presence, known["1"].key, known["1"].aliases) == (Presence.HERE, "PAY-1", ())

    def test_known_takes_more_ids_than_a_statement_has_room_for(self, store: Store) -> None:
        store.apply("shop", create(*(make_record(str(number)) for number in range(1_200))))
        assert len(store.known("shop", [str(number) for number in range(40_000)])) == 1_200

    def test_an_update_replaces_the_item_and_adds_to_its_history(self, store: Store) -> None:
        store.apply("shop", create(make_record("1", changes=(make_change("c1"),))))
        store.apply("shop", update(make_record("1", title="New", changes=(make_change("c2", at=at(4)),))))
        assert [item.title for item in store.items()] == ["New"]
        assert [change.id for change in store.changes("shop")] == ["c1", "c2"]

    def test_changes_may_come_on_their_own_and_before_their_item(self, store: Store) -> None:
        store.apply("shop", Plan(changes=(make_change("c1", item_id="7"),), at=NOW))
        assert [change.item_id for change in store.changes("shop")] == ["7"]

    def test_sources_do_not_mix(self, store: Store) -> None:
        for source in ("shop", "web"):
            record = make_record("1", source=source, title=source, changes=(make_change(after=source),))
            store.apply(source, create(record), raws=[Raw.of("issue", "1", source.encode())], checkpoint={"of": source})
        assert [item.title for item in store.items()] == ["shop", "web"]
        assert [change.after for change in store.changes("web")] == ["web"]
        assert [raw.body() for raw in store.raw("web")] == [b"web"]
        assert store.checkpoint("shop") == {"of": "shop"}
        assert store.count("web") == 1

    def test_a_batch_that_fails_leaves_nothing(self, store: Store) -> None:
        naive = make_change(at=datetime(2026, 5, 1))  # noqa: DTZ001
        with pytest.raises(ValueError, match="naive"):
            store.apply("shop", create(make_record("1", changes=(naive,))), checkpoint={"page": 2})
        assert list(store.items()) == []
        assert store.checkpoint("shop") == {}

    def test_a_checkpoint_is_left_alone_unless_a_new_one_comes(self, store: Store) -> None:
        store.apply("shop", create(), checkpoint={"page": 1, "boards": {"7": None}})
        store.apply("shop", create(make_record("1")))
        assert store.checkpoint("shop") == {"page": 1, "boards": {"7": None}}

    @pytest.mark.parametrize("statements", [1, 4, 7, 10, 14])
    def test_killed_at_any_instant_a_batch_is_whole_or_not_there(self, address: str, statements: int) -> None:
        open_store(address).close()
        program = [sys.executable, "-m", "contract.kill", address, str(statements)]
        path = os.pathsep.join(filter(None, sys.path))
        done = subprocess.run(program, env={**os.environ, "PYTHONPATH": path}, timeout=60, check=False)
        assert done.returncode == -9
        with open_store(address) as store:
            batches = store.checkpoint("shop").get("batches", 0)
            assert store.count("shop") == batches * BATCH
            assert len(list(store.changes("shop"))) == batches * BATCH
            assert len(list(store.raw("shop"))) == batches * BATCH

    # -- keys, presence, absence

    def test_a_former_key_stays_an_alias(self, store: Store) -> None:
        for key in ("WEB-3", "PAY-7", "WEB-3"):
            store.apply("shop", update(make_record("1", key=key)))
        [item] = store.items()
        assert (item.key, item.aliases) == ("WEB-3", ("PAY-7",))

    def test_aliases_from_the_tracker_and_our_own_are_joined(self, store: Store) -> None:
        store.apply("shop", create(make_record("1", key="A-1")))
        store.apply("shop", update(make_record("1", key="C-1", aliases=("B-1", "A-1"))))
        assert next(store.items()).aliases == ("B-1", "A-1")

    def test_an_absent_item_is_marked_not_deleted(self, store: Store) -> None:
        store.apply("shop", create(make_record("1", changes=(make_change(),)), make_record("2")))
        store.apply("shop", absent("1", Presence.GONE))
        assert keys(store) == ["PAY-2"]
        [item] = store.items(ItemQuery(presence=Presence.GONE))
        assert (item.presence, item.presence_since) == (Presence.GONE, NOW)
        assert keys(store, presence="all") == ["PAY-1", "PAY-2"]
        assert len(list(store.changes("shop"))) == 1
        assert (store.count("shop"), store.count("shop", None), store.count("shop", Presence.GONE)) == (1, 2, 1)

    def test_an_item_is_gone_since_it_was_first_missed(self, store: Store) -> None:
        store.apply("shop", create(make_record("1")))
        store.apply("shop", absent("1", Presence.GONE, when=at(10)))
        store.apply("shop", absent("1", Presence.GONE, when=at(11)))
        assert store.item("1")[0].presence_since == at(10)

    def test_a_moved_item_takes_its_new_key_and_is_found_by_both(self, store: Store) -> None:
        store.apply("shop", create(make_record("1", key="PAY-1")))
        store.apply("shop", absent("1", Presence.MOVED, key="OPS-9"))
        [item] = store.item("PAY-1")
        assert (item.key, item.aliases, item.presence) == ("OPS-9", ("PAY-1",), Presence.MOVED)
        assert store.item("ops-9") == [item]

    def test_an_item_that_returns_is_here_again(self, store: Store) -> None:
        store.apply("shop", create(make_record("1")))
        store.apply("shop", absent("1", Presence.HIDDEN))
        store.apply("shop", update(make_record("1")))
        [item] = store.items()
        assert (item.presence, item.presence_since) == (Presence.HERE, None)

    def test_the_absence_of_an_unknown_item_means_nothing(self, store: Store) -> None:
        store.apply("shop", absent("404", Presence.GONE))
        assert keys(store, presence="all") == []

    # -- catalog

    def test_parts_of_the_catalog_are_merged(self, store: Store) -> None:
        stage = Stage(id="10", name="To Do", category=Category.WAIT)
        board = Board(id="7", name="PAY board", kind="scrum", history_complete_from=at(1))
        store.apply("shop", create(catalog=Catalog(stages={"10": stage})))
        renamed = replace(stage, name="Backlog", category=Category.BACKLOG)
        store.apply("shop", create(catalog=Catalog(stages={"10": renamed}, boards={"7": board})))
        assert store.catalog("shop") == Catalog(stages={"10": renamed}, boards={"7": board})
        assert store.catalog("web") == Catalog()

    # -- reading items

    def test_keys_come_in_the_order_people_expect(self, store: Store) -> None:
        for key in ("PAY-10", "WEB-1", "PAY-2", "Pay-9", "PAY-100"):
            store.apply("shop", create(make_record(key, key=key)))
        assert keys(store) == ["PAY-2", "Pay-9", "PAY-10", "PAY-100", "WEB-1"]

    def test_items_are_found_by_what_they_are(self, store: Store) -> None:
        catalog = Catalog(
            boards={"7": Board(id="7", name="Größe", kind="scrum")},
            stages={"20": Stage(id="20", name="In Arbeit", category=Category.ACTIVE)},
            people={"u1": Person(id="u1", name="Änne Maier")},
        )
        odd = make_record(
            "2",
            type=ItemType.BUG,
            stage_id="20",
            board_ids=("6", "7"),
            labels=("Straße",),
            assignee_ids=("u1",),
            updated=at(9),
            description="Der ÄRGER mit 100%",
            aliases=("OLD-5",),
        )
        store.apply("shop", create(make_record("1"), odd, catalog=catalog))
        for query in (
            {"types": (ItemType.BUG, ItemType.EPIC)},
            {"stages": ("in arbeit",)},
            {"stages": ("20",)},
            {"categories": (Category.ACTIVE,)},
            {"boards": ("GRÖSSE",)},
            {"boards": ("7",)},
            {"assignees": ("änne maier",)},
            {"labels": ("strasse", "other")},
            {"text": "ärger mit 100%"},
            {"updated_since": at(9)},
            {"keys": ("pay-2",)},
            {"keys": ("OLD-5",)},
            {"sources": ("shop",), "types": (ItemType.BUG,)},
        ):
            assert keys(store, **query) == ["PAY-2"], query
        for query in ({"sources": ("web",)}, {"boards": ("x",)}, {"text": "100_"}, {"types": (ItemType.EPIC,)}):
            assert keys(store, **query) == [], query

    def test_one_item_is_found_by_key_id_former_key_or_any_case(self, store: Store) -> None:
        store.apply("shop", create(make_record("10042", key="PAY-7", aliases=("WEB-3",))))
        for name in ("PAY-7", "10042", "WEB-3", "pay-7"):
            assert [item.id for item in store.item(name)] == ["10042"], name
        assert store.item("PAY-70") == []

    def test_a_key_means_its_present_owner_first(self, store: Store) -> None:
        store.apply("shop", create(make_record("1", key="PAY-7", aliases=("WEB-3",)), make_record("2", key="WEB-3")))
        assert [item.id for item in store.item("WEB-3")] == ["2"]

    def test_a_key_may_exist_in_several_sources(self, store: Store) -> None:
        for source in ("shop", "web"):
            store.apply(source, create(make_record("1", source=source)))
        assert [item.source for item in store.item("PAY-1")] == ["shop", "web"]

    def test_stamps_are_of_items_that_are_here_of_one_board_or_all(self, store: Store) -> None:
        gone = make_record("3", board_ids=("7",))
        store.apply("shop", create(make_record("1", board_ids=("7", "8")), make_record("2", updated=at(5)), gone))
        store.apply("shop", absent("3", Presence.GONE))
        assert store.stamps("shop") == {"1": at(2), "2": at(5)}
        assert store.stamps("shop", "7") == {"1": at(2)}

    def test_times_come_back_in_utc_whatever_zone_they_went_in(self, store: Store) -> None:
        berlin = timezone(timedelta(hours=2))
        store.apply("shop", create(make_record("1", created=at(1, 9).astimezone(berlin))))
        [item] = store.items()
        assert item.created == at(1, 9)
        assert item.created.utcoffset() == timedelta(0)

    # -- reading history

    def test_changes_come_by_item_then_time_then_id(self, store: Store) -> None:
        history = [("b", "1", 5), ("a", "1", 5), ("c", "1", 4), ("d", "10", 1), ("e", "2", 1)]
        store.apply("shop", Plan(changes=tuple(make_change(id, item, at=at(day)) for id, item, day in history), at=NOW))
        assert [change.id for change in store.changes("shop")] == ["c", "a", "b", "d", "e"]
        assert [change.id for change in store.changes("shop", ["2", "1", "404"])] == ["c", "a", "b", "e"]
        assert list(store.changes("shop", [])) == []

    def test_changes_of_some_fields_only(self, store: Store) -> None:
        points = make_change("p", field=Field.POINTS, before=None, after="5")
        store.apply("shop", Plan(changes=(points, make_change("s")), at=NOW))
        assert list(store.changes("shop", fields={Field.POINTS, Field.SPRINT})) == [points]

    # -- raw records and remap

    def test_raw_records_come_with_the_wanted_kinds_first(self, store: Store) -> None:
        raws = [Raw.of(kind, id, b"{}", note="n") for kind, id in (("issue", "1"), ("board", "7"), ("field", "f"))]
        store.apply("shop", create(), raws=raws)
        assert [raw.kind for raw in store.raw("shop", ["field", "absent"])] == ["field", "board", "issue"]
        assert store.raw_of("shop", "1") == raws[:1]

    def test_raw_records_are_replaced_by_newer_ones(self, store: Store) -> None:
        for body in (b"old", b"new"):
            store.apply("shop", create(), raws=[Raw.of("issue", "1", body)])
        assert [raw.body() for raw in store.raw("shop")] == [b"new"]

    def test_raw_records_stream_in_full_while_others_write(self, store: Store) -> None:
        store.apply("shop", create(), raws=[Raw.of("issue", str(number), b"{}") for number in range(1_200)])
        seen = []
        for raw in store.raw("shop"):
            if not seen:
                store.apply("shop", create(make_record("1")))
            seen.append(raw.id)
        assert len(seen) == len(set(seen)) == 1_200

    def test_a_rebuild_replaces_items_and_history(self, store: Store) -> None:
        store.apply("shop", create(make_record("1", changes=(make_change("old"),))), checkpoint={"page": 2})
        store.apply("web", Plan(changes=(make_change("other"),), at=NOW))
        with store.rebuild("shop") as write:
            write(update(make_record("1", points=5.0, changes=(make_change("new"),))))
            write(Plan(changes=(make_change("loose"),), at=NOW))
        assert [item.points for item in store.items()] == [5.0]
        assert [change.id for change in store.changes("shop")] == ["loose", "new"]
        assert [change.id for change in store.changes("web")] == ["other"]
        assert store.checkpoint("shop") == {"page": 2}

    def test_a_rebuild_keeps_presence_moved_keys_and_overrides(self, store: Store) -> None:
        override = Override(source="shop", item_id="1", role=Role.PO, duty=None, by="ann", at="2026-05-01")
        store.set_override(override)
        store.apply("shop", create(make_record("1", key="PAY-1")))
        store.apply("shop", absent("1", Presence.MOVED, key="OPS-9"))
        with store.rebuild("shop") as write:
            write(update(make_record("1", key="PAY-1")))
        [item] = store.items(ItemQuery(presence="all"))
        assert (item.key, item.aliases) == ("OPS-9", ("PAY-1",))
        assert (item.presence, item.presence_since) == (Presence.MOVED, NOW)
        assert store.overrides() == {("shop", "1"): override}

    def test_a_rebuild_that_fails_changes_nothing(self, store: Store) -> None:
        store.apply("shop", create(make_record("1", changes=(make_change("old"),))))
        with pytest.raises(RuntimeError, match="mapping"), store.rebuild("shop") as write:
            write(update(make_record("1", title="New")))
            raise RuntimeError("a mapping failed")
        assert [item.title for item in store.items()] == ["Title of 1"]
        assert [change.id for change in store.changes("shop")] == ["old"]

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
            with pytest.raises(BusyError, match=rf"pid {os.getpid()}, since \d{{4}}-.* UTC\) is writing"), lock(address):
                pass
            open_store(address).close()
        with lock(address):
            pass

    # -- whatever a tracker may send

    @few_examples
    @given(item=anything(Item, id=ids, key=ids, aliases=st.just(())))
    def test_any_item_comes_back_as_it_was(self, store: Store, item: Item) -> None:
        source = next(_sources)
        item = replace(item, source=source)
        store.apply(source, create(Record(item)))
        assert list(store.items(ItemQuery(sources=(source,), presence="all"))) == [as_stored(item)]

    @few_examples
    @given(changes=st.lists(anything(Change, id=ids, item_id=ids), max_size=5, unique_by=lambda change: change.id))
    def test_any_history_comes_back_as_it_was(self, store: Store, changes: list[Change]) -> None:
        source = next(_sources)
        store.apply(source, Plan(changes=tuple(changes), at=NOW))
        expected = sorted(changes, key=lambda change: (change.item_id, change.at, change.id))
        assert list(store.changes(source)) == [as_stored(change) for change in expected]

    @few_examples
    @given(person=anything(Person, id=ids), board=anything(Board, id=ids))
    def test_any_catalog_comes_back_as_it_was(self, store: Store, person: Person, board: Board) -> None:
        source = next(_sources)
        catalog = Catalog(people={person.id: person}, boards={board.id: board})
        store.apply(source, create(catalog=catalog))
        assert store.catalog(source) == as_stored(catalog)

    @few_examples
    @given(items=st.lists(anything(Item, id=ids, key=ids, aliases=st.lists(ids).map(tuple)), max_size=4, unique_by=lambda item: item.id))
    def test_the_same_batch_twice_changes_nothing(self, store: Store, items: list[Item]) -> None:
        source = next(_sources)
        records = [Record(replace(item, source=source), (make_change(item.id, item.id),)) for item in items]

        def state() -> list[Any]:
            query = ItemQuery(sources=(source,), presence="all")
            return [*store.items(query), *store.changes(source), store.known(source, [item.id for item in items])]

        store.apply(source, create(*records))
        before = state()
        store.apply(source, update(*records))
        assert state() == before

    @few_examples
    @given(names=st.lists(ids, min_size=1, max_size=6))
    def test_every_key_an_item_ever_had_finds_it(self, store: Store, names: list[str]) -> None:
        source = next(_sources)
        for name in names:
            store.apply(source, update(Record(make_item(source=source, key=name))))
        [item] = store.items(ItemQuery(sources=(source,)))
        assert item.key == names[-1]
        assert {item.key, *item.aliases} == set(names)
        assert all(keys(store, sources=(source,), keys=(name,)) == [item.key] for name in names)
