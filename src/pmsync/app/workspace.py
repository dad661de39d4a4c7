"""A workspace: the config, its store and its sources, opened together and closed together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pmsync.config import Settings, find_config, load
from pmsync.errors import ConfigError, UsageError, nearest

if TYPE_CHECKING:
    from pmsync.connectors.interface import Connector
    from pmsync.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """What a use case works on. `now` (UTC) is read once per command, so a run has one time."""

    settings: Settings
    store: "Store"
    address: str
    now: datetime

    @property
    def today(self) -> date:
        """The day it is where the team works."""
        return self.now.astimezone(self.settings.zone).date()

    def sources(self, wanted: Sequence[str] = ()) -> tuple[str, ...]:
        """The names asked for, or all; an unknown name is an error that offers the nearest."""
        names = tuple(self.settings.sources)
        for name in wanted:
            if name not in names:
                near = nearest(name, names)
                hint = f'Did you mean "{near}"?' if near else f"The config has: {', '.join(names)}."
                raise UsageError(f'there is no source "{name}" in {self.settings.path}', hint=hint)
        return tuple(dict.fromkeys(wanted)) or names

    def connect(self, source: str) -> "Connector":
        """The connector of a source, from the registry; no network yet."""
        from pmsync.connectors.interface import Context
        from pmsync.connectors.registry import connect

        sync = self.settings.sync
        context = Context(
            timezone=self.settings.zone,
            folder=self.settings.folder,
            connections=sync.connections,
            max_wait=sync.max_wait,
            overlap=sync.overlap,
            sweep_every=sync.sweep_every,
        )
        return connect(source, self.settings.sources[source], context)


def read_settings(config: Path | None) -> Settings:
    """The settings of the config given, or of the one that is found.

    Raises:
        ConfigError: there is none, or it has mistakes.
    """
    return load(find_config(config))


@contextmanager
def open_workspace(config: Path | None, *, now: datetime, store: str | None = None) -> Iterator[Workspace]:
    """Open config and store. `store` (a path or URL) wins over the config's own."""
    from pmsync.store import open_store

    settings = read_settings(config)
    if not settings.sources:
        raise ConfigError(f"{settings.path}: no sources", hint="Add one under `sources:`, or run `pmsync init`.")
    address = store or settings.store
    with open_store(address) as opened:
        yield Workspace(settings=settings, store=opened, address=address, now=now)
