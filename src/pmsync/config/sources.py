# ruff: noqa: RUF012 (pydantic copies defaults)
"""What a config may say of a source: one class per kind, one annotated line per key.

The descriptions are the documentation that editors show.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationInfo, model_validator
from pydantic.json_schema import SkipJsonSchema

from pmsync.config.document import typed
from pmsync.config.secret import SecretValue
from pmsync.config.values import (
    Address,
    Duration,
    ExistingFile,
    NumberPattern,
    Pattern,
    Proxy,
    Reading,
    Section,
    Word,
    Words,
    about,
)
from pmsync.errors import nearest
from pmsync.model import Category, ItemType

PLUGINS = "pmsync.connectors"
"""The entry point group in which other packages announce connectors: its names are values of `type:`."""
KINDS = ("jira", "trello", "trello-export")
_NOT_OURS: dict[str, Any] = {"not": {"enum": [*KINDS]}}


class JiraSource(Section):
    """A Jira Cloud site, Jira Data Center or Jira Server."""

    type: Annotated[Literal["jira"], about("The kind of tracker.")] = "jira"
    url: Annotated[Address, about("The site, such as https://example.atlassian.net or https://host/jira.")]
    email: Annotated[Word | None, about("The account of a Jira Cloud token; absent for others.")] = None
    token: Annotated[SecretValue | None, about("An API token (Cloud) or a personal access token (Data Center).")] = None
    username: Annotated[Word | None, about("Data Center without tokens: the login name.")] = None
    password: Annotated[SecretValue | None, about("Data Center without tokens: the password.")] = None
    cloud_id: Annotated[Word | None, about("Reads through api.atlassian.com, as scoped tokens need it.")] = None
    projects: Annotated[Words, about("Keys of the projects to read.")] = ()
    boards: Annotated[Words, about("Ids or names of the boards to read, beside the projects.")] = ()
    jql: Annotated[Word | None, about("Narrows what is read, such as `labels = portal`; without ORDER BY.")] = None
    points_field: Annotated[Word | None, about("Name or id of the field with story points; else it is found.")] = None
    custom_fields: Annotated[
        Words, about("Names or ids of other fields to keep, for roles and your own templates.")
    ] = ()
    types: Annotated[dict[str, ItemType], about("What your own issue types are, such as `Spike: task`.")] = {}
    ca_bundle: Annotated[ExistingFile | None, about("Certificates (PEM) to trust instead of the usual ones.")] = None
    client_cert: Annotated[ExistingFile | None, about("A client certificate (PEM), where Jira asks for one.")] = None
    client_key: Annotated[ExistingFile | None, about("The certificate's key, when it is in a file of its own.")] = None
    proxy: Annotated[Proxy | None, about("A proxy for this source; else HTTPS_PROXY of the environment counts.")] = None


class PointsRule(Section):
    """Where a Trello card's points come from: the first that has a number wins, in this order."""

    custom_field: Annotated[Word | None, about("Name of a custom field that holds the points.")] = None
    title: Annotated[bool, about("Take the 3 of `(3) Pay by card`; `[2]` and a `(2)` at the end are spent.")] = True
    label: Annotated[NumberPattern | None, about("Regular expression for labels; its first group has the points.")] = (
        None
    )


class SprintRule(Section):
    """Which sprint a Trello card is in: the first that answers wins, in this order."""

    custom_field: Annotated[Word | None, about("Name of a custom field that names the sprint.")] = None
    list: Annotated[
        Pattern | None, about("Regular expression for lists that are sprints; ISO dates in their names count.")
    ] = None
    label: Annotated[Pattern | None, about("Regular expression for labels that name sprints.")] = None
    start: Annotated[date | None, about("First day of any sprint: cards belong to the one they are due in.")] = None
    length: Annotated[Duration | None, Field(gt=0), about("How long sprints last, such as 2w; goes with `start`.")] = (
        None
    )


class DoneRule(Section):
    """What finishes a Trello card, besides a list whose stage is done."""

    due_complete: Annotated[bool, about("A due date that is ticked finishes the card.")] = True
    archived: Annotated[bool, about("Archiving finishes the card: delivered from a done list, else discarded.")] = True


class LabelRule(Section):
    """What labels of Trello cards say besides points, sprint and type."""

    flagged: Annotated[Words, about("Labels that say the card is blocked.")] = ()
    priority: Annotated[dict[str, Words], about("Labels for each priority, such as `High: [urgent]`.")] = {}


class TrelloMapping(Section):
    """What lists, labels and fields of Trello mean."""

    stages: Annotated[dict[Category, Words], about("The lists of each category; others are guessed by name.")] = {}
    points: Annotated[PointsRule, about("Where points come from.")] = PointsRule()
    sprint: Annotated[SprintRule, about("Where sprints come from.")] = SprintRule()
    done: Annotated[DoneRule, about("What finishes a card, besides its list.")] = DoneRule()
    types: Annotated[dict[ItemType, Words], about("Labels that make a card a bug, a story, ...")] = {}
    labels: Annotated[LabelRule, about("What other labels mean.")] = LabelRule()


class TrelloSource(TrelloMapping):
    """Boards of Trello, read over its API."""

    type: Annotated[Literal["trello"], about("The kind of tracker.")] = "trello"
    key: Annotated[SecretValue, about("The API key, 32 characters, from trello.com/power-ups/admin.")]
    token: Annotated[SecretValue, about("The token made for that key; a read-only one is enough to sync.")]
    url: Annotated[Address, about("Another address of the API: a proxy or a test server.")] = "https://api.trello.com"
    boards: Annotated[Words, about("Ids, short links or names of the boards to read.")] = ()
    workspace: Annotated[Word | None, about("Id or name of a workspace: all its boards are read.")] = None
    closed: Annotated[bool, about("Read closed boards too.")] = False


class ExportSource(TrelloMapping):
    """Boards of Trello, read from exported JSON files."""

    type: Annotated[Literal["trello-export"], about("The kind of tracker.")] = "trello-export"
    files: Annotated[Words, Field(min_length=1), about("Exported files, relative to this config; * and ** work.")]


class PluginSource(Section):
    """A tracker whose connector comes from another package, which checks the options."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[Word, about("The name that the connector's package announced."), Field(json_schema_extra=_NOT_OURS)]
    options: SkipJsonSchema[dict[str, Any]] = Field(default={}, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _collect(cls, data: Any, info: ValidationInfo) -> Any:
        """From a file, every key besides `type` is an option, as YAML has it."""
        if not isinstance(info.context, Reading):
            return data
        return {"type": data["type"], "options": typed({key: data[key] for key in data if key != "type"})}


def kind_of(source: Any) -> str | None:
    """Which class below reads a source: by its type, or the type it nearly has, so that all its mistakes show."""
    name = source.get("type") if isinstance(source, dict) else getattr(source, "type", None)
    if not isinstance(name, str) or name in KINDS:
        return name if isinstance(name, str) else None
    near = nearest(name, KINDS)
    return near if near and not _is_announced(name) else "plugin"


def _is_announced(name: str) -> bool:
    from importlib.metadata import entry_points

    return bool(entry_points(group=PLUGINS, name=name))


Source = Annotated[
    Annotated[JiraSource, Tag("jira")]
    | Annotated[TrelloSource, Tag("trello")]
    | Annotated[ExportSource, Tag("trello-export")]
    | Annotated[PluginSource, Tag("plugin")],
    Discriminator(kind_of),
]
SourceName = Annotated[str, Field(pattern="^[a-z0-9_-]+$")]
