"""The parts of Jira's JSON that are read, as types: decoding skips the rest, which is most of it.

Nothing is required but ids: fields are absent when a project does not use them, and null when they are not set.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from pmsync.connectors.decoding import decoder


class User(msgspec.Struct, gc=False):
    """A user: known by account id on Cloud, by key (else name) on Data Center."""

    accountId: str | None = None  # noqa: N815 - Jira's spelling
    key: str | None = None
    name: str | None = None
    displayName: str | None = None  # noqa: N815
    emailAddress: str | None = None  # noqa: N815

    @property
    def id(self) -> str | None:
        """What changes and items call this user; None for what is left of a deleted one."""
        return self.accountId or self.key or self.name


class Named(msgspec.Struct, gc=False):
    """A status, priority, resolution, component or security level."""

    id: str | None = None
    name: str | None = None


class Kind(msgspec.Struct, gc=False):
    """An issue type; level 0 is a story or task, 1 an epic."""

    name: str = ""
    subtask: bool = False
    hierarchyLevel: int | None = None  # noqa: N815


class Ref(msgspec.Struct, gc=False):
    """Another issue, or a project."""

    key: str = ""
    id: str | None = None


class Release(msgspec.Struct, gc=False):
    """A version."""

    id: str
    name: str = ""
    released: bool | None = None
    releaseDate: str | None = None  # noqa: N815
    archived: bool | None = None
    projectId: int | None = None  # noqa: N815


class LinkType(msgspec.Struct, gc=False):
    """How two issues are related, read from either end."""

    name: str = ""
    outward: str = ""


class IssueLink(msgspec.Struct, gc=False):
    """A relation, seen from one end."""

    id: str
    type: LinkType
    inwardIssue: Ref | None = None  # noqa: N815
    outwardIssue: Ref | None = None  # noqa: N815


class CommentRow(msgspec.Struct, gc=False):
    """A comment."""

    id: str
    author: User | None = None
    body: Any = None
    created: str | None = None
    updated: str | None = None


class WorklogRow(msgspec.Struct, gc=False):
    """Logged work."""

    id: str
    author: User | None = None
    comment: Any = None
    started: str | None = None
    timeSpentSeconds: int | None = None  # noqa: N815


class CommentRows(msgspec.Struct, gc=False):
    """Comments inside an issue."""

    comments: list[CommentRow] = []


class WorklogRows(msgspec.Struct, gc=False):
    """Worklogs inside an issue."""

    worklogs: list[WorklogRow] = []


class Attached(msgspec.Struct, gc=False):
    """A file."""

    filename: str | None = None


_MOVED = {"before_id": "from", "before": "fromString", "after_id": "to", "after": "toString"}


class Moved(msgspec.Struct, gc=False, rename=_MOVED):
    """One field's step in a changelog entry."""

    field: str = ""
    fieldId: str | None = None  # noqa: N815
    before_id: str | None = None
    before: str | None = None
    after_id: str | None = None
    after: str | None = None


class Entry(msgspec.Struct, gc=False):
    """A changelog entry; `created` is text, or epoch milliseconds from the bulk endpoint."""

    id: str
    created: str | int | None = None
    author: User | None = None
    items: list[Moved] = []


class Log(msgspec.Struct, gc=False):
    """A changelog inside an issue."""

    histories: list[Entry] = []


class SystemFields(msgspec.Struct, gc=False):
    """The fields that every Jira has. Site-specific ones are added by `issue_decoder`."""

    summary: str | None = None
    issuetype: Kind | None = None
    project: Ref | None = None
    status: Named | None = None
    priority: Named | None = None
    resolution: Named | None = None
    resolutiondate: str | None = None
    assignee: User | None = None
    reporter: User | None = None
    created: str | None = None
    updated: str | None = None
    duedate: str | None = None
    description: Any = None
    labels: list[str] | None = None
    components: list[Named] | None = None
    fixVersions: list[Release] | None = None  # noqa: N815
    parent: Ref | None = None
    issuelinks: list[IssueLink] | None = None
    timeoriginalestimate: int | None = None
    timeestimate: int | None = None
    timespent: int | None = None
    comment: CommentRows | None = None
    worklog: WorklogRows | None = None
    security: Named | None = None
    attachment: list[Attached] | None = None


class Extra(msgspec.Struct, gc=False):
    """What was fetched beside an issue, because the issue itself had only a part of it."""

    histories: list[Entry] | None = None
    comments: list[CommentRow] | None = None
    worklogs: list[WorklogRow] | None = None


class Issue(msgspec.Struct, gc=False):
    """An issue, with the whole of its history, comments and worklogs in `pmsync` where Jira cut them off."""

    id: str
    key: str
    fields: SystemFields
    changelog: Log | None = None
    pmsync: Extra | None = None


EXTRA = "pmsync"
"""The member of an issue's JSON that `Extra` reads."""


def issue_decoder(custom: Sequence[str]) -> msgspec.json.Decoder[Issue]:
    """Decodes issues whose fields include these site-specific ones, as attributes of the same name."""
    site = msgspec.defstruct("Fields", [(id, Any, None) for id in custom], bases=(SystemFields,), gc=False)
    issue: Any = msgspec.defstruct("SiteIssue", [("fields", site)], bases=(Issue,), gc=False, kw_only=True)
    return decoder(issue)
