import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pmsync.errors import ConfigError
from pmsync.model.role import Role, Subject
from pmsync.roles import DUTIES, TEAM, UNCLEAR, Scheme, classify, load_scheme
from pmsync.roles.words import STRENGTH


def write(folder: Path, text: str, name: str = "team.yaml") -> str:
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)


def mistakes(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_scheme(write(folder, text))
    return caught.value.problems


def test_every_duty_has_a_role_in_every_scheme(project: Scheme, product: Scheme, combined: Scheme) -> None:
    assert len([duty for duty in DUTIES if duty not in (*TEAM, UNCLEAR)]) == 27
    for scheme in (project, product, combined):
        assert set(scheme.duties) == set(DUTIES)


def test_who_answers_for_the_team(project: Scheme, product: Scheme) -> None:
    assert {project.role(duty) for duty in (*TEAM, UNCLEAR)} == {Role.PM}
    assert {product.role(duty) for duty in (*TEAM, UNCLEAR)} == {Role.PO}


def test_the_combined_scheme_is_the_table_of_the_project_manager(project: Scheme, combined: Scheme) -> None:
    assert combined.duties == project.duties
    assert len(combined.watch) == 14


def test_a_team_moves_a_duty(tmp_path: Path, project: Scheme) -> None:
    scheme = load_scheme(write(tmp_path, "name: ours\nextends: project-manager\nPO: [release]\n"))
    assert scheme.name == "ours"
    assert scheme.role("release") is Role.PO
    assert scheme.digest != project.digest


def test_moving_a_duty_ends_its_split_by_altitude(tmp_path: Path) -> None:
    scheme = load_scheme(write(tmp_path, "extends: product-manager\nPM: [risk]\n"))
    assert scheme.role("risk", "low") is Role.PM


def test_the_digest_changes_with_what_decides_and_not_with_the_name(tmp_path: Path, project: Scheme) -> None:
    named = load_scheme(write(tmp_path, "name: other\nabout: nothing new\nextends: project-manager\n"))
    cued = load_scheme(write(tmp_path, "extends: project-manager\ncues: {budget: [{words: [rappen]}]}\n"))
    unsure = load_scheme(write(tmp_path, "extends: project-manager\nconfidence: {high: 0.99}\n"))
    assert named.digest == project.digest
    assert len({project.digest, cued.digest, unsure.digest}) == 3


def test_a_team_adds_words_of_its_own(tmp_path: Path) -> None:
    scheme = load_scheme(
        write(
            tmp_path, "extends: project-manager\ncues: {risk: [{rule: T9, strength: certain, words: [bammel vor]}]}\n"
        )
    )
    answer = classify(Subject(id="1", title="Bammel vor dem Umzug"), scheme)
    assert (answer.duty, answer.rule) == ("risk", "T9")
    assert answer.evidence[0].words == "Bammel vor"


def test_a_certain_word_is_not_weakened_by_another(tmp_path: Path) -> None:
    scheme = load_scheme(
        write(tmp_path, "extends: project-manager\ncues: {risk: [{strength: certain, words: [bammel, '^ bammel']}]}\n")
    )
    reading = scheme.lexicon.read(Subject(id="1", title="Bammel, a risk and a threat"))
    assert reading.features["cue:risk@title"] == STRENGTH["certain"]


def test_a_file_extends_a_file_beside_it_and_reads_cue_files_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "extends: product-manager\ncue_files: [words.yaml]\n", "base.yaml")
    write(tmp_path, "accept:\n  - {strength: certain, words: [guetsiegel]}\n", "words.yaml")
    scheme = load_scheme(write(tmp_path, "extends: base.yaml\n"))
    assert classify(Subject(id="1", title="Guetsiegel Bestellung"), scheme).duty == "accept"


