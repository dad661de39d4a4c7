"""Action items: one line of Markdown each, readable by people and parsed back without loss.

- [ ] Ask Legal about the DPA @tom due:2026-05-05 (OPS-17) carried:2 was:2026-04-28 <!-- act:77b0e4d1 -->
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class ActionState(StrEnum):
    """The box in front of an action."""

    OPEN = " "
    DONE = "x"
    CANCELLED = "-"
    DEFERRED = ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something one person does by a day. `id` stays with it from meeting to meeting; `carried` counts them."""

    id: str
    text: str
    state: ActionState = ActionState.OPEN
    owner: str | None = None
    due: date | None = None
    key: str | None = None
    carried: int = 0
    was: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be done."""
        return self.state in {ActionState.OPEN, ActionState.DEFERRED}

    def carry(self) -> "Action":
        """The same action at the next meeting."""
        return replace(self, carried=self.carried + 1)


_LINE = re.compile(r"[-*] \[(?P<state>[ xX>-])\] (?P<rest>.*)")
_TAIL = {
    "id": re.compile(r"\s*<!-- act:([0-9a-f]{8}) -->$"),
    "was": re.compile(r"\s+was:(\d{4}-\d\d-\d\d)$"),
    "carried": re.compile(r"\s+carried:(\d+)$"),
    "key": re.compile(r"\s+\(([^()\s]+)\)$"),
    "due": re.compile(r"\s+due:(\d{4}-\d\d-\d\d)$"),
    "owner": re.compile(r"\s+@([\w.-]+)$"),
}


def parse_action(line: str) -> Action | None:
    """The action a line holds; None for a line that is none. The parts behind the text may be missing.

    An action without a marker (somebody typed it) gets the id that its words give.
    """
    match = _LINE.fullmatch(line.rstrip())
    if not match:
        return None
    text, found = match["rest"], dict[str, str]()
    for name, pattern in _TAIL.items():
        if tail := pattern.search(text):
            found[name], text = tail[1], text[: tail.start()]
    return Action(
        id=found.get("id") or action_id(text, found.get("owner", "")),
        text=text.strip(),
        state=ActionState(match["state"].lower()),
        owner=found.get("owner"),
        due=_day(found.get("due")),
        key=found.get("key"),
        carried=int(found.get("carried", 0)),
        was=_day(found.get("was")),
    )


def write_action(action: Action) -> str:
    """The canonical line; parsing it gives the same action."""
    parts = [
        action.text,
        f"@{action.owner}" if action.owner else "",
        f"due:{action.due}" if action.due else "",
        f"({action.key})" if action.key else "",
        f"carried:{action.carried}" if action.carried else "",
        f"was:{action.was}" if action.was else "",
        f"<!-- act:{action.id} -->",
    ]
    return f"- [{action.state}] " + " ".join(part for part in parts if part)


def action_id(text: str, owner: str) -> str:
    """Eight hex digits from the words alone: case, punctuation and spacing do not count."""
    words = " ".join(re.findall(r"\w+", f"{owner} {text}".lower()))
    return hashlib.blake2b(words.encode(), digest_size=4).hexdigest()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
