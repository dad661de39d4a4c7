"""The settings in effect, without secrets, and the JSON Schema of the file."""

import re
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema

from pmsync.config.secret import Secret
from pmsync.config.settings import Settings
from pmsync.config.sources import PluginSource
from pmsync.config.values import PASSWORD

_SECRETIVE = re.compile(r"token|secret|passw|key|credential", re.IGNORECASE)


def show(settings: Settings) -> dict[str, Any]:
    """Every setting in effect, defaults included, as plain values. Secrets are references or `***`."""
    shown = settings.model_dump(mode="json", by_alias=True, exclude_none=True)
    if not settings.store_reference or _is_public(settings.store_reference):
        shown["store"] = settings.store
    for name, source in settings.sources.items():
        options = _masked(source.options) if isinstance(source, PluginSource) else shown["sources"][name]
        shown["sources"][name] = {"type": source.type, **options}
    return shown


def show_text(settings: Settings) -> str:
    """The same as YAML, under the path of the config."""
    text: str = yaml.safe_dump(show(settings), sort_keys=False, allow_unicode=True, width=120)
    return f"# {settings.path}\n{text}"


class _SchemaOfFile(GenerateJsonSchema):
    """The file is stricter than the settings: a key without a value is a mistake, and sources say their type."""

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: Any) -> dict[str, Any]:
        result = super().model_schema(schema)
        if "type" in result["properties"]:
            result["required"] = sorted({"type", *result.get("required", ())})
        return result


def schema() -> dict[str, Any]:
    """The JSON Schema that editors check and complete a config with."""
    described = Settings.model_json_schema(schema_generator=_SchemaOfFile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def _is_public(store: Secret) -> bool:
    return store.literal and not PASSWORD.search(store.reveal())


def _masked(value: Any, key: str = "") -> Any:
    """Options of another package: what sounds like a secret and is no reference is hidden."""
    if isinstance(value, dict):
        return {name: _masked(entry, name) for name, entry in value.items()}
    return str(Secret(value)) if isinstance(value, str) and _SECRETIVE.search(key) else value