def test_weights_can_be_replaced(weighing: Callable[..., Scheme]) -> None:
    scheme = weighing({"bias": {"design": 3}})
    assert classify(Subject(id="1", title="Anything at all"), scheme).duty == "design"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('{"bias": {"desing": 3}}', 'mine.json is not a table of weights: there is no duty "desing"'),
        ('{"bias": {"design": "3"}}', "mine.json is not a table of weights: Expected `float`, got `str`"),
        ('{"bias": ', "mine.json is not a table of weights: Input data was truncated"),
    ],
)
def test_weights_that_are_none(tmp_path: Path, table: str, said: str) -> None:
    write(tmp_path, table, "mine.json")
    assert said in "\n".join(mistakes(tmp_path, "extends: project-manager\nweights: mine.json\n"))


@pytest.mark.parametrize(
    ("title", "duty"),
    [
        ("Rechnung der Agentur prüfen", "budget"),
        ("Als Kunde möchte ich meine Bestellung stornieren", "stories"),
        ("Protokoll Lenkungskreis 3", "meeting"),
        ("Urlaubsvertretung im August", "resource"),
        ("En tant que client je veux annuler ma commande", "stories"),
        ("Devis du traiteur", "budget"),
        ("Compte rendu comité de pilotage", "meeting"),
    ],
)
def test_german_and_french_starters(tmp_path: Path, title: str, duty: str) -> None:
    scheme = load_scheme(write(tmp_path, "extends: project-manager\ncue_files: [german, french]\n"))
    assert classify(Subject(id="1", title=title), scheme).duty == duty


def test_every_mistake_is_named_at_once_with_line_and_nearest_name(tmp_path: Path) -> None:
    text = (
        "extends: product-manager\n"
        "PO: [relese]\n"
        "confidnce: {}\n"
        "confidence: {high: 3}\n"
        "altitude: {risk: {hihg: PM, low: Anna}}\n"
        "cues:\n"
        "  budgt: [{words: [x]}]\n"
        "  budget:\n"
        "    - {words: ['.. x'], strenth: strong}\n"
        "    - {words: [y], rule: T99, strength: strng, in: [titel]}\n"
        "cue_files: [germn]\n"
        "weights: missing.json\n"
        "PM: [risk, relese, relese]\n"
        "hats: {PQ: Delivery hat, PO: [a]}\n"
        "watch: [budgt]\n"
    )
    found = "\n".join(mistakes(tmp_path, text))
    for place, advice in (
        (":2: PO.0", '"release"'), (":3: confidnce", '"confidence"'), (":4: confidence.high", "from 0 to 1"),
        (":5: altitude.risk.hihg", '"high"'), (":5: altitude.risk.low", "PO, PM"), (":7: cues.budgt", '"budget"'),
        (":9: cues.budget.0.words.0", "needs a word first"), (":9: cues.budget.0.strenth", '"strength"'),
        (":10: cues.budget.1.strength", '"strong"'), (":10: cues.budget.1.in", '"title"'),
        (":11: cue_files.0", '"german"'), (":12: weights", "missing.json"),
        (":13: PM:", '"relese" stands under PO, too'), (":14: hats.PQ", "PO, PM"),
        (":14: hats.PO", "the name of a hat"), (":15: watch.0", '"budget"'),
    ):  # fmt: skip
        line = next(line for line in found.splitlines() if place in line)
        assert advice in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PO: [stories]\n", "no role for vision"),
        ("extends: team.yaml\n", "extends itself"),
        ("extends: project-manager\nPO: stories\n", "expected a list of words"),
        ("extends: project-manager\ncues: [a]\n", "expected a mapping"),
        ("extends: project-manager\ncues: {risk: {words: [a]}}\n", "expected a list of groups"),
    ],
)
def test_wrong_shapes_are_sentences(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in problem for problem in mistakes(tmp_path, text))


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "a: [\n", ""])
def test_what_is_no_mapping_is_a_config_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        load_scheme(write(tmp_path, text))


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        load_scheme("product-manger")
    assert "product-manager" in caught.value.hint


def test_importing_the_room_loads_no_yaml_parser() -> None:
    code = "import sys, pmsync.roles; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
