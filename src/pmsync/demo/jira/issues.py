"""Search and issues of the demo Jira: token pages on Cloud, offset pages on Data Center, the bulk endpoints."""

import base64
import zlib
from collections.abc import Sequence
from itertools import chain

import msgspec

from pmsync.demo.jira import beans
from pmsync.demo.jira.fields import chosen
from pmsync.demo.jira.jql import parse, sort_key
from pmsync.demo.jira.routing import Call, Json, Refused, Types, route
from pmsync.demo.jira.state import Issue, millis

WEEK = 7 * 24 * 3600 * 1000
MOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
STALE = "The provided next page token is invalid or expired."
_COMMON: Types = {"fields": list, "properties": list, "fieldsByKeys": (bool, str), "expand": (str, list)}
_SEARCH: Types = {**_COMMON, "jql": str, "nextPageToken": str, "maxResults": int, "reconcileIssues": list}
_OLD_SEARCH: Types = {**_COMMON, "jql": str, "startAt": int, "maxResults": int, "validateQuery": (bool, str)}
_FETCH: Types = {**_COMMON, "issueIdsOrKeys": list}
_CHANGES: Types = {"issueIdsOrKeys": list, "fieldIds": list, "maxResults": int, "nextPageToken": str}


def _found(call: Call, jql: str) -> list[Issue]:
    """The issues of a query in its order; like Jira, newest first when it has none."""
    if call.stranger:
        return []
    tracker, query = call.tracker, parse(jql, call.tracker)
    if tracker.cloud and not query.bounded:
        raise Refused(400, UNBOUNDED)
    key = ("order", query.order)
    found = None if tracker.lagging else tracker.cache.get(key)
    if found is None:
        found = _ordered(tracker.indexed(), query.order)
        if not tracker.lagging:  # a stale order must not outlive the lag
            tracker.cache[key] = found
    return [issue for issue in found if query.matches(issue)]


def _ordered(issues: list[Issue], order: Sequence[tuple[str, bool]]) -> list[Issue]:
    issues.sort(key=lambda issue: issue.id, reverse=True)
    for name, descending in reversed(order):
        issues.sort(key=sort_key(name), reverse=descending)
    return issues


@route("GET POST", "search/jql", only="cloud")
def search(call: Call) -> bytes:
    """A page of a search. Tokens lead from page to page; there is no total; only ids unless fields are named."""
    asked = call.asked(_SEARCH)
    jql, token, size = asked.get("jql", ""), asked.get("nextPageToken"), asked.get("maxResults", 50)
    last, place = _opened(call, token, jql) if token else (0, 0)
    if not 1 <= size <= 5000:
        raise Refused(400, f"The maxResults parameter must be between 1 and 5000, but was {size}.")
    found, fields = _found(call, jql), asked.get("fields", ["id"])
    # On behind the last issue shown, wherever that is by now
    start = next((number + 1 for number, issue in enumerate(found) if issue.id == last), place)
    end = start + (size if {"id", "key"} >= set(fields) else min(size, 100))
    shown = found[start:end]
    more: Json = {"isLast": end >= len(found)}
    if end < len(found):
        more["nextPageToken"] = _token(call, jql, shown[-1].id, end)
    return _with_issues(more, [_hit(call, issue, fields, asked.get("expand", "")) for issue in shown])


@route("GET POST", "search", only="cloud")
def removed_search(call: Call) -> Json:
    """The search that Cloud took away in 2025."""
    raise Refused(410, MOVED)


@route("GET POST", "search", only="datacenter")
def offset_search(call: Call) -> bytes:
    """A page by offset, at most 1000 issues, never beyond the 10,000th."""
    asked = call.asked(_OLD_SEARCH)
    start, size = asked.get("startAt", 0), min(asked.get("maxResults", 50), 1000)
    if start + size > 10_000:
        limit = f"Your search requests {start + size:,} results which exceeded the search platform limit of 10,000"
        raise Refused(500, f"Search limit exceeded. {limit}")
    found, fields = _found(call, asked.get("jql", "")), asked.get("fields", ["*navigable"])
    head = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(found)}
    shown = found[start : start + size]
    return _with_issues(head, [_hit(call, issue, fields, asked.get("expand", "")) for issue in shown])


def _hit(call: Call, issue: Issue, fields: list[str], expand: str | list[str]) -> bytes:
    """An issue in a search: as little of it as was asked for."""
    if {"id", "key"} >= set(fields):
        known = {"id": str(issue.id)} | ({"key": issue.key} if "key" in fields or not call.tracker.cloud else {})
        return beans.encode(known if call.tracker.cloud else {**known, "fields": None})
    return _whole(call, issue, fields, expand)


