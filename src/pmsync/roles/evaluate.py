"""How right the answers are against hand labels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pmsync.model.role import Classification, Confidence, Role, Subject
from pmsync.roles.classify import classify
from pmsync.roles.schemes import Scheme

TEXTS: Final = ("title", "description", "type", "stage", "parent", "board", "tracker")
LISTS: Final = ("labels", "components", "checklist", "fields")


@dataclass(frozen=True, slots=True)
class Level:
    """One confidence: how many items, their share of all, and how many of them have the right role."""

    items: int
    share: float
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures from 0 to 1 (None when there is nothing to count). `confusions` are (hand label, answer, how often)."""

    scheme: str
    items: int
    accuracy: float | None
    macro_f1: float | None
    duty_top1: float | None
    duty_top2: float | None
    by_confidence: Mapping[str, Level]
    confusions: tuple[tuple[str, str, int], ...]
    mistakes: tuple[str, ...]


def subject_of(row: Mapping[str, Any]) -> Subject:
    """A subject from a JSON object with `id`, `title` and any other field of Subject; null counts as absent."""
    values: dict[str, Any] = {name: str(row[name]) for name in TEXTS if row.get(name)}
    values |= {name: tuple(map(str, row[name])) for name in LISTS if row.get(name)}
    return Subject(**{"id": str(row.get("id", "")), "title": "", **values})


def evaluate(items: Iterable[Mapping[str, Any]], scheme: Scheme) -> Evaluation:
    """Compare with `gold` of each item: `duty`, optionally `role` ({scheme: PO|PM}) and `altitude`.

    Without `role` for this scheme, the scheme's table decides it from duty and altitude.
    """
    rows = [(row, classify(subject_of(row), scheme)) for row in items if row.get("gold")]
    roles = [(str(row.get("id")), _gold_role(row["gold"], scheme), answer) for row, answer in rows]
    judged = [(id, Role(gold), answer) for id, gold, answer in roles if gold]
    duties = [(row["gold"]["duty"], answer) for row, answer in rows if row["gold"].get("duty")]
    return Evaluation(
        scheme=scheme.name,
        items=len(rows),
        accuracy=_share([gold is answer.role for _, gold, answer in judged]),
        macro_f1=_macro_f1([(gold, answer.role) for _, gold, answer in judged]),
        duty_top1=_share([duty == answer.duty for duty, answer in duties]),
        duty_top2=_share([duty in (answer.duty, answer.runner_up) for duty, answer in duties]),
        by_confidence={level.value: _level(level, judged) for level in Confidence},
        confusions=_confusions(duties),
        mistakes=tuple(id for id, gold, answer in judged if gold is not answer.role),
    )


def _gold_role(gold: Mapping[str, Any], scheme: Scheme) -> str | None:
    if "role" in gold:
        given = gold["role"].get(scheme.name) or (gold["role"].get("project-manager") if scheme.watch else None)
        return None if given is None else str(given)
    return scheme.role(gold["duty"], gold.get("altitude")).value if gold.get("duty") in scheme.duties else None


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def _macro_f1(pairs: Sequence[tuple[Role, Role]]) -> float | None:
    scores = []
    for role in {gold for gold, _ in pairs}:
        hits = sum(gold is answer is role for gold, answer in pairs)
        claimed, present = sum(answer is role for _, answer in pairs), sum(gold is role for gold, _ in pairs)
        scores.append(2 * hits / (claimed + present))
    return sum(scores) / len(scores) if scores else None


def _level(level: Confidence, judged: Sequence[tuple[str, Role, Classification]]) -> Level:
    right = [gold is answer.role for _, gold, answer in judged if answer.confidence is level]
    return Level(len(right), len(right) / len(judged) if judged else 0.0, _share(right))


def _confusions(duties: Sequence[tuple[str, Classification]]) -> tuple[tuple[str, str, int], ...]:
    wrong = Counter((duty, answer.duty) for duty, answer in duties if duty != answer.duty)
    return tuple((gold, answer, count) for (gold, answer), count in sorted(wrong.items(), key=lambda x: (-x[1], x[0])))
