"""What people read and editors use agrees with what the code accepts: the schema, the example, the page."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pmsync.config import load, schema
from pmsync.config.document import read, typed

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"
PAGE = ROOT / "docs" / "configuration.md"
MODELS = {"Settings": schema(), **schema()["$defs"]}
OPTIONS = sorted(
    (model, name) for model, definition in MODELS.items() for name in definition.get("properties", {}) if name != "type"
)


def loaded() -> Any:
    """The example as YAML 1.2 reads it, which is what editors do."""
    return typed(read(EXAMPLE).data)


def test_the_example_has_no_problems() -> None:
    settings = load(EXAMPLE)
    assert set(settings.sources) == {"shop", "onprem", "marketing", "archive"}
    assert settings.warnings == ()


def test_the_schema_accepts_the_example() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(loaded(), schema())


def wrong() -> Iterator[Any]:
    for change in (
        lambda config: config.pop("sources"),
        lambda config: config.update(tmezone="UTC"),
        lambda config: config["sources"].update(Bad={"type": "linear"}),
        lambda config: config["sources"]["shop"].update(projets=["A"]),
        lambda config: config["sources"]["shop"].pop("url"),
        lambda config: config["sources"]["shop"].pop("type"),
        lambda config: config["sources"]["shop"].update(jql=None),
        lambda config: config["people"]["anna"].update(name=None),
        lambda config: config["sources"]["marketing"].update(stages={"dnoe": ["Live"]}),
        lambda config: config["sync"].update(overlap="10 parsecs"),
    ):
        config = loaded()
        change(config)
        yield config


@pytest.mark.parametrize("config", list(wrong()))
def test_the_schema_refuses_what_the_settings_refuse(config: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config, schema())


def test_the_schema_accepts_connectors_of_other_packages() -> None:
    jsonschema.validate({"sources": {"rows": {"type": "linear", "team": 7}}}, schema())


@pytest.mark.parametrize(("model", "option"), OPTIONS)
def test_every_option_is_described(model: str, option: str) -> None:
    assert MODELS[model]["properties"][option].get("description")


@pytest.mark.parametrize(("model", "option"), OPTIONS)
def test_every_option_is_in_the_example(model: str, option: str) -> None:
    assert re.search(rf"(^[\s#-]*|[{{,] *){option}:", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("model", "option"), OPTIONS)
def test_every_option_is_on_the_page(model: str, option: str) -> None:
    assert re.search(rf"`([a-z]+\.)?{option}[`.]", PAGE.read_text(encoding="utf-8"))


def test_the_page_knows_no_option_that_is_not_there() -> None:
    known = {option for _, option in OPTIONS} | {"type"}
    for cells in re.findall(r"^\| (`[a-z_`., ]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        assert {name.rpartition(".")[2] for name in re.findall(r"`([^`]+)`", cells)} <= known


def test_examples_on_the_page_load(tmp_path: Path) -> None:
    snippets = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    base = "sources:\n  shop: {type: trello-export, files: [a]}\n  marketing: {type: trello-export, files: [a]}\n"
    for snippet in snippets:
        path = tmp_path / "pmsync.yaml"
        path.write_text(snippet if "sources:" in snippet else base + snippet, encoding="utf-8")
        assert load(path).sources


def test_importing_the_room_is_cheap() -> None:
    """Start-up of every command depends on it."""
    heavy = {"keyring", "subprocess", "requests", "sqlalchemy", "jinja2"}
    script = f"import sys, pmsync.config; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
