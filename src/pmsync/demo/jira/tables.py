"""The small tables every demo Jira starts with: people, statuses, projects, boards, types."""

from typing import Any

from pmsync.demo.jira.state import Tracker

PEOPLE = {
    "anna": ("Anna Okafor", "Product Owner"),
    "petra": ("Petra Vogel", "Project Manager"),
    "jonas": ("Jonas Lindqvist", "Tech Lead"),
    "mei": ("Mei Tanaka", "Backend"),
    "ravi": ("Ravi Menon", "Backend"),
    "luca": ("Luca Moretti", "Frontend"),
    "hannah": ("Hannah Weiss", "Design"),
    "sofia": ("Sofia Marques", "Quality"),
}
ME = "petra"  # whose token it is

_CATEGORIES = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}
_STATUSES = {
    "10000": ("To Do", "new"),
    "10003": ("Backlog", "new"),
    "10004": ("Selected for Development", "new"),
    "3": ("In Progress", "indeterminate"),
    "10001": ("In Review", "indeterminate"),
    "10005": ("Waiting for customer", "indeterminate"),
    "10002": ("Done", "done"),
}
_TYPES = {
    "10000": "Epic",
    "10001": "Story",
    "10002": "Task",
    "10003": "Sub-task",
    "10004": "Bug",
    "10006": "Risk",
    "10007": "Incident",
}
_LEVELS = {"Epic": 1, "Sub-task": -1}
_PRIORITIES = {"1": "Highest", "2": "High", "3": "Medium", "4": "Low", "5": "Lowest"}
_RESOLUTIONS = {"10000": "Done", "10001": "Won't Do", "10002": "Duplicate", "10003": "Cannot Reproduce"}
_LINKS = {"10000": ("Blocks", "is blocked by", "blocks"), "10003": ("Relates", "relates to", "relates to")}
_COLUMNS = {
    "scrum": {"To Do": ["10000"], "In Progress": ["3"], "In Review": ["10001"], "Done": ["10002"]},
    "kanban": {
        "Backlog": ["10003"],
        "Selected": ["10004"],
        "In Progress": ["3"],
        "Waiting": ["10005"],
        "Done": ["10002"],
    },
}


def fill_tables(tracker: Tracker) -> None:
    """Put people, statuses, types, two projects and their boards into an empty tracker."""
    tracker.myself = ME
    tracker.tables = {
        "user": {handle: _user(handle, number) for number, handle in enumerate(PEOPLE)},
        "status": {id: {**_named(id, name), "statusCategory": _category(key)} for id, (name, key) in _STATUSES.items()},
        "issuetype": {id: _type(id, name) for id, name in _TYPES.items()},
        "priority": {id: _named(id, name) for id, name in _PRIORITIES.items()},
        "resolution": {id: _named(id, name) for id, name in _RESOLUTIONS.items()},
        "linktype": {id: {"id": id, "name": n, "inward": i, "outward": o} for id, (n, i, o) in _LINKS.items()},
        "security": {"10010": _named("10010", "Management only")},
        "component": {},
        "version": {},
        "sprint": {},
    }
    _add_project(tracker, "PAY", "Payments", first_status="10000", board="scrum")
    _add_project(tracker, "WEB", "Web shop", first_status="10003", board="kanban")


def _add_project(tracker: Tracker, key: str, name: str, *, first_status: str, board: str) -> None:
    """A project with its board and the filter the board shows."""
    projects, boards, filters = (tracker.tables.setdefault(table, {}) for table in ("project", "board", "filter"))
    id, number = str(10000 + len(projects)), len(boards) + 1
    kind = {"projectTypeKey": "software", "simplified": False, "style": "classic", "isPrivate": False}
    projects[id] = {"id": id, "key": key, "name": name, **kind, "_first": first_status}
    jql = f"project = {key} ORDER BY Rank ASC"
    filters[str(10010 + number)] = {"id": str(10010 + number), "name": f"Filter for {key} board", "jql": jql}
    known = {"name": f"{key} board", "type": board, "_project": id, "_filter": str(10010 + number)}
    boards[str(number)] = {**known, "_configuration": _configuration(board)}


def _named(id: str, name: str) -> dict[str, Any]:
    return {"id": id, "name": name, "description": ""}


def _user(handle: str, number: int) -> dict[str, Any]:
    account = {"accountId": f"5b10a2844c20165700ede2{number:02x}", "accountType": "atlassian"}
    known = {"name": handle, "key": f"JIRAUSER1010{number}", "displayName": PEOPLE[handle][0], "active": True}
    address = "demo@example.org" if handle == ME else f"{handle}@example.org"
    return {**account, **known, "emailAddress": address, "timeZone": "Europe/Berlin"}


def _category(key: str) -> dict[str, Any]:
    id, color, name = _CATEGORIES[key]
    return {"id": id, "key": key, "colorName": color, "name": name}


def _type(id: str, name: str) -> dict[str, Any]:
    level = _LEVELS.get(name, 0)
    return {"id": id, "name": name, "description": "", "subtask": level < 0, "hierarchyLevel": level}


def _configuration(kind: str) -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {"name": n, "statuses": [{"id": i} for i in ids]} for n, ids in _COLUMNS[kind].items()
    ]
    setup: dict[str, Any] = {"columnConfig": {"columns": columns, "constraintType": "issueCount"}}
    setup["ranking"] = {"rankCustomFieldId": 10019}
    if kind == "scrum":
        setup["estimation"] = {
            "type": "field",
            "field": {"fieldId": "customfield_10036", "displayName": "Story Points"},
        }
    else:
        setup["subQuery"] = {"query": "fixVersion in unreleasedVersions() OR fixVersion is EMPTY"}
        columns[2] |= {"min": 1, "max": 4}
    return setup


def add_sprint(tracker: Tracker, name: str, goal: str, state: str, dates: tuple[str, str, str]) -> str:
    """A sprint of the scrum board with its start, end and (when closed) completion; gives back its id."""
    id = len(tracker.tables["sprint"]) + 1
    start, end, complete = dates
    row: dict[str, Any] = {
        "id": id,
        "state": state,
        "name": name,
        "startDate": start,
        "endDate": end,
        "createdDate": start,
    }
    closed = {"completeDate": complete} if complete else {}
    tracker.tables["sprint"][str(id)] = {**row, **closed, "originBoardId": 1, "goal": goal}
    return str(id)


def add_version(tracker: Tracker, project: str, name: str, start: str, release: str, *, released: bool) -> str:
    """A version of a project; gives back its id."""
    id = str(10100 + len(tracker.tables["version"]))
    known = {"id": id, "name": name, "description": "", "archived": False, "released": released}
    tracker.tables["version"][id] = {**known, "startDate": start, "releaseDate": release, "_project": project}
    return id


def add_component(tracker: Tracker, project: str, name: str) -> str:
    """A component of a project; gives back its id."""
    id = str(10200 + len(tracker.tables["component"]))
    tracker.tables["component"][id] = {"id": id, "name": name, "description": "", "_project": project}
    return id
