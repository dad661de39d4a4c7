"""What a config may say: one class per section, one annotated line per key. The descriptions are the documentation."""

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PrivateAttr, StringConstraints, Tag, model_validator
from pydantic_core.core_schema import ValidationInfo

from pmsync.config.nearest import nearest
from pmsync.config.places import data_dir
from pmsync.config.reading import typed
from pmsync.config.secret import SecretValue
from pmsync.config.values import (
    Address,
    Duration,
    ExistingFile,
    ExistingFolder,
    NumberPattern,
    Pattern,
    Proxy,
    Reading,
    SchemeName,
    Site,
    Word,
    Words,
    Zone,
    about,
)
from pmsync.model import Category, ItemType, Role

PLUGINS = "pmsync.connectors"
"""The entry point group in which other packages announce connectors: its names are values of `type:`."""


class Section(BaseModel):
    """A mapping in the config: frozen, and every key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _tell_keys(cls, data: Any, info: ValidationInfo) -> Any:
        """Leave a note of the keys that are known here, for "did you mean"."""
        if isinstance(info.context, Reading):
            info.context.keys[id(data)] = tuple(key.alias or name for name, key in cls.model_fields.items())
        return data


class JiraSource(Section):
    """A Jira Cloud site, Jira Data Center or Jira Server."""

    type: Annotated[Literal["jira"], about("The kind of tracker.")] = "jira"
    url: Annotated[
        Site, about("The site, such as https://example.atlassian.net, with the context path if there is one.")
    ]
    email: Annotated[Word | None, about("The account of an API token: needed for Jira Cloud, absent for others.")] = (
        None
    )
    token: Annotated[SecretValue | None, about("An API token (Cloud) or a personal access token (Data Center).")] = None
    username: Annotated[Word | None, about("Data Center without tokens: the login name.")] = None
    password: Annotated[SecretValue | None, about("Data Center without tokens: the password.")] = None
    cloud_id: Annotated[Word | None, about("Sends requests through api.atlassian.com, as scoped tokens need it.")] = (
        None
    )
    projects: Annotated[Words, about("Keys of the projects to read.")] = ()
    boards: Annotated[Words, about("Ids or names of the boards to read, beside the projects.")] = ()
    jql: Annotated[Word | None, about("Narrows what is read, such as `labels = portal`; without ORDER BY.")] = None
    points_field: Annotated[
        Word | None, about("Name or id of the field that holds story points; else it is found.")
    ] = None
    types: Annotated[dict[str, ItemType], about("What your own issue types are, such as `Spike: task`.")] = {}
    ca_bundle: Annotated[ExistingFile | None, about("Certificates (PEM) to trust instead of the usual ones.")] = None
    client_cert: Annotated[ExistingFile | None, about("A client certificate (PEM) for a Jira behind mutual TLS.")] = (
        None
    )
    client_key: Annotated[ExistingFile | None, about("The certificate's key, when it is in a file of its own.")] = None
    proxy: Annotated[Proxy | None, about("A proxy for this source; else HTTPS_PROXY of the environment counts.")] = None


class PointsRule(Section):
    """Where a Trello card's points come from: the first that has a number wins, in this order."""

    custom_field: Annotated[Word | None, about("Name of a custom field that holds the points.")] = None
    title: Annotated[bool, about("Take the 3 of a title such as `(3) Pay by card` or `[3] Pay by card`.")] = True
    label: Annotated[
        NumberPattern | None, about("Regular expression for labels that carry points; its first group is the number.")
    ] = None


class SprintRule(Section):
    """Which sprint a Trello card is in: the first that answers wins, in this order."""

    custom_field: Annotated[Word | None, about("Name of a custom field that names the sprint.")] = None
    list: Annotated[Pattern | None, about("Regular expression for lists that are sprints.")] = None
    label: Annotated[Pattern | None, about("Regular expression for labels that name sprints.")] = None
    start: Annotated[date | None, about("First day of any sprint: cards belong to the one they are due in.")] = None
    length: Annotated[Duration | None, about("How long sprints last, such as 2w; goes with `start`.")] = None


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

    stages: Annotated[
        dict[Category, Words], about("Names of the lists in each category; others are guessed by name.")
    ] = {}
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


