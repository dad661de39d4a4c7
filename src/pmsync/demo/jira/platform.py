"""The small tables of the demo Jira: server, user, fields, statuses, projects, filters, boards and sprints."""

from typing import Any

from pmsync.demo.jira import beans
from pmsync.demo.jira.fields import FIELDS, KEY_FIELD
from pmsync.demo.jira.routing import Call, Json, Refused, route
from pmsync.demo.jira.state import millis
from pmsync.demo.server import Response

MUST_LOGIN = b"Client must be authenticated to access this resource."
UNAUTHENTICATED = Response(status=401, headers={"content-type": "text/html;charset=UTF-8"}, body=MUST_LOGIN)


@route("GET", "serverInfo")
def server_info(call: Call) -> Json:
    """What the server is; needs no login."""
    tracker = call.tracker
    version = [1001, 0, 0] if tracker.cloud else [9, 12, 2]
    name = "1001.0.0-SNAPSHOT" if tracker.cloud else "9.12.2"
    known = {"baseUrl": tracker.base_url, "version": name, "versionNumbers": version, "buildNumber": 100290}
    known |= {"deploymentType": "Cloud" if tracker.cloud else "DataCenter", "serverTitle": "Demo Jira"}
    return {**known, "serverTime": beans.when(tracker, millis(tracker.now())), "scmInfo": "demo"}


@route("GET", "myself")
def myself(call: Call) -> Json | Response:
    """Who the caller is: the only proof that credentials are good."""
    if call.anonymous:
        return UNAUTHENTICATED
    known = beans.row_json(call.tracker, "user", call.tracker.myself, call.api)
    known |= {"emailAddress": call.tracker.tables["user"][call.tracker.myself]["emailAddress"]}
    nothing: Json = {"size": 0, "items": []}
    return {
        **known,
        "timeZone": str(call.tracker.zone),
        "locale": "en_GB",
        "groups": nothing,
        "applicationRoles": nothing,
    }


@route("GET", "field")
def field_list(call: Call) -> list[Json]:
    """Every field, in one array."""
    return [KEY_FIELD, *(known.definition() for known in FIELDS.values())]


@route("GET", "(?P<table>status|priority|issuetype|resolution)")
def small_table(call: Call) -> list[Json]:
    """A small table as one array."""
    return _rows(call, call.args["table"])


@route("GET", "issueLinkType")
def link_types(call: Call) -> Json:
    """The kinds of links."""
    return {"issueLinkTypes": _rows(call, "linktype")}


@route("GET", "project")
def project_list(call: Call) -> list[Json]:
    """All projects, without paging."""
    return _rows(call, "project")


@route("GET", "project/search", only="cloud")
def project_search(call: Call) -> Json:
    """A page of projects."""
    keys = call.request.query.get("keys", [])
    rows = [row for row in _rows(call, "project") if not keys or row["key"] in keys]
    return {"self": f"{call.tracker.base_url}{call.request.path}", **call.page(rows, size=50, most=100)}


@route("GET", "project/{key}")
def project(call: Call) -> Json:
    """A project with its components, versions and issue types."""
    id = _project(call)
    lists = {"components": _of_project(call, "component", id), "versions": _of_project(call, "version", id)}
    return {**beans.row_json(call.tracker, "project", id, call.api), **lists, "issueTypes": _rows(call, "issuetype")}


@route("GET", "project/{key}/(?P<table>version|component)s")
def project_lists(call: Call) -> list[Json]:
    """All versions or components of a project."""
    return _of_project(call, call.args["table"], _project(call))


@route("GET", "project/{key}/(?P<table>version|component)", only="cloud")
def project_pages(call: Call) -> Json:
    """A page of versions or components of a project."""
    return call.page(_of_project(call, call.args["table"], _project(call)))


@route("GET", "filter/{id}")
def saved_filter(call: Call) -> Json:
    """A saved filter: where a board gets its issues from."""
    if call.args["id"] not in call.tracker.tables.get("filter", {}):
        raise Refused(
            400,
            "The selected filter is not available to you, perhaps it has been deleted or had its permissions changed.",
        )
    return beans.row_json(call.tracker, "filter", call.args["id"], call.api)


