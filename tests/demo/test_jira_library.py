"""The `jira` library works against the demo Jira as it does against a real one."""

from datetime import UTC, datetime

import pytest

jira = pytest.importorskip("jira")

from pmsync.demo.jira import JiraSite  # noqa: E402
from pmsync.demo.server import serve  # noqa: E402

ANCHOR = datetime(2026, 5, 8, 15, tzinfo=UTC)


def connect(url, *, cloud):
    who = {"basic_auth": ("demo@example.org", "demo-token")} if cloud else {"token_auth": "demo-token"}
    return jira.JIRA(url, **who, max_retries=0, timeout=10)


@pytest.mark.parametrize("cloud", [True, False], ids=["cloud", "datacenter"])
def test_the_library_reads_everything(cloud):
    site = JiraSite(ANCHOR, deployment="cloud" if cloud else "datacenter", context="/jira")
    with serve(site) as server:
        client = connect(server.url + "/jira", cloud=cloud)
        assert client.myself()["displayName"] == "Petra Vogel"
        assert [project.key for project in client.projects()] == ["PAY", "WEB"]
        boards = client.boards()
        assert [board.name for board in boards] == ["PAY board", "WEB board"]
        assert [sprint.state for sprint in client.sprints(boards[0].id)] == ["closed"] * 5 + ["active"]
        found = client.search_issues("project = PAY ORDER BY key", maxResults=0)
        assert len(found) == sum(issue.key.startswith("PAY-") for issue in site.issues.values())
        issue = client.issue("PAY-1", expand="changelog")
        assert issue.fields.summary
        assert issue.changelog.histories
        client.close()
