"""How many items a second `classify` answers on one core.

    PYTHONPATH=src python benchmarks/bench_roles.py [FILE.jsonl]

Without a file: the labelled items of the tests, then the same, every second with a description of 20 to 60 words.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from pmsync.model.role import Subject
from pmsync.roles import Scheme, classify, load_scheme
from pmsync.roles.evaluate import subject_of

ITEMS = Path(__file__).parents[1] / "tests/roles/data/items.jsonl"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    subjects = [subject_of(json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    started = time.process_time()
    scheme = load_scheme("product-manager")
    print(f"load_scheme {1000 * (time.process_time() - started):.0f} ms")
    show(subjects, scheme)
    if path == ITEMS:
        words = " ".join(f"{subject.title}. {subject.description}" for subject in subjects).split()
        show([described(subject, number, words) for number, subject in enumerate(subjects)], scheme)


def described(subject: Subject, number: int, words: Sequence[str]) -> Subject:
    """Every second subject with 20 to 60 of `words` as its description, the others with none."""
    start, count = number * 13 % len(words), 20 + number % 41
    return replace(subject, description=" ".join(words[start : start + count]) if number % 2 else "")


def show(subjects: Sequence[Subject], scheme: Scheme) -> None:
    words = sum(len((subject.title + " " + subject.description).split()) for subject in subjects) / len(subjects)
    best = min(once(subjects, scheme) for _ in range(7)) / len(subjects)
    print(f"{len(subjects)} items of {words:.0f} words: {1 / best:,.0f} items/s, {1e6 * best:.0f} µs each")


def once(subjects: Sequence[Subject], scheme: Scheme) -> float:
    """CPU seconds for all subjects."""
    started = time.process_time()
    for subject in subjects:
        classify(subject, scheme)
    return time.process_time() - started


if __name__ == "__main__":
    main()