def _whole(call: Call, issue: Issue, fields: list[str], expand: str | list[str]) -> bytes:
    return beans.issue_bytes(call.tracker, issue, chosen(tuple(fields)), call.api, history="changelog" in expand)


def _with_issues(rest: Json, issues: Sequence[bytes]) -> bytes:
    return b'{"issues":[' + b",".join(issues) + b"]," + beans.encode(rest)[1:]


def _token(call: Call, jql: str, last: int, end: int) -> str:
    now = millis(call.tracker.now())
    return base64.urlsafe_b64encode(msgspec.json.encode([zlib.crc32(jql.encode()), last, end, now])).decode()


def _opened(call: Call, token: str, jql: str) -> tuple[int, int]:
    """The last issue's id and the offset in a token, unless it is not ours, of another query, or a week old."""
    try:
        query, last, end, issued = msgspec.json.decode(base64.urlsafe_b64decode(token), type=tuple[int, int, int, int])
    except ValueError:
        raise Refused(400, STALE) from None
    if query != zlib.crc32(jql.encode()) or millis(call.tracker.now()) - issued > WEEK:
        raise Refused(400, STALE)
    return last, end


@route("POST", "search/approximate-count", only="cloud")
def approximate_count(call: Call) -> Json:
    """How many issues a query has."""
    return {"count": len(_found(call, call.asked({"jql": str}).get("jql", "")))}


@route("POST", "issue/bulkfetch", only="cloud")
def bulk_fetch(call: Call) -> bytes:
    """Up to a hundred issues by id or key, ascending by id; those that cannot be seen are left out without a word."""
    asked = call.asked(_FETCH)
    fields, expand = asked.get("fields") or ["*navigable"], asked.get("expand", [])
    shown = [_whole(call, issue, fields, expand) for issue in _named(call, asked, 100)]
    return _with_issues({"issueErrors": []}, shown)


def _named(call: Call, asked: Json, most: int) -> list[Issue]:
    keys = asked.get("issueIdsOrKeys", [])
    if not 1 <= len(keys) <= most:
        raise Refused(400, f"The number of issue IDs or keys must be between 1 and {most}.")
    found = {issue.id: issue for key in keys if (issue := call.tracker.issue(str(key)))}
    return [found[id] for id in sorted(found)]


@route("POST", "changelog/bulkfetch", only="cloud")
def bulk_changes(call: Call) -> bytes:
    """Changes of up to a thousand issues, in the order they happened: an issue's history is split across pages."""
    asked = call.asked(_CHANGES)
    size, fields, token = asked.get("maxResults", 1000), asked.get("fieldIds", []), asked.get("nextPageToken")
    if not 1 <= size <= 10_000 or len(fields) > 10:
        raise Refused(400, "The maxResults parameter must be between 1 and 10000 and fieldIds may hold 10 ids at most.")
    start = _opened(call, token, "changes")[1] if token else 0
    logs = (beans.bulk_history(call.tracker, issue, frozenset(fields)) for issue in _named(call, asked, 1000))
    entries = sorted(chain.from_iterable(logs))
    end, by_issue = start + size, dict[int, list[bytes]]()
    for _, issue_id, _, body in entries[start:end]:
        by_issue.setdefault(issue_id, []).append(body)
    parts = (b'{"issueId":"%d","changeHistories":[%s]}' % (id, b",".join(bodies)) for id, bodies in by_issue.items())
    more = b',"nextPageToken":"%s"' % _token(call, "changes", 0, end).encode() if end < len(entries) else b""
    return b'{"issueChangeLogs":[' + b",".join(parts) + b"]" + more + b"}"


@route("GET", "issue/{key}")
def issue(call: Call) -> bytes:
    """One issue, by id, key or former key."""
    asked = call.request.param
    return _whole(call, call.issue(), asked("fields", "*all").split(","), asked("expand"))


@route("GET", "issue/{key}/changelog", only="cloud")
def issue_changelog(call: Call) -> Json:
    """A page of an issue's history, oldest first."""
    return call.page(beans.histories(call.tracker, call.issue(), call.api), size=100)


@route("GET", "issue/{key}/comment")
def comments(call: Call) -> Json:
    """Comments of an issue: a page on Cloud, all of them on Data Center."""
    found = call.issue()
    entries = [beans.comment_json(call.tracker, found, each, call.api) for each in found.comments]
    return call.page(entries, key="comments", size=100, most=100 if call.tracker.cloud else 1_000_000)


@route("GET", "issue/{key}/worklog")
def worklogs(call: Call) -> Json:
    """Worklogs of an issue."""
    found = call.issue()
    entries = [beans.worklog_json(call.tracker, found, each, call.api) for each in found.worklogs]
    return call.page(entries, key="worklogs", size=5000, most=5000)
