"""What writing must do: batches, keys and presence, the catalog, rebuilding."""

from dataclasses import replace
from datetime import datetime

import pytest

from builders import at, make_change, make_record
from contract.kill import BATCH, write_until_killed
from contract.shorthand import NOW, absent, create, keys, update
from pmsync.model import (
    Board,
    Catalog,
    Category,
    Override,
    Plan,
    Presence,
    Raw,
    Role,
    Stage,
)
from pmsync.store import ItemQuery, Store, open_store


class Writing:
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

    def test_a_batch_of_any_size_is_written_whole_and_again(self, store: Store) -> None:
        """SQLite takes 1,024, 256, 64, 16, 4 rows at once, or one: here each of them."""
        ids = [f"{number:04}" for number in range(1024 + 256 + 64 + 16 + 4 + 3)]
        for after in ("Doing", "Done"):
            store.apply("shop", Plan(changes=tuple(make_change(id, after=after) for id in ids), at=NOW))
            assert [(change.id, change.after) for change in store.changes("shop")] == [(id, after) for id in ids]

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
        naive = make_change(at=datetime(2026, 5, 1))
        with pytest.raises(ValueError, match="naive"):
            store.apply("shop", create(make_record("1", changes=(naive,))), checkpoint={"page": 2})
        assert list(store.items()) == []
        assert store.checkpoint("shop") == {}

    def test_a_checkpoint_is_left_alone_unless_a_new_one_comes(self, store: Store) -> None:
        store.apply("shop", create(), checkpoint={"page": 1, "boards": {"7": None}})
        store.apply("shop", create(make_record("1")))
        assert store.checkpoint("shop") == {"page": 1, "boards": {"7": None}}

    @pytest.mark.parametrize("statements", [2, 5, 6, 11, 15])
    def test_killed_at_any_instant_a_batch_is_whole_or_not_there(self, address: str, statements: int) -> None:
        write_until_killed(address, statements)
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

    # -- raw records and remap

    def test_raw_records_come_with_the_wanted_kinds_first(self, store: Store) -> None:
        raws = [Raw.of(kind, id, b"{}", note="n") for kind, id in (("issue", "1"), ("board", "7"), ("field", "f"))]
        store.apply("shop", create(), raws=raws)
        assert [raw.kind for raw in store.raw("shop", ["field", "absent"])] == ["field", "board", "issue"]

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
