"""A Trello action as changes.

Label changes are listed since about 2022 only; earlier ones are unknowable. Nothing is listed when a card leaves with
its list for another board, when a label is renamed, or when a move between boards drops labels and custom fields.
Changes that labels and titles stand for (points, type, sprint, flag) follow today's names: a pull that finds other
meanings has all that is stored mapped again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pmsync.connectors.trello.board import BoardMap, sprint_id
from pmsync.connectors.trello.card import COMPLETE
from pmsync.connectors.trello.rules import FieldMeaning, Rules
from pmsync.connectors.trello.shapes import Action, Json, created, moment
from pmsync.model import Change, Field


class Value(NamedTuple):
    """One side of a change: the word, and the id where the field has ids."""

    word: str | None = None
    id: str | None = None


NOTHING = Value()
Step = tuple[Field, Value, Value]


class Story:
    """What an action says, with the board it happened on and the rules.

    `card` is the card after the change (its reference and the changed field), `old` the changed field before.
    """

    def __init__(self, data: Json, board: BoardMap, rules: Rules) -> None:
        self.data, self.board, self.rules = data, board, rules
        self.card: Json = data.get("card") or {}
        self.old: Json = data.get("old") or {}

    def step(self, field: Field, read: Callable[[Json], Value]) -> Step:
        """One value, read from both sides."""
        return field, read(self.old), read(self.card)

    def each(self, field: Field, ids: Callable[[Json], Sequence[str]], value: Callable[[str], Value]) -> Iterator[Step]:
        """What went and what came of several values, one step for each."""
        before, after = ids(self.old), ids(self.card)
        yield from ((field, value(id), NOTHING) for id in before if id not in after)
        yield from ((field, NOTHING, value(id)) for id in after if id not in before)


def changes(action: Action, board: BoardMap, rules: Rules) -> Iterator[Change]:
    """The changes of an action, none for most kinds. The first has the action's id, further ones a number behind it."""
    story = Story(action.data, board, rules)
    tell, card = _ACTIONS.get(action.type), story.card.get("id")
    if not tell or not card:
        return
    at = moment(action.date) or created(action.id)
    steps = [step for step in tell(story) if step[1] != step[2]]
    for position, (field, before, after) in enumerate(steps):
        yield Change(
            id=f"{action.id}.{position}" if position else action.id,
            item_id=card,
            field=field,
            at=at,
            before=before.word,
            before_id=before.id,
            after=after.word,
            after_id=after.id,
            by_id=action.idMemberCreator,
        )


def _updated(story: Story) -> Iterator[Step]:
    for name in story.old:
        if name in _UPDATES:
            yield from _UPDATES[name](story)


def _moved(story: Story) -> Iterator[Step]:
    before = _list(story.data.get("listBefore") or {"id": story.old.get("idList")}, story.board)
    after = _list(story.data.get("listAfter") or {"id": story.card.get("idList")}, story.board)
    yield Field.STATUS, before, after
    if story.rules.mapping.sprint.list:
        yield Field.SPRINT, _sprint_of_list(before, story), _sprint_of_list(after, story)


def _list(mention: Json, board: BoardMap) -> Value:
    """A list by the name it had then."""
    stage = board.stages.get(mention.get("id") or "")
    return Value(mention.get("name") or (stage.name if stage else None), mention.get("id"))


def _sprint_of_list(place: Value, story: Story) -> Value:
    is_sprint = place.id and place.word and story.rules.is_sprint_list(place.word)
    return Value(place.word, sprint_id(story.board.id, str(place.id))) if is_sprint else NOTHING


def _changed_board(story: Story) -> Iterator[Step]:
    """`moveCardFromBoard` tells the same once more on the board that was left, so only the arrival counts."""
    source, here = (story.data.get(name) or {} for name in ("boardSource", "board"))
    before, after = (Value(side.get("name") or side.get("id"), side.get("id")) for side in (source, here))
    yield Field.BOARD, before, after
    yield Field.STATUS, NOTHING, _list(story.data.get("list") or {}, story.board)


def _renamed(story: Story) -> Iterator[Step]:
    yield story.step(Field.TITLE, lambda side: Value(side.get("name")))
    if not story.board.carries_points(story.rules):
        yield story.step(Field.POINTS, lambda side: _number(story.rules.points_in_title(side.get("name") or "")))


