"""The settings in effect, without secrets, and the JSON Schema of the file."""

import re
from typing import Any

import yaml

from pmsync.config.secret import Secret
from pmsync.config.settings import Settings
from pmsync.config.sources import PluginSource
from pmsync.config.values import PASSWORD

_SECRETIVE = re.compile(r"token|secret|passw|key|credential", re.IGNORECASE)


def show(settings: Settings) -> dict[str, Any]:
    """Every setting in effect, defaults included, as plain values. Secrets are references or `***`."""
    shown = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    reference = settings.store_reference
    hidden = reference and not reference.literal
    shown["store"] = str(reference) if hidden else PASSWORD.sub(r"\1:***@", settings.store)
    for name, source in settings.sources.items():
        if isinstance(source, PluginSource):
            shown["sources"][name] = {"type": source.type, **_masked(source.options)}
    return shown


def show_text(settings: Settings) -> str:
    """The same as YAML, under the path of the config."""
    text: str = yaml.safe_dump(show(settings), sort_keys=False, allow_unicode=True, width=120)
    return f"# {settings.path}\n{text}"


def schema() -> dict[str, Any]:
    """The JSON Schema that editors check and complete a config with."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()}


def _masked(value: Any, key: str = "") -> Any:
    """Options of another package: what sounds like a secret and is no reference is hidden."""
    if isinstance(value, dict):
        return {name: _masked(entry, name) for name, entry in value.items()}
    return str(Secret(value)) if isinstance(value, str) and _SECRETIVE.search(key) else value
