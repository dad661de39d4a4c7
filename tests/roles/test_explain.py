from collections.abc import Callable

from pmsync.model.role import Confidence, Role, Subject
from pmsync.roles import Scheme, classify, explain, overridden


def told(title: str, scheme: Scheme, **fields: str) -> str:
    subject = Subject(id="1", title=title, **fields)
    return explain(subject, classify(subject, scheme), scheme)


def test_it_names_answer_rule_words_runner_up_and_remedy(project: Scheme) -> None:
    text = told("Chase supplier invoice", project)
    assert text.startswith("PM (Project manager), duty budget.")
    assert "Rule T14" in text
    assert "“Chase supplier invoice”" in text
    assert "Runner-up: " in text
    assert "pmsync roles set KEY" in text


def test_team_work_says_who_answers_for_it(product: Scheme) -> None:
    assert "the team's own work; in the scheme product-manager the PO answers for it" in told(
        "Refactor the parser module", product
    )


def test_altitude_is_told(product: Scheme) -> None:
    assert "it aims above the team (the title says “steering”)" in told("Minutes of the steering committee", product)
    assert "nothing says how high it aims" in told("Risk: rain may delay us", product)


def test_unclear_says_so(project: Scheme) -> None:
    text = told("misc", project)
    assert "found nothing" in text
    assert "should ask what is meant" in text


def test_words_are_quoted_as_written(project: Scheme) -> None:
    assert "“Go/no-go”" in told("Go/no-go checklist 4.0", project)


def test_control_characters_stay_out_of_the_explanation(project: Scheme) -> None:
    text = told("Chase\x1b]0;x\x07\tsupplier\ninvoice", project)
    assert "“Chase ]0;x supplier invoice”" in text
    assert "“supplier invoice”" in text or "“invoice”" in text
    assert text.replace("\n", "").isprintable()


def test_without_a_cue_the_weightiest_words_are_named(project: Scheme) -> None:
    subject = Subject(id="1", title="Thursday bowling with the dog")
    answer = classify(subject, project)
    assert answer.confidence is not Confidence.HIGH
    assert "Why: " in explain(subject, answer, project)


def test_without_a_cue_words_of_labels_are_named_too(weighing: Callable[..., Scheme]) -> None:
    scheme = weighing({"label:zorb": {"design": 1}})
    answer = classify(Subject(id="1", title="Thursday", labels=("zorb",)), scheme)
    assert ("label", "zorb", "weak") in {(part.field, part.words, part.strength) for part in answer.evidence}


def test_a_word_that_does_not_count_is_not_named(weighing: Callable[..., Scheme]) -> None:
    scheme = weighing({"bias": {"design": 9}, "stage:don": {"design": 9}, "label:the": {"design": 9}})
    answer = classify(Subject(id="1", title="Thursday", stage="Done", labels=("the",)), scheme)
    assert answer.evidence == ()


def test_a_correction_wins_and_says_who_said_so(project: Scheme) -> None:
    subject = Subject(id="1", title="Chase supplier invoice")
    answer = overridden(classify(subject, project), Role.PO, "stories", field="label", why="your rule for po-work")
    text = explain(subject, answer, project)
    assert (answer.role, answer.duty, answer.confidence, answer.rule) == (Role.PO, "stories", Confidence.HIGH, "T1")
    assert answer.runner_up == "budget"
    assert "Why: your rule for po-work." in text
    assert "To undo" in text
