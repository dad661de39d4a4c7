"""`plan` decides; nothing else does. Applying a plan makes known equal fetched, planning again yields nothing."""

from hypothesis import given
from hypothesis import strategies as st

from builders import at, make_record
from pmsync.app.plan import is_too_much, lost, plan
from pmsync.model import Absence, Batch, Known, Plan, Presence, Record

NOW = at(9)
ids = st.sampled_from("abcdefgh")
records = st.builds(lambda id, title: make_record(id, title=title), ids, st.text(max_size=3))
batches = st.lists(records, max_size=8).map(lambda found: Batch(records=tuple(found)))
absences = st.builds(
    lambda id, presence: Absence(item_id=id, presence=presence), ids, st.sampled_from(list(Presence)[1:])
)


def known_of(record: Record, presence: Presence = Presence.HERE) -> Known:
    return Known(fingerprint=record.fingerprint, presence=presence, key=record.item.key)


def applied(known: dict[str, Known], done: Plan) -> dict[str, Known]:
    """What the store would know afterwards."""
    after = known | {record.item.id: known_of(record) for record in (*done.create, *done.update)}
    for absence in done.absences:
        before = after[absence.item_id]
        after[absence.item_id] = Known(fingerprint=before.fingerprint, presence=absence.presence, key=before.key)
    return after


class TestPlan:
    def test_new_changed_and_unchanged_are_told_apart(self) -> None:
        same, old, new = make_record("same"), make_record("moved", title="old"), make_record("moved", title="new")
        known = {"same": known_of(same), "moved": known_of(old)}

        done = plan(Batch(records=(same, new, make_record("fresh"))), known, at=NOW)

        assert [record.item.id for record in done.create] == ["fresh"]
        assert [record.item.title for record in done.update] == ["new"]
        assert done.unchanged == ("same",)

    def test_an_item_that_comes_back_is_an_update_even_when_nothing_else_changed(self) -> None:
        record = make_record("1")
        done = plan(Batch(records=(record,)), {"1": known_of(record, Presence.GONE)}, at=NOW)
        assert done.update == (record,)

    def test_a_page_that_holds_an_item_twice_writes_its_last_state(self) -> None:
        done = plan(Batch(records=(make_record("1", title="a"), make_record("1", title="b"))), {}, at=NOW)
        assert [record.item.title for record in done.create] == ["b"]

    def test_absence_of_an_item_never_stored_is_no_news(self) -> None:
        assert not plan(Batch(), {}, at=NOW, absences=[Absence(item_id="x", presence=Presence.GONE)]).absences

    def test_an_item_that_was_fetched_is_not_absent(self) -> None:
        record, gone = make_record("1"), Absence(item_id="1", presence=Presence.GONE)
        assert not plan(Batch(records=(record,)), {"1": known_of(record)}, at=NOW, absences=[gone]).absences

    @given(st.lists(batches, max_size=4), batches, st.lists(absences, max_size=4))
    def test_applying_makes_known_equal_fetched_and_planning_again_yields_nothing(
        self, before: list[Batch], batch: Batch, missing: list[Absence]
    ) -> None:
        known: dict[str, Known] = {}
        for earlier in before:
            known = applied(known, plan(earlier, known, at=NOW))

        after = applied(known, plan(batch, known, at=NOW, absences=missing))

        latest = {record.item.id: record for record in batch.records}
        assert all(after[id] == known_of(record) for id, record in latest.items())
        again = plan(batch, after, at=NOW, absences=[one for one in missing if one.item_id not in latest][-1:])
        assert not again.create
        assert not again.update
        assert len(again.unchanged) == len(latest)

    @given(batches, batches)
    def test_items_outside_the_batch_keep_their_state(self, before: Batch, batch: Batch) -> None:
        known = applied({}, plan(before, {}, at=NOW))
        after = applied(known, plan(batch, known, at=NOW))
        fetched = {record.item.id for record in batch.records}
        assert all(after[id] == known[id] for id in known.keys() - fetched)


class TestMassDisappearance:
    def gone(self, count: int, presence: Presence = Presence.GONE) -> list[Absence]:
        return [Absence(item_id=str(number), presence=presence) for number in range(count)]

    def test_a_few_items_may_always_go(self) -> None:
        assert not is_too_much(5, stored=5, limit=0.2)

    def test_more_than_the_allowed_share_is_too_much(self) -> None:
        assert is_too_much(30, stored=100, limit=0.2)
        assert not is_too_much(20, stored=100, limit=0.2)

    def test_archiving_and_moving_are_told_by_the_tracker_and_count_for_nothing(self) -> None:
        assert (lost(self.gone(90, Presence.ARCHIVED)), lost(self.gone(3))) == (0, 3)
