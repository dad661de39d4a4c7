"""How the demo Jira writes what it remembers: issues, comments, histories, in the JSON of REST v2 and v3.

Rendered parts are kept in `tracker.cache`, so that a page of a hundred issues is a join of ready bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from pmsync.demo.jira.fields import FIELDS
from pmsync.demo.jira.history import History
from pmsync.demo.jira.state import Issue, Tracker

Json = dict[str, Any]
EMBEDDED = 20  # comments and worklogs inside an issue; the rest is on their own pages

encode = msgspec.json.Encoder().encode


def when(tracker: Tracker, moment: int) -> str:
    """An instant as Jira writes it: in the reader's zone, milliseconds, an offset without colon."""
    text = datetime.fromtimestamp(moment / 1000, tracker.zone).isoformat(timespec="milliseconds")
    return text[:-3] + text[-2:]


def row(tracker: Tracker, table: str, id: str, api: str) -> msgspec.Raw:
    """A row of a small table as JSON."""
    key = (table, id, api)
    if key not in tracker.cache:
        tracker.cache[key] = msgspec.Raw(encode(row_json(tracker, table, id, api)))
    found: msgspec.Raw = tracker.cache[key]
    return found


def row_json(tracker: Tracker, table: str, id: str, api: str) -> Json:
    """A row of a small table, without what is only ours."""
    known = {name: value for name, value in tracker.tables[table][id].items() if not name.startswith("_")}
    if table == "sprint":
        return known
    if table == "user":
        return _user(tracker, known, api)
    return {"self": f"{tracker.base_url}/rest/api/{api}/{table}/{id}", **known}


def _user(tracker: Tracker, known: Json, api: str) -> Json:
    ours = ("accountId", "accountType") if tracker.cloud else ("name", "key", "emailAddress")
    words = {name: known[name] for name in (*ours, "displayName", "active", "timeZone")}
    where = f"?accountId={known['accountId']}" if tracker.cloud else f"?username={known['name']}"
    pictures = {"48x48": f"{tracker.base_url}/secure/useravatar?size=48&ownerId={known['key']}"}
    return {"self": f"{tracker.base_url}/rest/api/{api}/user{where}", **words, "avatarUrls": pictures}


def text(body: str, api: str) -> str | Json:
    """Rich text: wiki markup in v2, an Atlassian document in v3."""
    if api != "3":
        return body
    lines = [[{"type": "text", "text": line}] if line else [] for line in body.split("\n")]
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": line} for line in lines]}


def issue_bytes(tracker: Tracker, issue: Issue, names: Sequence[str], api: str, *, history: bool) -> bytes:
    """An issue with these fields (plain names), with its history when asked for."""
    key = (issue.id, tuple(names), api, history)
    if tracker.issues.get(issue.id) is not issue:  # as the lagging index remembers it
        return encode(_issue(tracker, issue, names, api, history))
    if key not in tracker.cache:
        tracker.cache[key] = encode(_issue(tracker, issue, names, api, history))
    found: bytes = tracker.cache[key]
    return found


def _issue(tracker: Tracker, issue: Issue, names: Sequence[str], api: str, history: bool) -> Json:
    fields = {FIELDS[name].id: _renderer(name)(tracker, issue, api) for name in names}
    head = {"expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields", "id": str(issue.id)}
    known = {**head, "self": _self(tracker, issue, api), "key": issue.key, "fields": fields}
    return {**known, "changelog": _changelog(tracker, issue, api)} if history else known


def _changelog(tracker: Tracker, issue: Issue, api: str) -> Json:
    """All of the history on Data Center, the newest 40 entries on Cloud."""
    entries = histories(tracker, issue, api)
    shown = entries[::-1][:40] if tracker.cloud else entries
    return {"startAt": 0, "maxResults": len(shown), "total": len(entries), "histories": shown}


def _self(tracker: Tracker, issue: Issue, api: str) -> str:
    return f"{tracker.base_url}/rest/api/{api}/issue/{issue.id}"


@cache
def _renderer(name: str) -> Callable[[Tracker, Issue, str], Any]:
    """How a field of an issue is written."""
    known = FIELDS[name]
    if name in _SPECIAL:
        return _SPECIAL[name]
    if known.type == "datetime":
        return lambda tracker, issue, api: _moment(tracker, getattr(issue, name, None) or issue.values.get(name))
    if known.table and known.type == "array":
        return lambda tracker, issue, api: [row(tracker, known.table, id, api) for id in issue.values.get(name, ())]
    if known.table:
        return lambda tracker, issue, api: _reference(tracker, known.table, issue.values.get(name), api)
    nothing: Any = () if known.type == "array" else None
    return lambda tracker, issue, api: issue.values.get(name, nothing)


def _moment(tracker: Tracker, moment: int | None) -> str | None:
    return when(tracker, moment) if moment else None


def _reference(tracker: Tracker, table: str, id: str | None, api: str) -> msgspec.Raw | None:
    return row(tracker, table, id, api) if id else None


def _description(tracker: Tracker, issue: Issue, api: str) -> Any:
    value = issue.values.get("description")
    return value and text(value, api)


def _short(tracker: Tracker, id: int, api: str) -> Json | None:
    """Another issue as it appears inside this one; None when it is gone or hidden."""
    other = tracker.issue(str(id))
    if other is None:
        return None
    fields = {name: _renderer(name)(tracker, other, api) for name in ("summary", "status", "priority", "issuetype")}
    return {"id": str(other.id), "key": other.key, "self": _self(tracker, other, api), "fields": fields}


