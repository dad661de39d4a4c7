import json
from collections.abc import Callable
from importlib import resources
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pmsync.model.role import Confidence, Evidence, Role, Subject
from pmsync.roles import DUTIES, RULES, Scheme, classify, explain, load_scheme
from pmsync.roles.classify import UNIT
from pmsync.roles.evaluate import subject_of
from pmsync.roles.words import Lanes

SCHEME = load_scheme("product-manager")
TEXT = st.text(max_size=200)
SUBJECTS = st.builds(
    Subject,
    id=TEXT,
    title=TEXT,
    description=TEXT,
    type=TEXT,
    stage=TEXT,
    parent=TEXT,
    board=TEXT,
    tracker=TEXT,
    labels=st.lists(TEXT, max_size=5).map(tuple),
    components=st.lists(TEXT, max_size=5).map(tuple),
    checklist=st.lists(TEXT, max_size=5).map(tuple),
    fields=st.lists(st.sampled_from(["due", "estimate", "spent", "version", "sprint", "link"])).map(tuple),
)


def item(title: str, description: str = "", **fields: object) -> Subject:
    return Subject(id="1", title=title, description=description, **fields)  # type: ignore[arg-type]


def duty(title: str, description: str = "", **fields: object) -> str:
    return classify(item(title, description, **fields), SCHEME).duty


@given(SUBJECTS)
@settings(max_examples=150, deadline=None)
def test_any_subject_gets_an_answer_with_a_reason(subject: Subject) -> None:
    answer = classify(subject, SCHEME)
    assert answer.duty in DUTIES
    assert answer.role in Role
    assert answer.rule in RULES
    assert explain(subject, answer, SCHEME)


@given(SUBJECTS)
@settings(max_examples=60, deadline=None)
def test_the_same_subject_gets_the_same_answer_from_a_fresh_scheme(subject: Subject) -> None:
    assert classify(subject, SCHEME) == classify(replace(subject), SCHEME)


def test_a_scheme_loaded_again_answers_the_same() -> None:
    again = load_scheme("product-manager")
    subject = item("Quarterly report to the board", "Draft by 3 May", labels=("reporting",))
    assert again.digest == SCHEME.digest
    assert classify(subject, again) == classify(subject, SCHEME)


def test_the_side_is_decided_before_the_duty(weighing: Callable[..., Scheme]) -> None:
    """Two good product duties outweigh the one delivery duty that is stronger than each."""
    scheme = weighing({"t:zorb": {"build": 6, "stories": 5.8, "research": 5.7}})
    answer = classify(item("Zorb"), scheme)
    assert (answer.role, answer.duty, answer.runner_up) == (Role.PO, "stories", "build")


def test_order_of_labels_and_components_does_not_matter() -> None:
    labels = ("bug", "finance", "ux", "release")
    answers = {
        classify(item("Look at the invoice page", labels=order, components=order), SCHEME).duty
        for order in permutations(labels)
    }
    assert len(answers) == 1


@given(id=TEXT, board=TEXT, tracker=TEXT)
@settings(max_examples=30, deadline=None)
def test_id_board_and_tracker_do_not_matter(id: str, board: str, tracker: str) -> None:
    plain = item("Get three quotes for the new printer")
    assert classify(replace(plain, id=id, board=board, tracker=tracker), SCHEME) == classify(plain, SCHEME)


def test_what_training_sees_is_what_classification_adds_up(worked: list[dict[str, object]]) -> None:
    """`flat` is what the script trains on, `scores` the quick way to the same sum."""
    table = json.loads(resources.files("pmsync.roles").joinpath("data", "weights.json").read_text("utf-8"))
    for row in worked:
        reading = SCHEME.lexicon.read(subject_of(row))
        slow = dict.fromkeys(DUTIES, 0.0)
        for name, value in {**reading.flat(), "bias": 1.0}.items():
            for key, weight in table.get(name, {}).items():
                slow[key] += weight * value
        assert [weight * UNIT for weight in SCHEME.lexicon.weigh(reading)] == pytest.approx(
            list(slow.values()), abs=1e-6
        )


