import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pmsync.roles import Scheme, load_scheme

DATA = Path(__file__).parent / "data"


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def project() -> Scheme:
    return load_scheme("project-manager")


@pytest.fixture(scope="session")
def product() -> Scheme:
    return load_scheme("product-manager")


@pytest.fixture(scope="session")
def combined() -> Scheme:
    return load_scheme("combined")


@pytest.fixture
def weighing(tmp_path: Path) -> Callable[[Mapping[str, Mapping[str, float]]], Scheme]:
    """The project manager's scheme with weights of the test's own: they do not change when weights are fitted again."""

    def scheme(weights: Mapping[str, Mapping[str, float]]) -> Scheme:
        (tmp_path / "own.json").write_text(json.dumps(weights), "utf-8")
        (tmp_path / "own.yaml").write_text("extends: project-manager\nweights: own.json\n", "utf-8")
        return load_scheme(str(tmp_path / "own.yaml"))

    return scheme


@pytest.fixture(scope="session")
def worked() -> list[dict[str, Any]]:
    return read("worked-examples.jsonl")


@pytest.fixture(scope="session")
def labelled() -> list[dict[str, Any]]:
    return read("items.jsonl")


@pytest.fixture(scope="session")
def aside(labelled: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Boards that the training never reads."""
    return [row for row in labelled if row.get("part") == "aside"]
