"""Fit the weights of pmsync.roles on labelled items and write them as a readable table.

    PYTHONPATH=src python scripts/train_roles.py tests/roles/data/items.jsonl tests/roles/data/worked-examples.jsonl

Multinomial logistic regression in plain Python, some ten minutes on two cores. Cues and topics start from what a
person set (PRIOR, TOPICS), words from nothing. Items with `"part": "aside"` are never read, and one with a `weight`
counts that often. The same items give the same bytes.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import copysign, exp, inf, sqrt
from pathlib import Path
from typing import Any

from pmsync.roles import DUTIES, load_scheme
from pmsync.roles.classify import PRODUCT
from pmsync.roles.evaluate import subject_of

KEYS = tuple(DUTIES)
PRIOR = {
    "title": 2.2, "label": 1.1, "type": 1.0, "description": 0.9, "checklist": 0.7, "component": 0.5, "stage": 0.35,
    "parent": 0.3,
}  # fmt: skip
TOPICS = {
    "code": {"build": 0.7}, "code-verb": {"build": 0.5}, "technology": {"build": 0.4, "ops": 0.3, "spike": 0.2},
    "infrastructure": {"ops": 0.8}, "fault": {"fix": 1.0}, "denial": {"fix": 0.4}, "look": {"design": 0.9},
    "interface": {"stories": 0.5, "design": 0.3}, "person": {"stories": 0.4}, "user-act": {"stories": 0.5},
    "wish": {"stories": 0.5}, "capability": {"stories": 0.6}, "money": {"budget": 1.0},
    "people-work": {"resource": 0.9}, "publicity": {"launch": 0.9},
    "event": {"plan": 0.7}, "legal-partner": {"coord": 0.8}, "rules": {"process": 0.8},
    "meeting-word": {"meeting": 1.0}, "time-plan": {"plan": 0.5, "schedule": 0.4},
    "obstacle": {"risk": 0.4, "blocker": 0.4},
    "testing": {"quality": 0.6, "accept": 0.3, "build": 0.2}, "study": {"research": 0.6},
    "strategy": {"vision": 0.5, "objectives": 0.3, "roadmap": 0.3}, "explore": {"spike": 0.6, "research": 0.2},
    "organise": {"plan": 0.2, "coord": 0.2, "resource": 0.2, "budget": 0.1}, "hardware": {"build": 0.6},
    "writing": {"announce": 0.4, "process": 0.2, "build": 0.2}, "household": {"build": 0.4},
    "calendar-word": {"plan": 0.2, "meeting": 0.3, "schedule": 0.2}, "decide": {"scope": 0.2, "vision": 0.2},
}  # fmt: skip
FIELDS_SET = {"set:due": {"schedule": 0.1}, "set:version": {"release": 0.1}, "set:sprint": {"stories": 0.1}}
SIDE = 2.0  # the right side (product or delivery) counts twice as much as the right duty
ORDERS = range(8)  # seeds
ROUNDS, KEPT = 10, 3  # through all items; of the last ones the mean is kept
RATE = 0.1  # length of the first steps
HIDDEN = 0.2  # share of the features
SEEN = 0.1  # what every weight has seen before it starts, so that the first steps are not too long
PULL = 0.003  # how strongly every weight is drawn back to its start, so that only what earns its place moves
FLAT = 1e-4  # a slope below this is not worth a step
LISTED = 0.8  # the most a word of a list may weigh: where an item stands is weak evidence
Example = tuple[list[tuple[str, float]], int, float]
# Of a feature: its weights, where they started, how much they moved, and its value in an item.
Row = tuple[list[float], list[float], list[float], float]


def prior() -> dict[str, dict[str, float]]:
    """Before any item is seen, a cue speaks for its own duty."""
    table = {f"cue:{duty}@{field}": {duty: weight} for duty in KEYS for field, weight in PRIOR.items()}
    table["cue:fix@type"] = {"fix": 2.0}
    for topic, row in TOPICS.items():
        table["topic@t:" + topic] = row
        table["topic@d:" + topic] = {duty: weight / 2 for duty, weight in row.items()}
    return {**table, **FIELDS_SET}


def examples(rows: Sequence[Mapping[str, Any]], fewest: int) -> list[Example]:
    """Features of every item; a word must occur in `fewest` items to count."""
    lexicon = load_scheme("project-manager").lexicon
    read = [(lexicon.read(subject_of(row)).flat(), row) for row in rows]
    for features, _ in read:
        for name in [name for name in features if name.startswith("cue:altitude")]:
            del features[name]  # says how high an item aims, not what it is
    seen = Counter(name for features, _ in read for name in features)
    return [
        ([(n, v) for n, v in features.items() if n.startswith("cue:") or seen[n] >= fewest] + [("bias", 1.0)],
         KEYS.index(row["gold"]["duty"]), float(row.get("weight", 1.0)))
        for features, row in read
    ]  # fmt: skip


def mean_of_orders(data: Sequence[Example]) -> dict[str, list[float]]:
    """Fitted once per order of the items and averaged: which came last should not matter."""
    with ProcessPoolExecutor() as pool:
        fits = list(pool.map(partial(fit, data), ORDERS))
    return {
        name: [sum(weights) / len(fits) for weights in zip(*(f[name] for f in fits), strict=True)] for name in fits[0]
    }


def fit(data: Sequence[Example], seed: int) -> dict[str, list[float]]:
    """Gradient steps item by item, shorter for a weight that has moved much (AdaGrad: Duchi, Hazan and Singer, 2011).

    Common words settle soon while rare ones still learn, and every weight is drawn back to its start. A share of
    the features is hidden in each step, so that they learn to stand in for each other. The mean of the last rounds is
    kept.
    """
    table = prior()
    names = sorted({name for features, _, _ in data for name, _ in features} | set(table))
    start = {name: [table.get(name, {}).get(key, 0.0) for key in KEYS] for name in names}
    weights = {name: start[name].copy() for name in names}
    moved = {name: [SEEN] * len(KEYS) for name in names}
    mean = {name: [0.0] * len(KEYS) for name in names}
    chance = random.Random(seed)  # noqa: S311 - no secret
    order = [
        ([(weights[n], start[n], moved[n], v) for n, v in features], gold, counts) for features, gold, counts in data
    ]
    for done in range(ROUNDS):
        chance.shuffle(order)
        for rows, gold, counts in order:
            _step([row for row in rows if chance.random() >= HIDDEN], gold, counts, RATE * (1 - done / ROUNDS))
        for name in names if done >= ROUNDS - KEPT else ():
            mean[name] = [old + new / KEPT for old, new in zip(mean[name], weights[name], strict=True)]
    return mean


def _step(rows: Sequence[Row], gold: int, counts: float, rate: float) -> None:
    slopes = [(k, slope) for k, slope in enumerate(_gradient(rows, gold, counts)) if abs(slope) > FLAT]
    for weights, start, moved, value in rows:
        for k, slope in slopes:
            moved[k] += (slope * value) ** 2
            step = rate * value / sqrt(moved[k])
            away = weights[k] - step * slope - start[k]
            weights[k] = start[k] + copysign(max(0.0, abs(away) - step * PULL * counts), away)


def _gradient(rows: Sequence[Row], gold: int, counts: float) -> list[float]:
    scores = [0.0] * len(KEYS)
    for weights, _, _, value in rows:
        for k, weight in enumerate(weights):
            if weight:
                scores[k] += weight * value
    top = max(scores)
    powers = [exp(score - top) for score in scores]
    total = sum(powers)
    shares = [power / total for power in powers]
    same_side = [(k in PRODUCT) == (gold in PRODUCT) for k in range(len(KEYS))]
    side = sum(share for share, same in zip(shares, same_side, strict=True) if same)
    return [
        counts * ((share - (k == gold)) + SIDE * (share - share / side * same_side[k]))
        for k, share in enumerate(shares)
    ]


def table(weights: Mapping[str, Sequence[float]], least: float) -> dict[str, dict[str, float]]:
    """What is worth keeping, by name, heaviest duty first."""
    kept = {}
    for name in sorted(weights):
        most = LISTED if name.startswith("stage:") else inf
        row = {
            KEYS[k]: round(max(-most, min(most, w)), 2)
            for k, w in sorted(enumerate(weights[name]), key=lambda kw: -abs(kw[1]))
            if abs(w) >= least
        }
        if row:
            kept[name] = row
    return kept


def write(kept: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """A line per feature, so that a change of weights can be read."""
    lines = [f" {json.dumps(name, ensure_ascii=False)}: {json.dumps(row)}" for name, row in kept.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """All items that are not set aside."""
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [row for row in rows if row.get("part") != "aside"]


def main() -> None:
    """Read, fit, write."""
    parser = argparse.ArgumentParser(description="Fit the weights of pmsync.roles.")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("src/pmsync/roles/data/weights.json"))
    parser.add_argument("--fewest", type=int, default=3, help="items a word must occur in")
    parser.add_argument("--least", type=float, default=0.15, help="smallest weight to keep")
    given = parser.parse_args()
    weights = mean_of_orders(examples(read(given.files), given.fewest))
    write(table(weights, given.least), given.output)


if __name__ == "__main__":
    main()