def _flat(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = True
    del schema["properties"]["options"]


class PluginSource(Section):
    """A tracker whose connector comes from another package, which checks the options."""

    model_config = ConfigDict(json_schema_extra=_flat)

    type: Annotated[
        Word,
        about("The name that the connector's package announced."),
        Field(json_schema_extra={"not": {"enum": ["jira", "trello", "trello-export"]}}),
    ]
    options: dict[str, Any] = Field(default={}, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _collect(cls, data: Any, info: ValidationInfo) -> Any:
        """From a file, every key besides `type` is an option, as YAML has it."""
        if not isinstance(info.context, Reading):
            return data
        return {"type": data["type"], "options": typed({key: data[key] for key in data if key != "type"})}


KINDS = ("jira", "trello", "trello-export")


def kind_of(source: Any) -> str | None:
    """Which of the classes above a source is: by its type, or by the type it nearly has, so that all its mistakes show."""
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
SourceName = Annotated[str, StringConstraints(pattern="^[a-z0-9_-]+$")]


class PersonEntry(Section):
    """Somebody who has several accounts. Every other key is a source, its value the account there."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Word] = Field(init=False)

    name: Annotated[Word | None, about("The name to print; else the tracker's.")] = None
    email: Annotated[Word | None, about("The person's e-mail address.")] = None

    @property
    def accounts(self) -> dict[str, str]:
        """Source name -> account id or login there."""
        return dict(self.__pydantic_extra__ or {})


class RoleOverride(Section):
    """Gives a role to every item that meets all its conditions."""

    label: Annotated[Word | None, about("Items with this label.")] = None
    stage: Annotated[Word | None, about("Items in this status or list.")] = None
    board: Annotated[Word | None, about("Items on this board.")] = None
    field: Annotated[Word | None, about("Items that have this field set, such as `due` or `version`.")] = None
    key: Annotated[Word | None, about("The one item with this key.")] = None
    role: Annotated[Role, about("PO or PM.")]
    duty: Annotated[Word | None, about("The duty to show; else the text still decides it.")] = None
    why: Annotated[str, about("The reason, shown wherever the role is explained.")] = ""


class RoleRules(Section):
    """What the team knows better than the text of an item."""

    overrides: Annotated[tuple[RoleOverride, ...], about("The first that fits an item gives its role.")] = ()


class SyncSettings(Section):
    """How trackers are read. Durations are seconds, or texts such as 2m, 12h, 1d."""

    max_wait: Annotated[
        Duration, about("The longest pause a tracker may ask for before the sync stops, resumable.")
    ] = 120.0
    vanish_limit: Annotated[
        float, Field(ge=0, le=1), about("A sweep stops when more than this share of the items would vanish.")
    ] = 0.2
    sweep_every: Annotated[Duration, about("How often to look for items that vanished.")] = 86_400.0
    connections: Annotated[int, Field(ge=1, le=32), about("How many requests may run at once per source.")] = 8
    overlap: Annotated[Duration, about("How far to read back before the last sync, for late index updates.")] = 600.0


class Settings(Section):
    """The config of pmsync."""

    model_config = ConfigDict(json_schema_extra={"required": ["sources"]})

    timezone: Annotated[Zone, about("Where the team's days begin and end, such as Europe/Berlin.")] = "UTC"
    scheme: Annotated[SchemeName, about("Which role scheme is used: a name, or the path of a scheme file.")] = (
        "project-manager"
    )
    sources: Annotated[dict[SourceName, Source], about("The trackers to read, each by a name of your choice.")] = {}
    people: Annotated[dict[str, PersonEntry], about("Who is who, where trackers cannot tell.")] = {}
    store_reference: SecretValue | None = Field(
        default=None,
        alias="store",
        description="The database: a path, or a PostgreSQL URL (best as env:NAME); else a file in the user's data folder.",
    )
    templates: Annotated[ExistingFolder | None, about("A folder with your own report templates.")] = None
    roles: Annotated[RoleRules, about("Corrections to roles.")] = RoleRules()
    sync: Annotated[SyncSettings, about("How trackers are read.")] = SyncSettings()

    _path: Path = PrivateAttr(default=Path("pmsync.yaml"))
    _warnings: tuple[str, ...] = PrivateAttr(default=())

    @property
    def path(self) -> Path:
        """The config file, absolute."""
        return self._path

    @property
    def folder(self) -> Path:
        """The config's folder: relative paths in it start here."""
        return self._path.parent

    @property
    def warnings(self) -> tuple[str, ...]:
        """What works but should be mended, one sentence each."""
        return self._warnings

    @property
    def zone(self) -> ZoneInfo:
        """The team's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def store(self) -> str:
        """The URL or absolute path of the database; without a setting, a file in the data folder named after the config.

        Raises:
            CredentialsError: the setting is a reference that leads nowhere.
        """
        if not self.store_reference:
            return str(_own_store(self.path))
        return _anchored(self.store_reference.reveal(), self.folder)


def _own_store(config: Path) -> Path:
    digest = hashlib.blake2b(str(config).encode(errors="surrogateescape"), digest_size=4).hexdigest()
    return data_dir() / f"{re.sub(r'[^A-Za-z0-9_-]+', '-', config.parent.name) or 'root'}-{digest}.db"


def _anchored(store: str, folder: Path) -> str:
    """Relative files are relative to the config: a cron job must not open another store than a person does."""
    scheme, separator, rest = store.rpartition("sqlite:///")
    if scheme or "://" in rest or rest in {"", ":memory:"}:
        return store
    return separator + str(folder / Path(rest).expanduser())
