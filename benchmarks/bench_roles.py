"""How many items a second `classify` answers on one core: PYTHONPATH=src python benchmarks/bench_roles.py [FILE.jsonl]."""

import json
import sys
import time
from pathlib import Path

from pmsync.roles import classify, load_scheme
from pmsync.roles.evaluate import subject_of

ITEMS = Path(__file__).parents[1] / "tests/roles/data/items.jsonl"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    subjects = [subject_of(json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    words = sum(len((s.title + " " + s.description).split()) for s in subjects) / len(subjects)
    started = time.process_time()
    scheme = load_scheme("product-manager")
    print(f"load_scheme {1000 * (time.process_time() - started):.0f} ms")
    best = min(_round(subjects, scheme) for _ in range(7))
    print(
        f"{len(subjects)} items of {words:.0f} words: {len(subjects) / best:,.0f} items/s, {1e6 * best / len(subjects):.0f} µs each"
    )


def _round(subjects: list, scheme: object) -> float:
    started = time.process_time()
    for subject in subjects:
        classify(subject, scheme)
    return time.process_time() - started


if __name__ == "__main__":
    main()
