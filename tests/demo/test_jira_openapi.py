"""The demo Jira's answers are valid by the vendor's own description, where a copy of it is at hand."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jira_calls import GOOD
from pmsync.demo.jira import JiraSite
from pmsync.demo.server import Request

REFERENCE = Path(os.environ.get("PMSYNC_REFERENCE", "")) / "openapi"
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unsupported scheme type"),
    pytest.mark.skipif(
        "PMSYNC_REFERENCE" not in os.environ or not (REFERENCE / "jira-platform.json").exists(),
        reason="set PMSYNC_REFERENCE to a folder with openapi/jira-platform.json and openapi/jira-software.json",
    ),
]
HOST = "https://your-domain.atlassian.net"
KEYS = {"issueIdsOrKeys": ["PAY-1", "PAY-9", "PAY-51"]}
CASES = [
    ("GET", "/rest/api/3/serverInfo", {}),
    ("GET", "/rest/api/3/myself", {}),
    ("GET", "/rest/api/3/field", {}),
    ("GET", "/rest/api/3/status", {}),
    ("GET", "/rest/api/3/priority", {}),
    ("GET", "/rest/api/3/issuetype", {}),
    ("GET", "/rest/api/3/resolution", {}),
    ("GET", "/rest/api/3/project/search", {}),
    ("GET", "/rest/api/3/project", {}),
    ("GET", "/rest/api/3/filter/search", {}),
    ("GET", "/rest/api/3/project/PAY", {}),
    ("GET", "/rest/api/3/project/PAY/versions", {}),
    ("GET", "/rest/api/3/project/PAY/version", {}),
    ("GET", "/rest/api/3/project/PAY/components", {}),
    ("POST", "/rest/api/3/search/jql", {"jql": "project = PAY", "fields": ["*all"], "maxResults": 100}),
    ("POST", "/rest/api/3/search/jql", {"jql": "project = PAY", "fields": ["id"], "maxResults": 5}),
    ("POST", "/rest/api/3/search/approximate-count", {"jql": "project = PAY"}),
    ("POST", "/rest/api/3/issue/bulkfetch", {**KEYS, "fields": ["*all"]}),
    ("POST", "/rest/api/3/changelog/bulkfetch", {**KEYS, "fieldIds": ["status"], "maxResults": 4}),
    ("GET", "/rest/api/3/issue/PAY-51", {}),
    ("GET", "/rest/api/3/issue/PAY-51/changelog", {}),
    ("GET", "/rest/api/3/issue/PAY-51/comment", {}),
    ("GET", "/rest/api/3/issue/PAY-51/worklog", {}),
    ("GET", "/rest/agile/1.0/board", {}),
    ("GET", "/rest/agile/1.0/board/1", {}),
    ("GET", "/rest/agile/1.0/board/1/configuration", {}),
    ("GET", "/rest/agile/1.0/board/1/sprint", {}),
    ("GET", "/rest/agile/1.0/sprint/6", {}),
]


def without_dates(node):
    """The description without `date-time`, whose check refuses the offsets that Jira really sends."""
    if isinstance(node, dict):
        return {k: without_dates(v) for k, v in node.items() if not (k == "format" and v == "date-time")}
    return [without_dates(each) for each in node] if isinstance(node, list) else node


def as_described(node):
    """Jira's description knows no nulls, no numbers for instants, and no key of a board's place; its answers do."""
    if isinstance(node, dict):
        strange = {"location"} if "columnConfig" in node else set()
        known = {k: as_described(v) for k, v in node.items() if v is not None and k not in strange}
        return {**known, "created": str(known["created"])} if "created" in known else known
    return [as_described(each) for each in node] if isinstance(node, list) else node


@pytest.fixture(scope="module")
def descriptions():
    from openapi_core import Config, OpenAPI

    names = {"/rest/api/": "jira-platform.json", "/rest/agile/": "jira-software.json"}
    read = {part: json.loads((REFERENCE / name).read_text("utf-8")) for part, name in names.items()}
    config = Config(spec_validator_cls=None)
    servers = {"servers": [{"url": HOST}]}
    return {part: OpenAPI.from_dict(without_dates({**spec, **servers}), config=config) for part, spec in read.items()}


@pytest.mark.parametrize(("method", "path", "body"), CASES, ids=[f"{m} {p.split('/', 3)[3]}" for m, p, _ in CASES])
def test_requests_and_answers_are_valid(descriptions, method, path, body):
    from openapi_core.testing import MockRequest, MockResponse

    site = JiraSite(datetime(2026, 5, 8, 15, tzinfo=UTC))
    headers = {"authorization": GOOD, "content-type": "application/json"}
    sent = json.dumps(body).encode() if body else b""
    answer = site.handle(Request(method=method, path=path, headers=headers, body=sent))
    assert answer.status == 200
    asked = MockRequest(HOST, method.lower(), path, headers=headers, data=sent, content_type="application/json")
    received = json.dumps(as_described(json.loads(answer.body))).encode()
    description = descriptions["/rest/agile/" if "agile" in path else "/rest/api/"]
    description.validate_request(asked)
    description.validate_response(asked, MockResponse(received, content_type="application/json"))
