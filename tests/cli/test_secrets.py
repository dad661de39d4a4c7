"""Whatever goes wrong: no credential, cookie, header or page of a tracker is in anything that pmsync writes."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from faults import LOGIN_PAGE, always, broken, captcha, cut, every, half, login_page, on, removed, stranger, too_many
from pmsync.connectors import transport
from pmsync.demo.jira.site import EMAIL, TOKEN, JiraSite
from pmsync.demo.server import json_response, serve
from pmsync.store import open_store

SECRETS = (
    *(TOKEN, base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()),
    *("et-cookie", "et-Cookie", "xsrf", "session=abc123", "x-arequestid", "eraph"),
    *(LOGIN_PAGE.decode()[-40:], "upstream trouble", "Too Many Requests"),
)


def echo() -> Any:
    """A tracker that says back what it got, with a cookie."""
    words = {"errorMessages": [f"Cannot use {TOKEN} of {EMAIL}:{TOKEN}"], "errors": {"Authorization": f"Basic {TOKEN}"}}
    return always(json_response(words, 403, {"set-cookie": "session=abc123"}))


def faults(site: JiraSite) -> dict[str, Any]:
    """What strikes now and then during a sync, and what ends it."""
    passing = [broken(), broken(502), too_many("0", html=True), cut(), cut(0), half(site)]
    lasting = [login_page(), captcha(), removed(), stranger(site), broken(), echo(), too_many("1847")]
    return {
        **{f"passing {number}": every(3, fault) for number, fault in enumerate(passing)},
        **{f"early {number}": on("project", fault) for number, fault in enumerate(lasting)},
        **{f"late {number}": on("bulkfetch", fault) for number, fault in enumerate(lasting)},
    }


@pytest.fixture
def written(folder: Path, pmsync: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything on screen and on disk after a sync with every fault there is, and after all that uses what is kept."""
    monkeypatch.setattr(transport, "FIRST_DELAY", 0.0)
    monkeypatch.setenv("JIRA_TOKEN", TOKEN)
    site, said, codes = JiraSite(datetime(2026, 5, 4, 8, tzinfo=UTC)), [], set()
    with serve(site) as server:
        source = f"{{type: jira, url: '{server.url}', email: {EMAIL}, token: env:JIRA_TOKEN}}"
        (folder / "pmsync.yaml").write_text(f"store: s.db\nsync: {{max_wait: 5}}\nsources: {{shop: {source}}}\n")
        for number, fault in enumerate([*faults(site).values(), None]):
            site.fault = fault
            ended = pmsync("-vv", "--log-format", ("text", "json")[number % 2], "sync", "--full", "-o", "json")
            codes.add(ended.code)
            said += [ended.out, ended.err]
        commands = ["doctor", "boards", "config show", "items --history -o jsonl", "report status -o status.html"]
        for command in [*commands, "report status", "show PAY-1"]:
            ended = pmsync("-vv", *command.split())
            assert ended.code == 0, ended.err
            said += [ended.out, ended.err]
    assert codes == {0, 4, 5, 6}
    files = [path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()]
    with open_store(str(folder / "s.db")) as store:
        packed = [raw.body().decode() for raw in store.raw("shop")]
    assert "/rest/api/2/" in "".join(said)
    assert len(packed) > 100
    return "\n".join([*said, *files, *packed])


def test_nothing_secret_is_ever_written(written: str) -> None:
    assert [secret for secret in SECRETS if secret in written] == []
