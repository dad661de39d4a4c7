"""The worked examples of the specification, one test each."""

import json
from pathlib import Path
from typing import Any

import pytest

from pmsync.roles import Scheme, classify
from pmsync.roles.evaluate import subject_of

LINES = (Path(__file__).parent / "data" / "worked-examples.jsonl").read_text("utf-8").splitlines()
EXAMPLES = [json.loads(line) for line in LINES]


def test_there_are_seventy() -> None:
    assert len(EXAMPLES) == 70


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['id']} {example['title'][:40]}")
def test_worked_example(example: dict[str, Any], project: Scheme, product: Scheme) -> None:
    gold = example["gold"]
    one, other = classify(subject_of(example), project), classify(subject_of(example), product)
    assert (one.duty, one.role) == (gold["duty"], gold["role"]["project-manager"])
    assert (other.duty, other.role) == (gold["duty"], gold["role"]["product-manager"])
