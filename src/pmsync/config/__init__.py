"""The YAML file as typed settings, with every mistake reported at once; secrets; where files live."""

from pmsync.config.loading import load
from pmsync.config.places import data_dir, find_config, user_config
from pmsync.config.secret import Secret, mixed_up
from pmsync.config.settings import (
    PLUGINS,
    DoneRule,
    ExportSource,
    JiraSource,
    LabelRule,
    PersonEntry,
    PluginSource,
    PointsRule,
    RoleOverride,
    RoleRules,
    Settings,
    Source,
    SprintRule,
    SyncSettings,
    TrelloMapping,
    TrelloSource,
)
from pmsync.config.showing import schema, show, show_text

__all__ = [
    "PLUGINS",
    "DoneRule",
    "ExportSource",
    "JiraSource",
    "LabelRule",
    "PersonEntry",
    "PluginSource",
    "PointsRule",
    "RoleOverride",
    "RoleRules",
    "Secret",
    "Settings",
    "Source",
    "SprintRule",
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
