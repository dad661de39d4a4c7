"""A Trello card as an item."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from pmsync.connectors.trello.board import BoardMap, sprint_id
from pmsync.connectors.trello.rules import Rules, label_name
from pmsync.connectors.trello.shapes import BIRTHS, COMMENTS, Action, Card, Json, created, moment
from pmsync.model import Category, ChecklistEntry, Comment, Item, ItemRef, Link, Presence

COMPLETE, ARCHIVED = "Complete", "Archived"
SETTLED = timedelta(minutes=1)  # a label made since the board was read may not be among its labels yet
_CARD_URL = re.compile(r"https://trello\.com/c/(\w{8})\b")


class CardView:
    """A card with its board and the rules: what the parts of an item are read from.

    `boards` are all that are synced: of a card that came from one of them, nothing is missing. The card's `actions` are
    the oldest first; `marks` are its labels by id; `due` is the team's calendar day, `updated` the last activity.
    """

    def __init__(self, card: Card, board: BoardMap, rules: Rules, boards: Collection[str] = ()) -> None:
        self.card, self.board, self.rules, self.boards = card, board, rules, boards
        self.born = created(card.id)
        self.updated = moment(card.dateLastActivity) or self.born
        self.due = rules.day(card.due)
        self.stage = board.stages.get(card.idList)
        self.actions = sorted(card.actions or (), key=lambda action: (action.date, action.id))
        self.marks = _marks(card, board)
        self.labels = tuple(self.marks.values())
        rows = [(board.fields.get(row.get("idCustomField") or ""), row) for row in card.customFieldItems or ()]
        self._fields = [(meaning, row) for meaning, row in rows if meaning]

    @property
    def custom_fields(self) -> dict[str, str | float | bool]:
        """The values of custom fields by name; cleared ones and ones without a definition are left out."""
        found = ((meaning.name, meaning.value(row)) for meaning, row in self._fields)
        return {name: value for name, value in found if value is not None}

    def _number(self, means: Callable[[str], bool]) -> float | None:
        """The first number in a custom field whose name means what is looked for."""
        found = (meaning.number(row) for meaning, row in self._fields if means(meaning.name))
        return next((number for number in found if number is not None), None)

    def estimate(self) -> int | None:
        """Seconds, from a custom field that holds hours."""
        hours = self._number(self.rules.is_estimate)
        return None if hours is None else round(hours * 3600)

    def points(self) -> tuple[float | None, str]:
        """The points and the rule that found them."""
        if (points := self._number(self.rules.is_points)) is not None:
            return points, "custom field"
        if (points := self.rules.points_in_title(self.card.name or "")) is not None:
            return points, "title"
        points = self.rules.points_in_labels(self.labels)
        return points, "none" if points is None else "label"

    def sprint(self) -> tuple[str | None, str]:
        """The sprint's id and the rule that found it."""
        found = next(((mark, rule) for mark, rule in self._sprint_marks() if mark), None)
        return (sprint_id(self.board.id, found[0]), found[1]) if found else (None, "none")

    def _sprint_marks(self) -> Iterator[tuple[str | None, str]]:
        rules, stage = self.rules, self.stage
        if rules.mapping.sprint.custom_field:
            yield self._sprint_field(), "custom field"
        if stage and rules.is_sprint_list(stage.name):
            yield stage.id, "list"
        if rules.mapping.sprint.label:
            yield next((id for id, name in self.marks.items() if rules.is_sprint_label(name)), None), "label"
        if dated := rules.dated_sprint(self.due):
            yield dated.mark, "due date"

    def _sprint_field(self) -> str | None:
        rows = (each for each in self._fields if self.rules.is_sprint_field(each[0].name))
        return next((row.get("idValue") or str(meaning.value(row) or "") or None for meaning, row in rows), None)

    def end(self) -> tuple[datetime | None, str | None]:
        """When the tracker says it is finished, and how: ticked off, or archived outside a list of finished work."""
        done, card = self.rules.mapping.done, self.card
        if done.due_complete and card.dueComplete:
            return moment(card.dateCompleted) or self._last("dueComplete"), COMPLETE
        if done.archived and card.closed and not (self.stage and self.stage.category is Category.DONE):
            return self.archived_at(), ARCHIVED
        return None, None

    def archived_at(self) -> datetime:
        """Since when it is archived."""
        return moment(self.card.dateClosed) or self._last("closed")

    def _last(self, name: str) -> datetime:
        """When a flag was set last, by the actions; without any, the last activity is the latest it can have been."""
        dates = [moment(action.date) for action in self.actions if _sets(action, name)]
        return next((date for date in reversed(dates) if date), self.updated)