@route("GET", "/rest/agile/1.0/board")
def boards(call: Call) -> Json:
    """A page of boards, by type, name or project."""
    rows = [_board(call, id) for id in call.tracker.tables.get("board", {})]
    kind, name, project = (call.request.param(word) for word in ("type", "name", "projectKeyOrId"))
    rows = [row for row in rows if not kind or row["type"] in kind.split(",")]
    rows = [row for row in rows if name.lower() in row["name"].lower()]
    places = [{str(row["location"][word]) for word in ("projectKey", "projectId")} for row in rows]
    return call.page([row for row, place in zip(rows, places, strict=True) if not project or project in place], most=50)


@route("GET", "/rest/agile/1.0/board/{id}")
def board(call: Call) -> Json:
    """One board."""
    return _board(call, _board_id(call))


@route("GET", "/rest/agile/1.0/board/{id}/configuration")
def board_configuration(call: Call) -> Json:
    """Columns, filter, estimation."""
    row = call.tracker.tables["board"][_board_id(call)]
    known = {**_board(call, _board_id(call)), **row["_configuration"]}
    where = f"{call.tracker.base_url}/rest/api/2/filter/{row['_filter']}"
    place = {"type": "project", "key": known["location"]["projectKey"], "id": str(known["location"]["projectId"])}
    return {**known, "location": place, "filter": {"id": row["_filter"], "self": where}}


@route("GET", "/rest/agile/1.0/board/{id}/sprint")
def sprints(call: Call) -> Json:
    """A page of sprints: closed, active, future. Kanban boards have none, and say so with a 400."""
    id = _board_id(call)
    if call.tracker.tables["board"][id]["type"] == "kanban":
        raise Refused(400, "The board does not support sprints")
    states = [state for state in call.request.param("state").split(",") if state]
    rows = [row for row in call.tracker.tables["sprint"].values() if str(row["originBoardId"]) == id]
    order = ("closed", "active", "future")
    rows = sorted(
        (row for row in rows if not states or row["state"] in states), key=lambda row: order.index(row["state"])
    )
    return call.page([_sprint(call, row) for row in rows], most=50)


@route("GET", "/rest/agile/1.0/sprint/{id}")
def sprint(call: Call) -> Json:
    """One sprint."""
    if call.args["id"] not in call.tracker.tables.get("sprint", {}):
        raise Refused(404, "Sprint does not exist or you do not have permission to view it.")
    return _sprint(call, call.tracker.tables["sprint"][call.args["id"]])


def _rows(call: Call, table: str) -> list[Json]:
    return [beans.row_json(call.tracker, table, id, call.api) for id in call.tracker.tables.get(table, {})]


def _project(call: Call) -> str:
    for id, row in call.tracker.tables.get("project", {}).items():
        if call.args["key"] in (id, row["key"]):
            return id
    raise Refused(404, f"No project could be found with key '{call.args['key']}'.")


def _of_project(call: Call, table: str, project_id: str) -> list[Json]:
    """Rows of a project; issues show versions and components without their project."""
    rows: dict[str, Any] = call.tracker.tables[table]
    ids = [id for id, row in rows.items() if row["_project"] == project_id]
    return [{**beans.row_json(call.tracker, table, id, call.api), "projectId": int(project_id)} for id in ids]


def _sprint(call: Call, row: Json) -> Json:
    return {"self": f"{call.tracker.base_url}/rest/agile/1.0/sprint/{row['id']}", **row}


def _board_id(call: Call) -> str:
    id = call.args["id"]
    if id not in call.tracker.tables.get("board", {}):
        raise Refused(
            404,
            "The requested board does not exist or you do not have permission to view it.",
        )
    return id


def _board(call: Call, id: str) -> Json:
    row = call.tracker.tables["board"][id]
    project = call.tracker.tables["project"][row["_project"]]
    name = f"{project['name']} ({project['key']})"
    place = {"projectId": int(project["id"]), "projectKey": project["key"], "projectName": project["name"]}
    place |= {"projectTypeKey": "software", "displayName": name, "name": name}
    head = {"id": int(id), "self": f"{call.tracker.base_url}/rest/agile/1.0/board/{id}"}
    return {**head, "name": row["name"], "type": row["type"], "location": place}
