"""Which connectors there are: the built-in ones by name, others by the entry-point group `pmsync.connectors`."""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from pmsync.connectors.interface import Connector, Context
from pmsync.errors import ConfigError, nearest

GROUP = "pmsync.connectors"

BUILT_IN = {
    "jira": "pmsync.connectors.jira:connect",
    "trello": "pmsync.connectors.trello:connect",
    "trello-export": "pmsync.connectors.trello:connect_export",
}

Factory = Callable[[str, Any, Context], Connector]


def connect(name: str, settings: Any, context: Context) -> Connector:
    """The connector of the source called `name`; `settings.type` chooses the kind. Does no network.

    Raises:
        ConfigError: no such kind, or the package that brings it cannot be loaded.
    """
    return factory(settings.type)(name, settings, context)


def factory(kind: str) -> Factory:
    """What makes connectors of a kind: called with the source's name, its settings and the context."""
    if kind in BUILT_IN:
        module, function = BUILT_IN[kind].split(":")
        return cast("Factory", getattr(import_module(module), function))
    others = {entry.name: entry for entry in entry_points(group=GROUP)}
    if kind in others:
        return _load(others[kind])
    raise _unknown(kind, [*BUILT_IN, *others])


def _load(entry: EntryPoint) -> Factory:
    try:
        return cast("Factory", entry.load())
    except Exception as error:
        # Somebody else's code: whatever it raises, this source is the one that cannot be used.
        raise ConfigError(f"the connector {entry.name} ({entry.value}) cannot be loaded: {error}") from error


def _unknown(kind: str, known: list[str]) -> ConfigError:
    near = nearest(kind, known)
    hint = f"did you mean `{near}`?" if near else f"known: {', '.join(known)}"
    return ConfigError(f"there is no connector of type {kind!r}", hint=hint)
