"""Whatever a tracker may send comes back as it was, and writing it twice is writing it once."""

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import make_change, make_item
from contract.arbitrary import anything, as_stored, ids
from contract.shorthand import NOW, create, keys, update
from pmsync.model import (
    Board,
    Catalog,
    Change,
    Item,
    Person,
    Plan,
    Record,
)
from pmsync.store import ItemQuery, Store

_sources = (f"source-{number}" for number in itertools.count())

few_examples = settings(
    max_examples=25,
    deadline=None,
    # examples share a store but not a source; each subclass runs them on its own database
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
)


class Properties:
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
    @given(
        items=st.lists(
            anything(Item, id=ids, key=ids, aliases=st.lists(ids).map(tuple)),
            max_size=4,
            unique_by=lambda item: item.id,
        )
    )
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