@given(st.lists(st.lists(st.floats(-100, 100), min_size=33, max_size=33), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_lanes_add_up_like_columns(rows: list[list[float]]) -> None:
    lanes = Lanes(DUTIES)
    expected = tuple(sum(column) for column in zip(*[[round(1000 * w) for w in row] for row in rows], strict=True))
    packed = sum(lanes.pack(dict(zip(DUTIES, row, strict=True))) for row in rows)
    assert lanes.unpack(packed) == expected
    assert tuple(lanes.one(packed, duty) for duty in DUTIES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a " * 16_000,
        "as a " * 8_000,
        "- [ ] " * 5_000,
        "http://" * 4_000,
        "()" * 16_000,
        "\u0301" * 32_000,
        "x" * 32_000,
    ],
    ids=["words", "story starts", "boxes", "addresses", "brackets", "accents", "one word"],
)
def test_hostile_text_is_read_only_up_to_a_bound(text: str) -> None:
    reading = SCHEME.lexicon.read(item(text, text, checklist=(text,), labels=(text,)))
    assert len(reading.title.words) <= 40
    assert len(reading.text) <= 120
    assert classify(item(text, text), SCHEME).duty in DUTIES


@pytest.mark.parametrize("title", ["", "   ", "???", "misc", "Test", "asdf", "---", "TODO", "12345"])
def test_nothing_to_name_is_unclear_and_still_has_a_role(title: str, project: Scheme) -> None:
    answer = classify(item(title), project)
    assert (answer.duty, answer.role, answer.rule) == ("unclear", Role.PM, "T19")
    assert answer.confidence is Confidence.LOW


def test_an_opaque_sub_task_is_part_of_the_work_above_it() -> None:
    answer = classify(item("misc", type="Sub-task", parent="Checkout v2"), SCHEME)
    assert (answer.duty, answer.confidence) == ("build", Confidence.LOW)


def test_a_description_can_say_what_the_title_does_not() -> None:
    assert (
        duty("Misc", "Chase the invoice of the print shop, it is overdue. Ask finance whether it was paid.") == "budget"
    )


@pytest.mark.parametrize("title", ["Misc", "12345", ""])
@pytest.mark.parametrize("before", ["", "---\n\n", "1. ", "todo\n"])
def test_the_first_telling_sentence_stands_in_for_a_title_that_says_nothing(title: str, before: str) -> None:
    answer = classify(item(title, before + "Members should be able to pause their membership.\n\nMisc"), SCHEME)
    assert answer.duty == "stories"
    assert {evidence.field for evidence in answer.evidence} == {"description"}


def test_words_that_weighed_are_quoted_from_where_they_stand() -> None:
    answer = classify(item("Misc", "Wallets without certificates"), SCHEME)
    assert answer.evidence
    assert {(evidence.field, evidence.strength) for evidence in answer.evidence} == {("description", "weak")}


@pytest.mark.parametrize("title", ["Misc", "12345"])
@pytest.mark.parametrize("said", ["", "misc", "1\n2", "???"])
def test_a_description_can_say_nothing_either(title: str, said: str) -> None:
    assert duty(title, said) == "unclear"


class TestTieBreaks:
    """One case of each rule that text can show; T1 is an override, T2 and T3 are about where words stand."""

    def test_t2_content_beats_container(self) -> None:
        assert duty("Anna: update roadmap after offsite", stage="Actions") == "roadmap"

    def test_t3_artefact_beats_activity(self) -> None:
        assert duty("Roadmap slides for steering") == "roadmap"
        assert duty("Minutes of the roadmap workshop") == "meeting"

    def test_t4_deciding_is_not_doing(self) -> None:
        assert duty("Prioritise tech-debt list with dev lead") == "priority"

    def test_t5_technical_whatever_the_type_says(self) -> None:
        assert duty("Refactor the payment module", type="Story") == "build"

    def test_t6_user_value_whatever_the_type_says(self) -> None:
        assert duty("As a customer I want to pause my subscription", type="Bug") == "stories"
        assert (
            duty("Users can pause their subscription", "Acceptance criteria: at most 3 months", type="Task")
            == "stories"
        )

    def test_t7_scope_or_schedule(self) -> None:
        assert duty("Cut two reports from v1 to keep the June date") == "scope"
        assert duty("Move pilot milestone from June to July") == "schedule"

    def test_t9_risk_blocker_fix(self) -> None:
        assert duty("Risk: supplier may miss the delivery date") == "risk"
        assert duty("Blocked: waiting for test data from the vendor") == "blocker"
        assert duty("Blocked by the vendor: no test data") == "blocker"
        assert duty("Error 500 when saving an order") == "fix"
        for title in ("Search down for nine minutes", "Parcel labels unreadable", "Login outage"):
            assert duty(title, type="Incident", labels=("incident",)) == "fix"

    def test_t10_quality_accept_build(self) -> None:
        assert duty("Test plan for release 5") == "quality"
        assert duty("UAT sign-off for the search") == "accept"
        assert duty("Write unit tests for the parser") == "build"

    def test_t11_stage_or_process(self) -> None:
        assert duty("Sprint planning 14") == "stages"
        assert duty("Retro: introduce a WIP limit") == "process"

    def test_t12_research_or_spike(self) -> None:
        assert duty("Interview six customers about invoices") == "research"
        assert duty("Spike: compare two search libraries") == "spike"

    def test_t13_stakeholder_or_coordination(self) -> None:
        assert duty("Client to approve the homepage concept") == "stakeholder"
        assert duty("Legal team must approve the privacy policy") == "coord"

    def test_t14_money_and_people(self) -> None:
        assert duty("Renew the hosting contract") == "budget"
        assert duty("Onboard the new developer") == "resource"

    def test_t16_release_announce_launch(self) -> None:
        assert duty("Go/no-go for 5.0, rollback plan") == "release"
        assert duty("Release notes 5.0") == "announce"
        assert duty("Press release and launch campaign 5.0") == "launch"

    def test_t19_nothing_to_name(self) -> None:
        assert duty("Misc", stage="Roadmap") == "unclear"

    def test_t20_events(self) -> None:
        assert duty("Autumn meetup", "- [ ] venue - [ ] catering - [ ] speakers - [ ] announce") == "plan"
        assert duty("Sponsors for the autumn meetup") == "budget"

    def test_t21_a_procurement_list_may_decide_at_low_confidence(self) -> None:
        for scheme in (SCHEME, load_scheme("project-manager")):
            for title, stage in (("Lot 7 carpets", "Tender"), ("Kit to film talks < 800", "Things to buy")):
                answer = classify(item(title, stage=stage), scheme)
                assert (answer.duty, answer.rule, answer.confidence) == ("budget", "T21", Confidence.LOW)

    def test_t22_and_t23_income_and_publicity(self) -> None:
        assert duty("Apply for the arts council grant") == "budget"
        assert duty("Crowdfunding campaign page and video") == "launch"
        assert duty("Podcast episode 12") == "launch"

    def test_t24_physical_work(self) -> None:
        assert duty("Solder the connector boards") == "build"

    def test_t27_malfunction_or_question(self) -> None:
        assert duty("Debug why the import crashes") == "fix"

    def test_t28_a_screen_that_does_not_exist_yet(self) -> None:
        assert duty("Login page") == "stories"


@pytest.mark.parametrize(
    "title", ["PO 4711", "Raise a PO for the laptops", "PO number missing on invoice 12", "Extend PO 88"]
)
def test_po_is_a_purchase_order(title: str) -> None:
    assert duty(title) == "budget"


def test_states_of_a_workflow_do_not_change_the_answer(aside: list[dict[str, object]], project: Scheme) -> None:
    states = ("To Do", "Selected", "In Progress", "Doing", "In Review", "Verified", "Merged", "Done", "Closed")
    for subject in map(subject_of, aside[::20]):
        without = classify(replace(subject, stage=""), project)
        assert {classify(replace(subject, stage=state), project) for state in states} == {without}


def test_the_word_of_a_list_that_collects_something_counts(weighing: Callable[..., Scheme]) -> None:
    scheme = weighing({"stage:backlog": {"stories": 3}, "bias": {"build": 1}})
    answer = classify(Subject(id="1", title="Zorbing", stage="Backlog"), scheme)
    assert answer.duty == "stories"
    assert answer.evidence == (Evidence(field="stage", words="Backlog", duty="stories", strength="weak"),)
    assert classify(Subject(id="1", title="Zorbing", stage="To Do"), scheme).duty == "build"


def test_a_list_never_turns_a_sure_answer(aside: list[dict[str, object]], project: Scheme) -> None:
    for subject in map(subject_of, aside[::20]):
        without = classify(replace(subject, stage=""), project)
        for stage in ("Backlog", "Product Backlog", "Ideas", "Later", "Bugs", "Marketing", "Testing", "On Hold"):
            answer = classify(replace(subject, stage=stage), project)
            assert answer.role is without.role or Confidence.HIGH not in (answer.confidence, without.confidence)


def test_a_label_of_status_or_progress_is_no_progress_report(project: Scheme) -> None:
    for label in ("status: waiting", "in progress", "in-progress"):
        answer = classify(Subject(id="1", title="Zorbing", labels=(label,)), project)
        assert "progress" not in {part.duty for part in answer.evidence}


@pytest.mark.parametrize("title", ["Reset stage of order", "Add parser for dates"])
def test_stage_and_type_alone_do_not_make_a_duty(title: str) -> None:
    assert duty(title, stage="Risks") != "risk"
    assert duty(title, stage="Meetings") != "meeting"


def test_switching_the_scheme_switches_the_table_only(aside: list[dict[str, object]], project: Scheme) -> None:
    for row in aside:
        one, other = classify(subject_of(row), project), classify(subject_of(row), SCHEME)
        assert (one.duty, one.rule, one.runner_up) == (other.duty, other.rule, other.runner_up)
        assert set(one.evidence) <= set(other.evidence)
        assert one.role is project.role(one.duty)
        assert other.role is SCHEME.role(other.duty, other.altitude)


@pytest.mark.parametrize(
    ("title", "altitude", "role"),
    [
        ("Status report for the executive board", "high", Role.PM),
        ("Weekly status report for the team", "low", Role.PO),
        ("Minutes of the steering committee", "high", Role.PM),
        ("Risk: the rain may delay us", None, Role.PO),
    ],
)
def test_altitude_splits_duties_in_the_product_manager_scheme(title: str, altitude: str | None, role: Role) -> None:
    answer = classify(item(title), SCHEME)
    assert (answer.altitude, answer.role) == (altitude, role)
    assert altitude or answer.confidence is not Confidence.HIGH
