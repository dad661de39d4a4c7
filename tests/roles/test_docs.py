import re
from pathlib import Path

from pmsync.roles import DUTIES, Scheme, load_scheme
from pmsync.roles.evidence import TEXT_WORDS, TITLE_WORDS
from pmsync.roles.words import STRENGTH

PAGE = (Path(__file__).parents[2] / "docs" / "roles.md").read_text("utf-8")


def cell(scheme: Scheme, duty: str) -> str:
    usual = scheme.role(duty)
    others = [role for level in ("high", "low") if (role := scheme.role(duty, level)) is not usual]
    return f"{usual} / {others[0]}" if others else str(usual)


def test_the_table_of_duties_is_the_data(project: Scheme, product: Scheme) -> None:
    rows = dict(re.findall(r"^\| `([a-z]+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert rows == {duty: f"{DUTIES[duty].leaves} | {cell(project, duty)} | {cell(product, duty)}" for duty in DUTIES}


def test_the_example_scheme_loads(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example
    (tmp_path / "ours.json").write_text("{}", "utf-8")
    (tmp_path / "ours.yaml").write_text(example[1], "utf-8")
    assert load_scheme(str(tmp_path / "ours.yaml")).name == "our-team"


def test_every_strength_is_named() -> None:
    assert all(f"`{strength}`" in PAGE for strength in STRENGTH)


def test_limits_are_those_of_the_program(project: Scheme) -> None:
    text = " ".join(PAGE.split())
    for said in (
        f"first {TITLE_WORDS} words of a title and {TEXT_WORDS} of a description",
        f"at least {project.high:.0%} of the share, `medium` from {project.medium:.0%}".replace("%", " %"),
    ):
        assert said in text
