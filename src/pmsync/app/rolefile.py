"""Roles of items in a JSONL file: classify them, or measure the answers against hand labels. Needs no config."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pmsync.errors import UsageError
from pmsync.model import Classification, Subject
from pmsync.roles import classify, load_scheme

DEFAULT_SCHEME = "project-manager"
TEXTS = ("description", "type", "stage", "board", "parent", "tracker")
LISTS = ("labels", "components", "checklist", "fields")


def classify_file(file: Path, scheme: str | None) -> Iterator[dict[str, Any]]:
    """One answer per line of `file` (`-` reads standard input), as the lines come.

    Raises:
        UsageError: a line is not a JSON object with `id` and `title`.
    """
    chosen = load_scheme(scheme or DEFAULT_SCHEME)
    for row, subject in read_subjects(file):
        yield {"id": row["id"], **answer_row(classify(subject, chosen))}


def answer_row(answer: Classification) -> dict[str, Any]:
    """What `roles classify` prints of an answer."""
    evidence = [{"field": one.field, "words": one.words, "duty": one.duty} for one in answer.evidence]
    return {"role": answer.role, "duty": answer.duty, "confidence": answer.confidence, "evidence": evidence}


def read_subjects(file: Path) -> Iterator[tuple[dict[str, Any], Subject]]:
    """Each row of a JSONL file with what classification may see of it; blank lines are skipped.

    Raises:
        UsageError: a line is not a JSON object with `id` and `title`.
    """
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            row = _parse(line, f"{file}:{number}")
            yield row, _subject(row)


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


def _subject(row: dict[str, Any]) -> Subject:
    texts = {name: str(row.get(name) or "") for name in TEXTS}
    lists = {name: tuple(_words(row.get(name) or ())) for name in LISTS}
    return Subject(id=str(row["id"]), title=str(row["title"] or ""), **texts, **lists)


def _words(values: Any) -> Iterator[str]:
    """Texts of a list that may also hold objects such as `{"text": ..., "done": ...}`."""
    for value in [values] if isinstance(values, str) else values:
        yield str(value.get("text") or value.get("name") or "") if isinstance(value, dict) else str(value)
