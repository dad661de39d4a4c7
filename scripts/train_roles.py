"""Fit the weights of pmsync.roles on labelled items and write them as a readable table.

    PYTHONPATH=src python scripts/train_roles.py tests/roles/data/*.jsonl

Multinomial logistic regression in plain Python. Cue weights are drawn towards what a person set (PRIOR), word weights
towards nothing, so a word has to earn its place. Items with `"part": "aside"` are never read. Same input, same bytes.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp, sqrt
from pathlib import Path
from typing import Any

from pmsync.roles import DUTIES, load_scheme
from pmsync.roles.evaluate import subject_of

KEYS = tuple(DUTIES)
PRIOR = {"title": 2.2, "label": 1.1, "type": 1.0, "description": 0.9, "checklist": 0.7, "component": 0.5, "stage": 0.35, "parent": 0.3}
FIELDS_SET = {"set:due": {"schedule": 0.1}, "set:version": {"release": 0.1}, "set:sprint": {"stories": 0.1}}
SHRINK = {"p:": 1.5, "bias": 0.5}  # pairs of words have to earn their place more than words
Example = tuple[list[tuple[str, float]], int, float]


def prior() -> dict[str, dict[str, float]]:
    """Before any item is seen, a cue speaks for its own duty."""
    table = {f"cue:{duty}@{field}": {duty: weight} for duty in KEYS for field, weight in PRIOR.items()}
    return {**table, **FIELDS_SET}


def examples(rows: Sequence[Mapping[str, Any]], fewest: int) -> list[Example]:
    """Features of every item; a word must occur in `fewest` items to count."""
    lexicon = load_scheme("project-manager").lexicon
    read = [(lexicon.read(subject_of(row)).features, row) for row in rows]
    seen = Counter(name for features, _ in read for name in features)
    return [
        ([(n, v) for n, v in features.items() if n.startswith("cue:") or seen[n] >= fewest] + [("bias", 1.0)],
         KEYS.index(row["gold"]["duty"]), float(row.get("weight", 1.0)))
        for features, row in read
    ]  # fmt: skip


def fit(
    data: Sequence[Example], *, rounds: int, rate: float, drop: float, shrink: float, hold: float, seed: int = 7
) -> dict[str, list[float]]:
    """AdaGrad over shuffled items, pulled back after each round.

    `drop` hides that share of cues, so that words learn to stand in for them; `shrink` is taken off every word's
    weight, `hold` is the share by which a cue's weight returns to what a person set.
    """
    start = {name: [row.get(key, 0.0) for key in KEYS] for name, row in prior().items()}
    names = {name for features, _, _ in data for name, _ in features}
    weights = {name: list(start.get(name, [0.0] * len(KEYS))) for name in sorted(names | set(start))}
    begin = {name: tuple(weights[name]) for name in start}
    past = {name: [1.0] * len(KEYS) for name in weights}
    chance, order = random.Random(seed), list(data)
    for _ in range(rounds):
        chance.shuffle(order)
        for features, gold, importance in order:
            shown = [(n, v) for n, v in features if not (n.startswith("cue:") and chance.random() < drop)]
            gradient = [(k, g) for k, g in enumerate(_gradient([(weights[n], v) for n, v in shown], gold, importance)) if abs(g) > 1e-3]
            for name, value in shown:
                row, square = weights[name], past[name]
                for k, slope in gradient:
                    step = slope * value
                    square[k] += step * step
                    row[k] -= rate * step / sqrt(square[k])
        for name, row in weights.items():
            _pull(row, begin.get(name), shrink * SHRINK.get(name[:2], 1.0), hold)
    return weights


def _pull(row: list[float], origin: Sequence[float] | None, shrink: float, hold: float) -> None:
    for k, weight in enumerate(row):
        if origin is not None:
            row[k] = weight + hold * (origin[k] - weight)
        elif weight:
            row[k] = max(0.0, weight - shrink) if weight > 0 else min(0.0, weight + shrink)


def _gradient(rows: Sequence[tuple[list[float], float]], gold: int, importance: float) -> list[float]:
    scores = [0.0] * len(KEYS)
    for row, value in rows:
        for k, weight in enumerate(row):
            if weight:
                scores[k] += weight * value
    top = max(scores)
    shares = [exp(score - top) for score in scores]
    total = sum(shares)
    return [importance * (share / total - (k == gold)) for k, share in enumerate(shares)]


def table(weights: Mapping[str, Sequence[float]], least: float) -> dict[str, dict[str, float]]:
    """What is worth keeping, by name, heaviest duty first."""
    kept = {}
    for name in sorted(weights):
        row = {KEYS[k]: round(w, 2) for k, w in sorted(enumerate(weights[name]), key=lambda kw: -abs(kw[1])) if abs(w) >= least}
        if row:
            kept[name] = row
    return kept


def write(kept: Mapping[str, Mapping[str, float]], path: Path) -> None:
    lines = [f" {json.dumps(name, ensure_ascii=False)}: {json.dumps(row)}" for name, row in kept.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [row for row in rows if row.get("part") != "aside"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the weights of pmsync.roles.")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("src/pmsync/roles/data/weights.json"))
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--rate", type=float, default=0.08)
    parser.add_argument("--drop", type=float, default=0.4)
    parser.add_argument("--shrink", type=float, default=0.01)
    parser.add_argument("--hold", type=float, default=0.1)
    parser.add_argument("--fewest", type=int, default=2)
    parser.add_argument("--least", type=float, default=0.08)
    given = parser.parse_args()
    data = examples(read(given.files), given.fewest) if given.files else []
    weights = fit(data, rounds=given.rounds if data else 0, rate=given.rate, drop=given.drop, shrink=given.shrink, hold=given.hold)
    write(table(weights, given.least), given.output)


if __name__ == "__main__":
    main()
