"""Roles of items in a JSONL file: classify them, or measure the answers against hand labels. Needs no config."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pmsync.errors import UsageError
from pmsync.model import Classification
from pmsync.roles import Evaluation, classify, evaluate, load_scheme
from pmsync.roles.evaluate import subject_of

DEFAULT_SCHEME = "project-manager"


def classify_file(file: Path, scheme: str | None) -> Iterator[dict[str, Any]]:
    """One answer per line of `file` (`-` reads standard input), as the lines come.

    Raises:
        UsageError: a line is not a JSON object with `id` and `title`.
    """
    chosen = load_scheme(scheme or DEFAULT_SCHEME)
    for row in read_rows(file):
        yield {"id": row["id"], **answer_row(classify(subject_of(row), chosen))}


def evaluate_file(file: Path, scheme: str | None) -> Evaluation:
    """How right the answers are against the `gold` of each line.

    Raises:
        UsageError: a line is not a JSON object with `id` and `title`, or none has `gold`.
    """
    result = evaluate(read_rows(file), load_scheme(scheme or DEFAULT_SCHEME))
    if not result.items:
        raise UsageError(f"{file}: no line has hand labels", hint='Add them as "gold": {"duty": "stories"}.')
    return result


def answer_row(answer: Classification) -> dict[str, Any]:
    """What `roles classify` prints of an answer."""
    evidence = [{"field": one.field, "words": one.words, "duty": one.duty} for one in answer.evidence]
    return {"role": answer.role, "duty": answer.duty, "confidence": answer.confidence, "evidence": evidence}


def read_rows(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, blank lines skipped.

    Raises:
        UsageError: a line is not a JSON object with `id` and `title`.
    """
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            yield _parse(line, f"{file}:{number}")


def _lines(file: Path) -> Iterable[str]:
    if str(file) == "-":
        yield from sys.stdin
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from lines


def _parse(line: str, where: str) -> dict[str, Any]:
    hint = 'Each line is one object such as {"id": "1", "title": "..."}.'
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where}: not JSON: {error}", hint=hint) from None
    if not isinstance(row, dict) or not {"id", "title"} <= row.keys():
        raise UsageError(f"{where}: no object with `id` and `title`", hint=hint)
    return row
