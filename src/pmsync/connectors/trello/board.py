"""A Trello board as the catalog has it, and what mapping its cards and actions needs to know of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time

from pmsync.connectors.trello.rules import DatedSprint, FieldMeaning, Rules, guess_stage, label_name
from pmsync.connectors.trello.shapes import Json, created, moment
from pmsync.model import Board, Catalog, Category, Column, Person, Project, Sprint, SprintState, Stage

SPRINTS_AHEAD = 4  # of the date rule, in the catalog before a card is due in them


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMap:
    """A board and its small tables by id. `at` is when it was read; `partial` ones stem from the export of one card."""

    id: str
    at: datetime
    name: str = ""
    stages: Mapping[str, Stage] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FieldMeaning] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)
    partial: bool = False

    @property
    def project_id(self) -> str | None:
        """The workspace it belongs to."""
        return self.catalog.boards[self.id].project_id if self.id in self.catalog.boards else None

    @property
    def lists(self) -> dict[str, bool]:
        """Which lists are archived, by id."""
        return {stage.id: stage.archived for stage in self.stages.values()}

    def carries_points(self, rules: Rules) -> bool:
        """Whether a custom field of this board holds points; titles and labels then tell no change of them."""
        return any(rules.is_points(each.name) for each in self.fields.values())


def sprint_id(board: str, mark: str) -> str:
    """Sprints of Trello are lists, labels, options or days: this makes an id of whatever marks one."""
    return f"{board}/{mark}"


def read_board(body: Json, rules: Rules, note: str = "") -> BoardMap:
    """Understand a board as API and export send it."""
    at, _, reach = note.partition(" ")
    board = BoardMap(
        id=body["id"],
        name=body.get("name") or body["id"],
        at=moment(at) or moment(body.get("dateLastActivity")) or created(body["id"]),
        stages=_stages(body, rules),
        labels={row["id"]: label_name(row) for row in body.get("labels") or () if row.get("id")},
        fields={row["id"]: _field(row) for row in body.get("customFields") or ()},
        partial=bool(body.get("partial")),
    )
    catalog = Catalog(
        projects=_project(body),
        boards={board.id: _board(body, board, moment(reach))},
        stages=board.stages,
        sprints={row.id: row for row in _sprints(board, rules)},
        people={row["id"]: person(row) for row in body.get("members") or ()},
    )
    return replace(board, catalog=catalog)


def person(row: Json) -> Person:
    """A member; `aaId` is the account that Jira knows too."""
    name = row.get("fullName") or row.get("username") or row["id"]
    return Person(id=row["id"], name=name, account=row.get("aaId"), handle=row.get("username"))


def _board(body: Json, board: BoardMap, reach: datetime | None) -> Board:
    limits = {row["id"]: row.get("softLimit") for row in body.get("lists") or ()}
    columns = [
        Column(name=stage.name, stage_ids=(stage.id,), max=limits.get(stage.id))
        for stage in board.stages.values()
        if not stage.archived
    ]
    return Board(
        id=board.id,
        name=board.name,
        kind="trello",
        url=body.get("shortUrl") or body.get("url") or "",
        project_id=body.get("idOrganization"),
        columns=tuple(columns),
        closed=bool(body.get("closed")),
        history_complete_from=reach,
    )


def _project(body: Json) -> dict[str, Project]:
    id = body.get("idOrganization")
    if not id:
        return {}
    row = body.get("organization") or {}
    return {id: Project(id=id, key=row.get("name") or id, name=row.get("displayName") or row.get("name") or id)}


def _stages(body: Json, rules: Rules) -> dict[str, Stage]:
    """Lists from left to right. One whose name says nothing counts like its neighbour on the left."""
    stages: dict[str, Stage] = {}
    category = Category.BACKLOG
    for row in sorted(body.get("lists") or (), key=lambda row: row.get("pos") or 0):
        name, told = row.get("name") or "", rules.stage(row.get("name") or "")
        category = told or guess_stage(name) or category
        stages[row["id"]] = Stage(
            id=row["id"],
            name=name,
            category=category,
            board_id=body["id"],
            position=float(row.get("pos") or 0),
            archived=bool(row.get("closed")),
            guessed=told is None,
        )
    return stages


def _field(row: Json) -> FieldMeaning:
    options = {option["id"]: str((option.get("value") or {}).get("text") or "") for option in row.get("options") or ()}
    return FieldMeaning(row["id"], row.get("name") or "", row.get("type") or "text", options)


def _sprints(board: BoardMap, rules: Rules) -> Iterator[Sprint]:
    """Every sprint the rules find: lists, labels, options of a field, and those of the date rule up to a few ahead."""
    options = [each.options for each in board.fields.values() if rules.is_sprint_field(each.name)]
    lists = [stage for stage in board.stages.values() if rules.is_sprint_list(stage.name)]
    yield from (sprint(board, rules, stage.id, stage.name, over=stage.archived) for stage in lists)
    for table in ({id: name for id, name in board.labels.items() if rules.is_sprint_label(name)}, *options):
        yield from (sprint(board, rules, id, name) for id, name in table.items())
    day, ahead = rules.mapping.sprint.start, 0
    while ahead < SPRINTS_AHEAD and (each := rules.dated_sprint(day)):
        yield (found := sprint(board, rules, each.mark, each.name, each))
        ahead += found.state is SprintState.FUTURE
        day = each.end


def sprint(
    board: BoardMap, rules: Rules, mark: str, name: str, days: DatedSprint | None = None, *, over: bool = False
) -> Sprint:
    """A sprint with the days that are known: of the date rule, or in its name. Without any it runs until it is over."""
    edges = (days.start, days.end) if days else rules.days_in(name)
    start, end = (datetime.combine(edge, time(), rules.zone).astimezone(UTC) if edge else None for edge in edges)
    over = over or (end is not None and end <= board.at)
    future = start is not None and start > board.at
    state = SprintState.CLOSED if over else SprintState.FUTURE if future else SprintState.ACTIVE
    return Sprint(id=sprint_id(board.id, mark), name=name, state=state, start=start, end=end, board_id=board.id)


def words(board: BoardMap, rules: Rules) -> dict[str, str]:
    """What cards and their history take from their board, by id. When one of these changes, no card's date moves."""
    found = dict(board.labels)
    for each in board.fields.values():
        found |= {each.id: f"{each.type} {each.name}", **each.options}
    for stage in board.stages.values():
        found[stage.id] = f"{stage.category} {stage.name if rules.is_sprint_list(stage.name) else ''}".strip()
    return found
