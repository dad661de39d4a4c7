"""The small tables of the demo Jira: server, user, fields, statuses, projects, filters, boards and sprints."""

from html import escape

from pmsync.demo.jira import beans
from pmsync.demo.jira.fields import FIELDS
from pmsync.demo.jira.routing import Call, Json, Refused, route
from pmsync.demo.jira.state import millis
from pmsync.demo.server import Response

HTML = {"content-type": "text/html;charset=UTF-8"}
UNAUTHENTICATED = Response(status=401, headers=HTML, body=b"Client must be authenticated to access this resource.")
_KEY = {"id": "issuekey", "key": "issuekey", "name": "Key", "custom": False, "orderable": False, "navigable": True}
_KEY |= {"searchable": False, "clauseNames": ["id", "issue", "issuekey", "key"]}


@route("GET", "/browse/{key}")
def browse(call: Call) -> Response:
    """An issue as a plain page, so that links in reports lead somewhere; needs no login here."""
    issue, tracker = call.issue(), call.tracker
    status = beans.row_json(tracker, "status", issue.values["status"], call.api)["name"]
    said = [f"{tracker.tables['user'][each['by']]['displayName']}: {each['body']}" for each in issue.comments]
    words = [status, issue.values.get("description") or "", *said]
    title = escape(f"{issue.key} {issue.values['summary']}")
    body = "".join(f"<p style='white-space: pre-line'>{escape(each)}</p>" for each in words)
    head = f"<!doctype html><meta charset='utf-8'><title>{title}</title><body style='font-family: sans-serif'>"
    return Response(status=200, headers=HTML, body=f"{head}<h1>{title}</h1>{body}".encode())


@route("GET", "serverInfo")
def server_info(call: Call) -> Json:
    """What the server is; needs no login."""
    tracker = call.tracker
    name, kind = ("1001.0.0-SNAPSHOT", "Cloud") if tracker.cloud else ("9.12.2", "DataCenter")
    known = {"baseUrl": tracker.base_url, "version": name, "deploymentType": kind, "buildNumber": 100290}
    known |= {"versionNumbers": [1001, 0, 0] if tracker.cloud else [9, 12, 2], "serverTitle": "Demo Jira"}
    return {**known, "serverTime": beans.when(tracker, millis(tracker.now())), "scmInfo": "demo"}


@route("GET", "myself")
def myself(call: Call) -> Json | Response:
    """Who the caller is: the only proof that credentials are good."""
    if call.stranger:
        return UNAUTHENTICATED
    tracker = call.tracker
    known = {**beans.row_json(tracker, "user", tracker.myself, call.api), "locale": "en_GB"}
    address = tracker.tables["user"][tracker.myself]["emailAddress"]
    return {**known, "emailAddress": address, "timeZone": str(tracker.zone), "groups": {"size": 0, "items": []}}


@route("GET", "field")
def field_list(call: Call) -> list[Json]:
    """Every field, in one array; the key has no schema."""
    return [_KEY, *(known.definition() for known in FIELDS.values())]


@route("GET", "(?P<table>status|priority|issuetype|resolution|project)")
def small_table(call: Call) -> list[Json]:
    """A small table as one array."""
    return _rows(call, call.args["table"])


@route("GET", "project/search", only="cloud")
def project_search(call: Call) -> Json:
    """A page of projects."""
    keys = call.request.query.get("keys", [])
    return call.page([row for row in _rows(call, "project") if not keys or row["key"] in keys])


@route("GET", "project/{key}")
def project(call: Call) -> Json:
    """A project with its components, versions and issue types."""
    row = _project(call)
    lists = {f"{table}s": _of_project(call, table) for table in ("component", "version")}
    return {**row, **lists, "issueTypes": _rows(call, "issuetype")}


@route("GET", "project/{key}/(?P<table>version|component)s")
def project_lists(call: Call) -> list[Json]:
    """All versions or components of a project."""
    return _of_project(call, call.args["table"])


@route("GET", "project/{key}/(?P<table>version|component)", only="cloud")
def project_pages(call: Call) -> Json:
    """A page of versions or components of a project."""
    return call.page(_of_project(call, call.args["table"]))


@route("GET", "filter/search", only="cloud")
def filter_search(call: Call) -> Json:
    """A page of saved filters; their queries are told when asked for."""
    ids, expand = call.request.query.get("id", []), call.request.param("expand")
    rows = [row for row in _rows(call, "filter") if not ids or row["id"] in ids]
    hidden = set() if "jql" in expand else {"jql"}
    return call.page([{name: value for name, value in row.items() if name not in hidden} for row in rows])


