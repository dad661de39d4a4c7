"""The settings in effect, without secrets, and the JSON Schema of the file."""

import re
from typing import Any

import yaml

from pmsync.config.secret import HIDDEN, Secret
from pmsync.config.settings import PluginSource, Settings

_SECRETIVE = re.compile(r"token|secret|password|passwd|key|credential", re.IGNORECASE)


def show(settings: Settings) -> dict[str, Any]:
    """Every setting in effect, defaults included, as plain values. Secrets are references or `***`."""
    shown = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    shown["store"] = _store(settings)
    for name, source in settings.sources.items():
        if isinstance(source, PluginSource):
            shown["sources"][name] = {"type": source.type, **_masked(source.options)}
    return shown


def show_text(settings: Settings) -> str:
    """The same as YAML, which pmsync can read again."""
    text: str = yaml.safe_dump(show(settings), sort_keys=False, allow_unicode=True, width=120)
    return f"# {settings.path}\n{text}"


def schema() -> dict[str, Any]:
    """The JSON Schema that editors check and complete a config with."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema(by_alias=True)}


def _store(settings: Settings) -> str:
    reference = settings.store_reference
    if reference and not reference.literal:
        return str(reference)
    return re.sub(r"(://[^/@:]*):[^/@]*@", rf"\1:{HIDDEN}@", settings.store)


def _masked(options: dict[str, Any]) -> dict[str, Any]:
    """Another package's options: what sounds like a secret and is no reference is hidden."""
    return {key: _mask(key, value) for key, value in options.items()}


def _mask(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _masked(value)
    if isinstance(value, str) and _SECRETIVE.search(key):
        return str(Secret(value))
    return value