def _due(story: Story) -> Iterator[Step]:
    def day(side: Json) -> Value:
        due = story.rules.day(side.get("due"))
        return Value(due.isoformat() if due else None)

    def sprint(side: Json) -> Value:
        found = story.rules.dated_sprint(story.rules.day(side.get("due")))
        return Value(found.name, sprint_id(story.board.id, found.mark)) if found else NOTHING

    yield story.step(Field.DUE, day)
    yield story.step(Field.SPRINT, sprint)


def _archived(story: Story) -> Iterator[Step]:
    yield story.step(Field.ARCHIVED, lambda side: _flag(bool(side.get("closed"))))


def _completed(story: Story) -> Iterator[Step]:
    if story.rules.mapping.done.due_complete:
        yield story.step(Field.RESOLUTION, lambda side: Value(COMPLETE if side.get("dueComplete") else None))


def _labelled(story: Story) -> Iterator[Step]:
    """One change for each label, and for what labels stand for."""
    rules, known = story.rules, story.board.labels

    def ids(side: Json) -> Sequence[str]:
        return side.get("idLabels") or ()

    def names(side: Json) -> Sequence[str]:
        return [known[id] for id in ids(side) if id in known]

    def sprints(side: Json) -> Sequence[str]:
        return [id for id in ids(side) if rules.is_sprint_label(known.get(id, ""))]

    yield from story.each(Field.LABEL, ids, lambda label: Value(known.get(label, label)))
    yield from story.each(Field.SPRINT, sprints, lambda label: Value(known[label], sprint_id(story.board.id, label)))
    yield story.step(Field.TYPE, lambda side: Value(rules.type_of(names(side))[1]))
    yield story.step(Field.FLAG, lambda side: _flag(rules.is_flagged(names(side))))
    if not story.board.carries_points(rules):
        yield story.step(Field.POINTS, lambda side: _number(rules.points_in_labels(names(side))))


def _membered(story: Story) -> Iterator[Step]:
    return story.each(Field.ASSIGNEE, lambda side: side.get("idMembers") or (), lambda member: Value(member, member))


def _joined(story: Story) -> Iterator[Step]:
    yield Field.ASSIGNEE, NOTHING, _person(story)


def _left(story: Story) -> Iterator[Step]:
    yield Field.ASSIGNEE, _person(story), NOTHING


def _person(story: Story) -> Value:
    """By the name of then; the catalog knows today's."""
    mention = story.data.get("member") or {}
    id = story.data.get("idMember") or mention.get("id")
    return Value(mention.get("name") or id, id)


def _valued(story: Story) -> Iterator[Step]:
    """A custom field that carries points, an estimate or the sprint."""
    mention, rules = story.data.get("customField") or {}, story.rules
    id, name = mention.get("id") or "", mention.get("name") or ""
    meaning = story.board.fields.get(id) or FieldMeaning(id, name, mention.get("type") or "text", {})
    before, after = story.old, story.data.get("customFieldItem") or {}
    if rules.is_points(meaning.name):
        yield Field.POINTS, _number(meaning.number(before)), _number(meaning.number(after))
    if rules.is_estimate(meaning.name):
        yield Field.ESTIMATE, _number(meaning.number(before), 3600), _number(meaning.number(after), 3600)
    if rules.is_sprint_field(meaning.name):
        yield Field.SPRINT, _sprint_option(meaning, before, story), _sprint_option(meaning, after, story)


def _sprint_option(meaning: FieldMeaning, side: Json, story: Story) -> Value:
    mark, word = side.get("idValue"), meaning.value(side)
    return Value(str(word), sprint_id(story.board.id, mark or str(word))) if word else NOTHING


def _number(figure: float | None, factor: int = 1) -> Value:
    return Value(None if figure is None else f"{figure * factor:g}")


def _flag(value: bool) -> Value:
    return Value("true" if value else "false")


_UPDATES: Mapping[str, Callable[[Story], Iterator[Step]]] = {
    "idList": _moved,
    "name": _renamed,
    "due": _due,
    "closed": _archived,
    "dueComplete": _completed,
    "idLabels": _labelled,
    "idMembers": _membered,
}
_ACTIONS: Mapping[str, Callable[[Story], Iterator[Step]]] = {
    "updateCard": _updated,
    "moveCardToBoard": _changed_board,
    "addMemberToCard": _joined,
    "removeMemberFromCard": _left,
    "updateCustomFieldItem": _valued,
}

HISTORY = tuple(_ACTIONS)
"""Types of the actions that tell a change."""

TOLD = frozenset(_UPDATES)
"""Fields of a card whose change is kept; an action that only shifted a card or edited its text tells nothing."""