def _parent(tracker: Tracker, issue: Issue, api: str) -> Json | None:
    """Data Center knows parents of sub-tasks only; epics are in the Epic Link."""
    parent = issue.values.get("parent")
    return _short(tracker, parent, api) if parent and (tracker.cloud or tracker.is_subtask(issue)) else None


def _epic_link(tracker: Tracker, issue: Issue, api: str) -> str | None:
    parent = tracker.issue(str(issue.values.get("parent", 0)))
    return parent.key if parent and not tracker.is_subtask(issue) else None


def _subtasks(tracker: Tracker, issue: Issue, api: str) -> list[Json]:
    shorts = (_short(tracker, child.id, api) for child in tracker.subtasks(issue))
    return [short for short in shorts if short]


def _links(tracker: Tracker, issue: Issue, api: str) -> list[Json]:
    found = []
    for link in issue.links:
        outward = link["source"] == issue.id
        other = _short(tracker, link["target"] if outward else link["source"], api)
        if other:
            kind = row(tracker, "linktype", link["type"], api)
            end = "outwardIssue" if outward else "inwardIssue"
            found.append({"id": link["id"], "type": kind, end: other})
    return found


def _flagged(tracker: Tracker, issue: Issue, api: str) -> list[Json] | None:
    flags = issue.values.get("flagged")
    return [{"value": flag, "id": "10019"} for flag in flags] if flags else None


def _sprint(tracker: Tracker, issue: Issue, api: str) -> list[Any] | None:
    """Objects on Cloud, the famous strings on Data Center, null when there is none."""
    ids = issue.values.get("sprint")
    return [_one_sprint(tracker.tables["sprint"][id], cloud=tracker.cloud) for id in ids] if ids else None


def _one_sprint(sprint: Json, *, cloud: bool) -> Json | str:
    known = {**sprint, "boardId": sprint["originBoardId"]}
    if cloud:
        return {k: v for k, v in known.items() if k not in {"originBoardId", "createdDate"}}
    pairs = {"id": known["id"], "rapidViewId": known["boardId"], "state": known["state"].upper(), "name": known["name"]}
    pairs |= {name: known.get(name, "<null>") for name in ("startDate", "endDate", "completeDate")}
    pairs |= {"activatedDate": known.get("startDate", "<null>"), "sequence": known["id"], "goal": known["goal"]}
    inside = ",".join(f"{name}={value}" for name, value in pairs.items())
    return f"com.atlassian.greenhopper.service.sprint.Sprint@{known['id'] * 7919:x}[{inside}]"


def _comment_page(tracker: Tracker, issue: Issue, api: str) -> Json:
    shown = [comment_json(tracker, issue, each, api) for each in issue.comments[:EMBEDDED]]
    return {"comments": shown, "maxResults": EMBEDDED, "total": len(issue.comments), "startAt": 0}


def _worklog_page(tracker: Tracker, issue: Issue, api: str) -> Json:
    shown = [worklog_json(tracker, issue, each, api) for each in issue.worklogs[:EMBEDDED]]
    return {"startAt": 0, "maxResults": EMBEDDED, "total": len(issue.worklogs), "worklogs": shown}


def comment_json(tracker: Tracker, issue: Issue, entry: Json, api: str) -> Json:
    """A comment."""
    return {**_entry(tracker, issue, "comment", entry, api), "body": text(entry["body"], api), "jsdPublic": True}


def worklog_json(tracker: Tracker, issue: Issue, entry: Json, api: str) -> Json:
    """A worklog; the work began its own length before it was logged."""
    known = {**_entry(tracker, issue, "worklog", entry, api), "issueId": str(issue.id)}
    started, seconds = when(tracker, entry["at"] - entry["seconds"] * 1000), entry["seconds"]
    spent = {"started": started, "timeSpent": f"{seconds // 60}m", "timeSpentSeconds": seconds}
    return {**known, "comment": text(entry["body"], api), **spent}


def _entry(tracker: Tracker, issue: Issue, kind: str, entry: Json, api: str) -> Json:
    author, moment = row(tracker, "user", entry["by"], api), when(tracker, entry["at"])
    where = f"{_self(tracker, issue, api)}/{kind}/{entry['id']}"
    who = {"author": author, "updateAuthor": author, "created": moment, "updated": moment}
    return {"self": where, "id": entry["id"], **who}


def histories(tracker: Tracker, issue: Issue, api: str) -> list[Json]:
    """The changelog with instants as text, oldest first."""
    return [_history(tracker, entry, when(tracker, entry.at), entry.items, api) for entry in issue.history]


def bulk_history(tracker: Tracker, issue: Issue, fields: frozenset[str]) -> list[tuple[int, int, int, bytes]]:
    """Changes of some fields (all if none is named) as (instant, issue, id, JSON), for the bulk endpoint."""
    key = ("history", issue.id, fields)
    if key not in tracker.cache:
        kept = ((h, [item for item in h.items if not fields or item.field_id in fields]) for h in issue.history)
        tracker.cache[key] = [
            (h.at, issue.id, h.id, encode(_history(tracker, h, h.at, items, "3"))) for h, items in kept if items
        ]
    found: list[tuple[int, int, int, bytes]] = tracker.cache[key]
    return found


def _history(tracker: Tracker, entry: History, created: str | int, items: Iterable[Any], api: str) -> Json:
    return {"id": str(entry.id), "author": row(tracker, "user", entry.author, api), "created": created, "items": items}


_SPECIAL: dict[str, Callable[[Tracker, Issue, str], Any]] = {
    "description": _description,
    "parent": _parent,
    "epic_link": _epic_link,
    "subtasks": _subtasks,
    "issuelinks": _links,
    "flagged": _flagged,
    "sprint": _sprint,
    "comment": _comment_page,
    "worklog": _worklog_page,
}
