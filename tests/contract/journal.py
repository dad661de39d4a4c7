"""What must be kept of pmsync's own doings: runs, corrections, roles and reports."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from msgspec import structs

from builders import at
from pmsync.model import Classification, Confidence, Evidence, Outcome, Override, Problem, Role, SourceRun
from pmsync.store import SavedReport, Store


def result(source: str = "shop", **fields: Any) -> SourceRun:
    return SourceRun(**{"source": source, "result": Outcome.OK, "started": at(1), **fields})


def answer(scheme: str = "combined", **fields: Any) -> Classification:
    evidence = (Evidence(field="title", words="as a customer", duty="stories"),)
    defaults = {"role": Role.PO, "duty": "stories", "confidence": Confidence.HIGH, "rule": "T1", "evidence": evidence}
    return Classification(scheme=scheme, **{**defaults, **fields})


class Journal:
    def test_a_run_keeps_what_it_did_with_each_source(self, store: Store) -> None:
        shop = result(fetched=7, expected=9, watermark=at(2), problems=(Problem(where="board 7", what="no access"),))
        web = result("web", result=Outcome.FAILED, exit_code=4)
        run = store.begin_run(at(1))
        store.save_run(run, replace(shop, fetched=3))
        store.save_run(run, shop)
        store.save_run(run, web)
        assert store.last_runs() == {"shop": shop, "web": web}

    def test_the_latest_run_of_each_source_counts(self, store: Store) -> None:
        first, second = store.begin_run(at(1)), store.begin_run(at(2))
        for run, found in ((first, result("web")), (first, result()), (second, result(result=Outcome.FAILED))):
            store.save_run(run, found)
        assert {source: run.result for source, run in store.last_runs().items()} == {
            "shop": Outcome.FAILED,
            "web": Outcome.OK,
        }

    def test_a_watermark_outlives_runs_that_failed(self, store: Store) -> None:
        for watermark in (at(5), None):
            store.save_run(store.begin_run(at(6)), result(watermark=watermark))
        store.save_run(store.begin_run(at(6)), result("web"))
        assert store.watermarks() == {"shop": at(5)}

    def test_an_override_can_be_replaced_and_removed(self, store: Store) -> None:
        override = Override(source="shop", item_id="1", role=Role.PM, duty="risk", by="ann", at="2026-05-01", why="!")
        store.set_override(override)
        store.set_override(structs.replace(override, role=Role.PO, duty=None))
        assert store.overrides() == {("shop", "1"): structs.replace(override, role=Role.PO, duty=None)}
        assert store.remove_override("shop", "1")
        assert not store.remove_override("shop", "1")
        assert store.overrides() == {}

    def test_answers_are_kept_per_scheme_with_the_digest_of_the_text(self, store: Store) -> None:
        store.save_classifications("v1", {("shop", "1"): ("text-1", answer()), ("web", "1"): ("text-2", answer())})
        store.save_classifications("v1", {("shop", "1"): ("text-3", answer(role=Role.PM))})
        assert store.classifications("v1") == {
            ("shop", "1"): ("text-3", answer(role=Role.PM)),
            ("web", "1"): ("text-2", answer()),
        }
        assert store.classifications("v2") == {}

    def test_answers_of_an_older_wording_of_a_scheme_make_room(self, store: Store) -> None:
        store.save_classifications("v1", {("shop", "1"): ("text", answer())})
        store.save_classifications("o1", {("shop", "1"): ("text", answer("other"))})
        store.save_classifications("v2", {("shop", "1"): ("text", answer())})
        store.save_classifications("v3", {})
        assert store.classifications("v1") == {}
        assert list(store.classifications("v2")) == list(store.classifications("o1")) == [("shop", "1")]

    def test_the_last_report_is_the_newest_of_its_name_and_scope(self, store: Store) -> None:
        def save(as_of: datetime, markdown: str, scope: str = "PAY") -> int:
            return store.save_report("status", as_of, scope, '{"done": 3}', markdown)

        number = save(at(8), "# second")
        save(at(1), "# first")
        save(at(9), "# elsewhere", scope="WEB")
        expected = SavedReport(
            id=number, name="status", scope="PAY", as_of=at(8), facts='{"done": 3}', markdown="# second"
        )
        assert store.last_report("status", "PAY") == expected
        earlier = store.last_report("status", "PAY", before=at(8))
        assert earlier
        assert earlier.markdown == "# first"
        assert store.last_report("po", "PAY") is None

    def test_a_report_made_again_replaces_itself(self, store: Store) -> None:
        for markdown in ("# old", "# new"):
            store.save_report("status", at(8), "PAY", "{}", markdown)
        found = store.last_report("status", "PAY")
        assert found
        assert found.markdown == "# new"
        assert store.last_report("status", "PAY", before=at(8)) is None
