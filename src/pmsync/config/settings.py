# ruff: noqa: RUF012 (pydantic copies defaults)
"""What a config may say: the whole, and its sections besides the sources."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, PrivateAttr

from pmsync.config.places import anchored, own_store
from pmsync.config.secret import SecretValue
from pmsync.config.sources import Source, SourceName
from pmsync.config.values import Duration, ExistingFolder, SchemeName, Section, Word, Zone, about
from pmsync.model import Role

_CLOSED = Field(json_schema_extra={"additionalProperties": False})


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

    max_wait: Annotated[Duration, about("The longest pause a tracker may ask for; beyond, the sync stops.")] = 120.0
    vanish_limit: Annotated[float, Field(ge=0, le=1), about("A sweep in which a larger share vanishes stops.")] = 0.2
    sweep_every: Annotated[Duration, about("How often to look for items that vanished.")] = 86_400.0
    connections: Annotated[int, Field(ge=1, le=32), about("How many requests may run at once per source.")] = 8
    overlap: Annotated[Duration, about("How far to read back before the last sync, for late index updates.")] = 600.0


class Settings(Section):
    """The config of pmsync."""

    model_config = ConfigDict(json_schema_extra={"required": ["sources"]})

    timezone: Annotated[Zone, about("Where the team's days begin and end, such as Europe/Berlin.")] = "UTC"
    scheme: Annotated[SchemeName, about("The role scheme: a name, or the path of a file.")] = "project-manager"
    sources: Annotated[dict[SourceName, Source], about("The trackers to read, by names of your choice."), _CLOSED] = {}
    people: Annotated[dict[str, PersonEntry], about("Who is who, where trackers cannot tell.")] = {}
    store_reference: SecretValue | None = Field(
        default=None,
        alias="store",
        description="The database: a path or a PostgreSQL URL (best as env:NAME); else a file in the user's folder.",
    )
    templates: Annotated[ExistingFolder | None, about("A folder with your own report templates.")] = None
    roles: Annotated[RoleRules, about("Corrections to roles.")] = RoleRules()
    sync: Annotated[SyncSettings, about("How trackers are read.")] = SyncSettings()

    _path: Path = PrivateAttr(default=Path("pmsync.yaml"))
    _warnings: tuple[str, ...] = PrivateAttr(default=())

    def locate(self, path: Path, warnings: tuple[str, ...]) -> None:
        """Say which file these settings were read from, and what to warn of. For `load` only."""
        self._path, self._warnings = path, warnings

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
        """The URL or absolute path of the database; without a setting, a file in the user's data folder.

        Raises:
            CredentialsError: the setting is a reference that leads nowhere.
        """
        if not self.store_reference:
            return own_store(self.path)
        return anchored(self.store_reference.reveal(), self.folder)