def _marks(card: Card, board: BoardMap) -> dict[str, str]:
    """The labels by id, as the board calls them now. One that the board has no more is only kept if it is new."""
    known = board.labels
    found: dict[str, str] = {}
    for row in card.labels or ():
        id = row.get("id") or label_name(row)
        if id in known:
            found[id] = known[id]
        elif not known or not row.get("id") or created(id) > board.at - SETTLED:
            found[id] = label_name(row)
    return found


def _sets(action: Action, name: str) -> bool:
    return name in (action.data.get("old") or ()) and bool((action.data.get("card") or {}).get(name))


def item(source: str, view: CardView, reach: str) -> Item:
    """The card as an item. Its key is the short link: stable, unique, and part of its address."""
    card, rules = view.card, view.rules
    type, type_name = rules.type_of(view.labels, card)
    done_at, resolution = view.end()
    presence, since = _presence(view)
    sprint = view.sprint()[0]
    return Item(
        source=source,
        id=card.id,
        key=card.shortLink or card.id,
        url=card.shortUrl or card.url or "",
        type=type,
        type_name=type_name,
        title=card.name or "",
        created=view.born,
        updated=view.updated,
        stage_id=card.idList,
        project_id=view.board.project_id,
        description=card.desc or "",
        done_at=done_at,
        resolution=resolution,
        priority=rules.priority(view.labels),
        labels=view.labels,
        assignee_ids=tuple(card.idMembers or ()),
        reporter_id=card.idMemberCreator or _maker(view),
        due=view.due,
        due_at=moment(card.due),
        start=rules.day(card.start),
        points=view.points()[0],
        estimate_seconds=view.estimate(),
        sprint_ids=(sprint,) if sprint else (),
        board_ids=(card.idBoard,),
        flagged=rules.is_flagged(view.labels),
        rank=f"{card.pos or 0:024.6f}",
        archived=bool(card.closed),
        checklist=tuple(_checklist(card)),
        links=tuple(_links(card)),
        comments=tuple(_comments(view.actions)),
        attachments=tuple(row.get("name") or row.get("url") or "" for row in card.attachments or ()),
        custom_fields=view.custom_fields,
        history_complete_from=_history_from(view, reach),
        presence=presence,
        presence_since=since,
    )


def _presence(view: CardView) -> tuple[Presence, datetime | None]:
    """A card is put away when it is archived, or when its list is."""
    if view.card.closed:
        return Presence.ARCHIVED, view.archived_at()
    return (Presence.ARCHIVED if view.stage and view.stage.archived else Presence.HERE), None


def _maker(view: CardView) -> str | None:
    return next((action.idMemberCreator for action in view.actions if action.type in BIRTHS), None)


def _history_from(view: CardView, reach: str) -> datetime:
    """All is known since a card was made here or came here; of others, since the board's log begins."""
    born = view.born
    arrivals = [action for action in view.actions if action.type == "moveCardToBoard"]
    strange = [each for each in arrivals if (each.data.get("boardSource") or {}).get("id") not in view.boards]
    if strange:
        return moment(strange[-1].date) or born
    if arrivals or any(action.type in BIRTHS for action in view.actions):
        return born
    return max(born, moment(reach) or view.updated)


def _checklist(card: Card) -> Iterator[ChecklistEntry]:
    for each in sorted(card.checklists or (), key=_position):
        for line in sorted(each.get("checkItems") or (), key=_position):
            name, done = line.get("name") or "", line.get("state") == "complete"
            yield ChecklistEntry(text=name, done=done, checklist=each.get("name") or "")


def _position(row: Json) -> float:
    return float(row.get("pos") or 0)


def _links(card: Card) -> Iterator[Link]:
    """Cards hung on this one, and the card that a mirror shows."""
    for row in card.attachments or ():
        if match := _CARD_URL.match(row.get("url") or ""):
            yield Link(type="relates", direction="out", target=ItemRef(key=match[1]), id=row.get("id") or "")
    if source := card.mirrorSourceId:
        yield Link(type="mirrors", direction="out", target=ItemRef(key=source, id=source))


def _comments(actions: Sequence[Action]) -> Iterator[Comment]:
    """What was said, as it reads now."""
    for action in actions:
        if action.type in COMMENTS:
            yield Comment(
                id=action.id,
                author_id=action.idMemberCreator,
                created=moment(action.date) or created(action.id),
                body=action.data.get("text") or "",
                updated=moment(action.data.get("dateLastEdited")),
            )
