"""What reading must do: which items, in what order, whose history."""

from datetime import timedelta, timezone

from builders import at, make_change, make_record
from contract.shorthand import NOW, absent, create, keys
from pmsync.model import (
    Board,
    Catalog,
    Category,
    Field,
    ItemType,
    Person,
    Plan,
    Presence,
    Stage,
)
from pmsync.store import Store


class Reading:
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
