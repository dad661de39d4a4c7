"""The demo's answers fit the vendor's published description, where that is at hand (PMSYNC_REFERENCE, a folder)."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pmsync.demo.server import Request
from pmsync.demo.trello import KEY, TOKEN, TrelloSite

REFERENCE = os.environ.get("PMSYNC_REFERENCE", "")
pytestmark = pytest.mark.skipif(not REFERENCE, reason="PMSYNC_REFERENCE names no folder with openapi/trello.json")

SITE = TrelloSite(datetime(2026, 5, 20, 15, tzinfo=UTC))
BOARD, CARD = SITE.find("boards", "Launch plan"), SITE.find("cards", "(8) Landing page")
CASES = {
    "Board": f"boards/{BOARD}",
    "Card": f"cards/{CARD}",
    "Action": f"boards/{BOARD}/actions?limit=1000",
    "Label": f"boards/{BOARD}/labels",
    "TrelloList": f"boards/{BOARD}/lists/all",
    "CustomField": f"boards/{BOARD}/customFields",
    "Checklist": f"boards/{BOARD}/checklists",
    "Member": "members/me",
    "Memberships": f"boards/{BOARD}/memberships",
}
# what the description says and no real answer bears out
WRONG = {
    "Board": {"powerUps", "idTags", "ixUpdate", "descData", "memberships", "prefs"},
    "Card": {"idChecklists", "idLabels", "labels", "checkItemStates", "dueReminder", "cover"},
    "Action": {"display"},
}


@cache
def schemas() -> Any:
    return json.loads((Path(REFERENCE) / "openapi" / "trello.json").read_text("utf-8"))["components"]["schemas"]


def plain(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` becomes a type; everything may be null, as real answers show."""
    if isinstance(schema, list):
        return [plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"anyOf": [{"$ref": schema["$ref"].replace("#/components/schemas", "#/$defs")}, {"type": "null"}]}
    made = {
        key: plain(value)
        for key, value in schema.items()
        if key not in ("example", "nullable", "format", "description")
    }
    if isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    if "enum" in made:
        made["enum"] = [*made["enum"], None]
    return made


@pytest.mark.parametrize("name", CASES)
def test_answers_fit(name: str) -> None:
    import jsonschema

    path, _, query = CASES[name].partition("?")
    parameters = {key: [value] for key, value in (pair.split("=") for pair in query.split("&") if pair)}
    request = Request(method="GET", path=f"/1/{path}", query={"key": [KEY], "token": [TOKEN], **parameters})
    answer = json.loads(SITE.handle(request).body)
    schema = plain(schemas()[name])
    for field in WRONG.get(name, ()):
        schema["properties"].pop(field, None)
    definitions = {key: plain(value) for key, value in schemas().items()}
    check = jsonschema.Draft202012Validator({**schema, "$defs": definitions})
    rows = answer if isinstance(answer, list) else [answer]
    assert rows
    assert [error.message + str(list(error.path)) for row in rows for error in check.iter_errors(row)][:5] == []
