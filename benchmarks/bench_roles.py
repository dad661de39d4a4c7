"""How many items a second `classify` answers on one core.

    PYTHONPATH=src python benchmarks/bench_roles.py [FILE.jsonl]

Without a file: the labelled items of the tests, then the same items joined to texts of 20 to 60 words.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

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
        show(list(map(longer, subjects, subjects[1:], subjects[2:], subjects[3:])), scheme)


def longer(subject: Subject, *others: Subject) -> Subject:
    """The subject with a description made of its neighbours'."""
    return replace(
        subject, description=". ".join([subject.description, *(o.title + ". " + o.description for o in others)])
    )


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
