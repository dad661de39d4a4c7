"""The answer as a colleague would give it: who, why, in which words, what else it could be, how to change it."""

from collections.abc import Sequence
from typing import Final

from pmsync.model.role import Classification, Confidence, Evidence, Role, Subject
from pmsync.roles.duties import DUTIES, RULES, TEAM, UNCLEAR
from pmsync.roles.schemes import Scheme

SURE: Final = {
    Confidence.HIGH: "high: a colleague would very likely agree",
    Confidence.MEDIUM: "medium: likely, not certain",
    Confidence.LOW: "low: please look",
}


def explain(subject: Subject, classification: Classification, scheme: Scheme, key: str = "KEY") -> str:
    """A few lines of plain text, without markup or a trailing newline. `key` is what people call the item."""
    parts = [
        _answer(subject, classification, scheme),
        _reason(classification),
        f"Rule {classification.rule}: {RULES.get(classification.rule, 'a rule of this scheme')}.",
        _table(classification, scheme),
        _runner_up(classification, scheme),
        _change(classification, key),
    ]
    return "\n".join(part for part in parts if part)


def _answer(subject: Subject, classification: Classification, scheme: Scheme) -> str:
    hat = scheme.hats.get(classification.role, classification.role.value)
    return (
        f"{classification.role} ({hat}), duty {classification.duty}. Confidence {SURE[classification.confidence]}.\n"
        f"What “{_plain(subject.title)[:120]}” leaves behind: {DUTIES[classification.duty].leaves}."
    )


def _reason(classification: Classification) -> str:
    if classification.rule == "T1":
        return f"Why: {_plain('; '.join(row.words or row.field for row in classification.evidence))}."
    own = [row for row in classification.evidence if row.duty == classification.duty]
    if classification.duty == UNCLEAR:
        return "Why: I found nothing that says what is to be done."
    if not own:
        return "Why: no single word decides; the wording as a whole is like other items of this duty."
    return f"Why: {_quotes(own)}."


def _plain(words: str) -> str:
    """On one line and without control characters, which a tracker may carry to a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _quotes(rows: Sequence[Evidence]) -> str:
    by_field: dict[str, list[str]] = {}
    for row in rows:
        if any(row.words in other.words != row.words for other in rows if other.field == row.field):
            continue  # part of a longer quotation
        weak = " (weak)" if row.strength == "weak" else ""
        by_field.setdefault(row.field, []).append(f"“{_plain(row.words)}”{weak}")
    return "; ".join(f"the {name} says {', '.join(dict.fromkeys(words))}" for name, words in by_field.items())


def _table(classification: Classification, scheme: Scheme) -> str:
    duty, role = classification.duty, classification.role
    if classification.rule == "T1":
        return f"Without that, {duty} belongs to the {scheme.role(duty)} in the scheme {scheme.name}."
    if duty in TEAM:
        return f"This is the team's own work; in the scheme {scheme.name} the {role} answers for it."
    if duty == UNCLEAR:
        return f"Unclear items go to the {role} in the scheme {scheme.name}, who should ask what is meant."
    if duty in scheme.altitude:
        level = {"high": "above the team", "low": "within the team"}.get(classification.altitude or "", "")
        words = [row for row in classification.evidence if row.duty.startswith("altitude")]
        seen = (
            f"it aims {level} ({_quotes(words)})"
            if level
            else "nothing says how high it aims, so the usual owner answers"
        )
        return f"The scheme {scheme.name} splits {duty} by altitude: {seen}, hence {role}."
    return f"In the scheme {scheme.name}, the duty {duty} belongs to the {role}."


def _runner_up(classification: Classification, scheme: Scheme) -> str:
    other = classification.runner_up
    if not other:
        return ""
    words = [row for row in classification.evidence if row.duty == other]
    said = f", since {_quotes(words)}" if words else ""
    role = scheme.role(other, classification.altitude)
    ending = "the role would be the same" if role is classification.role else f"then it would be {role}"
    return f"Runner-up: {other}{said}; {ending}."


def _change(classification: Classification, key: str) -> str:
    if classification.rule == "T1":
        return f"To undo: pmsync roles set {key} auto, or remove the rule from the config."
    other = Role.PM if classification.role is Role.PO else Role.PO
    return (
        f"Wrong? pmsync roles set {key} {other} --why '…' pins this item; `roles:` in the config pins a label, list, "
        "field or board; a cue in a scheme file of your own teaches it your words."
    )
