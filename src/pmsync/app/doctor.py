"""Doctor: what is wrong and the line that mends it, for the store and every source."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from pmsync.app.workspace import Workspace
from pmsync.connectors.interface import Finding
from pmsync.errors import PmsyncError


def examine(workspace: Workspace, sources: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at config, store and sources. What goes wrong while looking is a finding too."""
    settings = workspace.settings
    yield Finding(level="ok", subject="config", message=f"{settings.path}, sources {', '.join(settings.sources)}")
    for warning in settings.warnings:
        yield Finding(level="warning", subject="config", message=warning)
    yield Finding(level="ok", subject="store", message=str(workspace.store))
    for source in workspace.sources(sources):
        yield from _examine_source(workspace, source)


def _examine_source(workspace: Workspace, source: str) -> Iterator[Finding]:
    try:
        with closing(workspace.connect(source)) as connector:
            for finding in connector.doctor():
                yield _of_source(finding, source)
    except PmsyncError as error:
        found = Finding(level="error", subject=source, message=str(error), fix=error.hint, exit_code=error.exit_code)
        yield _of_source(found, source)


def _of_source(finding: Finding, source: str) -> Finding:
    """The same finding, with the source once: several sources have an account, and stages."""
    subject = source if finding.subject == source else f"{source} {finding.subject}"
    return replace(finding, subject=subject, message=finding.message.removeprefix(f"{source}: "))


def finding_row(finding: Finding) -> dict[str, Any]:
    """What `doctor -o json` prints of a finding."""
    return {name: getattr(finding, name) for name in ("level", "subject", "message", "fix")}


def exit_code(findings: Sequence[Finding]) -> int:
    """0 without errors, else what a sync would end with: the errors' own code if they agree, 6 if not."""
    codes = {finding.exit_code for finding in findings if finding.level == "error"}
    return codes.pop() if len(codes) == 1 else 6 if codes else 0


def list_boards(workspace: Workspace, sources: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What could be synced, source by source.

    Raises:
        SourceError: a source cannot be read.
    """
    rows = []
    for source in workspace.sources(sources):
        with closing(workspace.connect(source)) as connector:
            rows += [
                {
                    "source": source,
                    "id": board.id,
                    "name": board.name,
                    "kind": board.kind,
                    "closed": board.closed,
                    "url": board.url,
                }
                for board in connector.boards()
            ]
    return rows
