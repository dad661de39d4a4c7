"""Bring notes up to date: what people wrote stays, what was generated is renewed, open actions are carried."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from pmsync.notes.actions import Action, ActionState, parse_action
from pmsync.notes.document import Document, Section, is_untouched

SINCE = "Since last time"
ACTIONS = "Actions"
AGENDA = "Agenda"


def actions_in(document: Document) -> Iterator[Action]:
    """Every action of a document, by id once: the later line is the newer word."""
    found: dict[str, Action] = {}
    for line in (*document.lines(SINCE), *document.lines(ACTIONS)):
        if action := parse_action(line):
            found[action.id] = action
    yield from found.values()


def carried_actions(previous: Document | None, closed_keys: Collection[str]) -> list[Action]:
    """What the last meeting left: done once more under "Since last time", open ones carried, oldest due first.

    An open action whose item the tracker has closed is done. What was shown as done once is not shown again.
    """
    if previous is None:
        return []
    shown_before = {
        action.id for line in previous.lines(SINCE) if (action := parse_action(line)) and not action.is_open
    }
    actions = [_carry(action, closed_keys) for action in actions_in(previous) if action.id not in shown_before]
    return sorted(actions, key=lambda action: (action.is_open, action.due is None, action.due, action.id))


def _carry(action: Action, closed_keys: Collection[str]) -> Action:
    if not action.is_open:
        return action
    if action.key in closed_keys:
        return replace(action, state=ActionState.DONE)
    return action.carry()


def refresh(existing: Document, fresh: Document) -> Document:
    """The existing file with its generated agenda renewed. Everything else is people's, and stays as it is.

    Points that nobody has touched are replaced by today's; edited points stay; new points follow.
    Sections that a template has gained since are added at the end.
    """
    have = {section.heading for section in existing.sections}
    kept = tuple(
        Section(section.heading, _agenda(section.lines, fresh.lines(AGENDA))) if section.heading == AGENDA else section
        for section in existing.sections
    )
    return replace(existing, sections=kept + tuple(one for one in fresh.sections if one.heading not in have))


def _agenda(existing: tuple[str, ...], fresh: tuple[str, ...]) -> tuple[str, ...]:
    human = [line for line in existing if not is_untouched(line)]
    mentioned = " ".join(human)
    points = [line for line in fresh if is_untouched(line) and not _keys(line) & _keys(mentioned)]
    while human and not human[-1]:
        human.pop()
    return (*human, *points, "")


def _keys(line: str) -> set[str]:
    """Keys that a generated line links to."""
    return set(re.findall(r"\[([^\]\s]+)\]\(", line))