@route("GET", "filter/{id}")
def saved_filter(call: Call) -> Json:
    """A saved filter: where a board gets its issues from."""
    if call.args["id"] not in call.tracker.tables.get("filter", {}):
        raise Refused(400, "The selected filter is not available to you, perhaps it has been deleted.")
    return beans.row_json(call.tracker, "filter", call.args["id"], call.api)


@route("GET", "/rest/agile/1.0/board")
def boards(call: Call) -> Json:
    """A page of boards, by type, name or project."""
    kind, name, project = (call.request.param(word) for word in ("type", "name", "projectKeyOrId"))
    shown = [_board(call, id) for id in call.tracker.visible("board")]
    shown = [row for row in shown if (not kind or row["type"] in kind) and name.lower() in row["name"].lower()]
    places = [{row["location"]["projectKey"], str(row["location"]["projectId"])} for row in shown]
    return call.page(
        [row for row, place in zip(shown, places, strict=True) if not project or project in place], most=50
    )


@route("GET", "/rest/agile/1.0/board/{id}")
def board(call: Call) -> Json:
    """One board."""
    return _board(call, call.args["id"])


@route("GET", "/rest/agile/1.0/board/{id}/configuration")
def board_configuration(call: Call) -> Json:
    """Columns, filter, estimation."""
    known = _board(call, call.args["id"])
    row, place = call.tracker.tables["board"][call.args["id"]], known["location"]
    place = {"type": "project", "key": place["projectKey"], "id": str(place["projectId"])}
    source = {"id": row["_filter"], "self": f"{call.tracker.base_url}/rest/api/2/filter/{row['_filter']}"}
    return {**known, **row["_configuration"], "location": place, "filter": source}


@route("GET", "/rest/agile/1.0/board/{id}/sprint")
def sprints(call: Call) -> Json:
    """A page of sprints: closed, active, future. Kanban boards have none, and say so with a 400."""
    board, states = _board(call, call.args["id"]), call.request.param("state") or "closed,active,future"
    if board["type"] == "kanban":
        raise Refused(400, "The board does not support sprints")
    rows = [row for row in call.tracker.tables["sprint"].values() if row["originBoardId"] == board["id"]]
    order = ("closed", "active", "future")
    shown = sorted((row for row in rows if row["state"] in states), key=lambda row: order.index(row["state"]))
    return call.page([_sprint(call, str(row["id"])) for row in shown], most=50)


@route("GET", "/rest/agile/1.0/sprint/{id}")
def sprint(call: Call) -> Json:
    """One sprint."""
    return _sprint(call, call.args["id"])


def _rows(call: Call, table: str) -> list[Json]:
    return [beans.row_json(call.tracker, table, id, call.api) for id in call.tracker.visible(table)]


def _project(call: Call) -> Json:
    for row in _rows(call, "project"):
        if call.args["key"] in {row["id"], row["key"]}:
            return row
    raise Refused(404, f"No project could be found with key '{call.args['key']}'.")


def _of_project(call: Call, table: str) -> list[Json]:
    """Rows of a project. (Issues show versions and components without their project.)"""
    id = _project(call)["id"]
    mine = [row["id"] for row in call.tracker.visible(table).values() if row["_project"] == id]
    return [{**beans.row_json(call.tracker, table, each, call.api), "projectId": int(id)} for each in mine]


def _sprint(call: Call, id: str) -> Json:
    if id not in call.tracker.visible("sprint"):
        raise Refused(404, "Sprint does not exist or you do not have permission to view it.")
    return {"self": f"{call.tracker.base_url}/rest/agile/1.0/sprint/{id}", **call.tracker.tables["sprint"][id]}


def _board(call: Call, id: str) -> Json:
    row = call.tracker.visible("board").get(id)
    if row is None:
        raise Refused(404, "The requested board does not exist or you do not have permission to view it.")
    project = call.tracker.tables["project"][row["_project"]]
    name = f"{project['name']} ({project['key']})"
    place = {"projectId": int(project["id"]), "projectKey": project["key"], "projectName": project["name"]}
    place |= {"projectTypeKey": "software", "displayName": name, "name": name}
    where = f"{call.tracker.base_url}/rest/agile/1.0/board/{id}"
    return {"id": int(id), "self": where, "name": row["name"], "type": row["type"], "location": place}
