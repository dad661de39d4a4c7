"""The YAML file as typed settings, with every mistake reported at once; secrets; where files live."""

from pmsync.config.loading import load
from pmsync.config.places import data_dir, find_config, user_config
from pmsync.config.secret import Secret, mixed_up
from pmsync.config.settings import PersonEntry, RoleOverride, RoleRules, Settings, SyncSettings
from pmsync.config.showing import schema, show, show_text
from pmsync.config.sources import (
    PLUGINS,
    ExportSource,
    JiraSource,
    PluginSource,
    Source,
    TrelloMapping,
    TrelloSource,
)

__all__ = [
    "PLUGINS",
    "ExportSource",
    "JiraSource",
    "PersonEntry",
    "PluginSource",
    "RoleOverride",
    "RoleRules",
    "Secret",
    "Settings",
    "Source",
    "SyncSettings",
    "TrelloMapping",
    "TrelloSource",
    "data_dir",
    "find_config",
    "load",
    "mixed_up",
    "schema",
    "show",
    "show_text",
    "user_config",
]
