"""Turns a config file into settings, or into one error that lists every mistake with its line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pmsync.config.checks import mistakes
from pmsync.config.nearest import did_you_mean
from pmsync.config.reading import Document, KeyPath, Problem, read
from pmsync.config.secret import Secret
from pmsync.config.settings import KINDS, Settings, kind_of
from pmsync.config.values import Reading
from pmsync.errors import ConfigError

_SENTENCES = {
    "missing": "missing",
    "tuple_type": "expected a list, like [A, B]",
    "dict_type": "expected a mapping of keys to values",
    "model_type": "expected a mapping of keys to values",
    "model_attributes_type": "expected a mapping of keys to values",
    "string_type": "expected text",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "date_type": "expected a day, like 2026-01-31",
    "date_from_datetime_parsing": "expected a day, like 2026-01-31",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "path_type": "expected a path",
    "string_pattern_mismatch": 'use only small letters, digits, "-" and "_"',
}


def load(path: Path) -> Settings:
    """Read a config.

    Raises:
        ConfigError: `problems` lists every mistake, as `pmsync.yaml:7: sources.shop.projets: unknown key; ...`.
    """
    path = path.absolute()
    document = read(path)
    settings, problems = _validated(document, path.parent)
    if settings is None or problems:
        lines = [_line(document, problem) for problem in problems]
        raise ConfigError(f"The config {path} has {len(lines)} mistake{'s' * (len(lines) > 1)}.", problems=lines)
    return _bound(settings, document)


def _validated(document: Document, folder: Path) -> tuple[Settings | None, list[Problem]]:
    """The settings, and every problem once per key, in the order of the file."""
    reading, settings, wrong = Reading(folder), None, []
    try:
        settings = Settings.model_validate(document.data, context=reading)
    except ValidationError as error:
        wrong = [_problem(details, document.data, reading) for details in error.errors(include_url=False)]
    found = [*document.problems, *_empty(document), *mistakes(document.data), *wrong]
    first = {problem.at: problem for problem in reversed(found)}
    return settings, sorted(first.values(), key=lambda problem: (document.line(problem.at), str(problem.at)))


def _empty(document: Document) -> Iterator[Problem]:
    """Keys without a value. A connector of another package may give them a meaning."""
    for at in document.nulls:
        source = document.data.get("sources", {}).get(at[1]) if at[0] == "sources" and len(at) > 2 else None
        if kind_of(source) != "plugin":
            yield Problem(at, "has no value; give one or remove the line")


def _problem(details: ErrorDetails, data: Any, reading: Reading) -> Problem:
    at = details["loc"]
    if at[0] == "sources" and len(at) > 2 and at[2] in {*KINDS, "plugin"}:
        at = (*at[:2], *at[3:])  # pydantic puts the kind of source in between
    if at[-1] == "[key]":
        at = at[:-1]
    return Problem(at, _what(details, at, data, reading))


def _what(details: ErrorDetails, at: KeyPath, data: Any, reading: Reading) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        known = reading.keys[id(_container(data, at))]
        return "unknown key" + (did_you_mean(str(at[-1]), known) or f"; known here: {', '.join(sorted(known))}")
    if kind in {"enum", "literal_error"}:
        choices = re.findall(r"'([^']*)'", context["expected"])
        return f"{_quoted(details['input'])} is not one of {', '.join(choices)}{did_you_mean(str(details['input']), choices)}"
    if kind == "union_tag_not_found":
        return "expected a mapping of keys to values" if not isinstance(details["input"], dict) else _no_type()
    return _SENTENCES.get(kind) or details["msg"][:1].lower() + details["msg"][1:]


def _no_type() -> str:
    return f"has no `type`: {', '.join(KINDS)}, or one of another package"


def _quoted(value: object) -> str:
    text = str(value)
    return f'"{text}"' if len(text) <= 30 else "this"


def _container(data: Any, at: KeyPath) -> Any:
    for part in at[:-1]:
        data = data[part]
    return data


def _line(document: Document, problem: Problem) -> str:
    return f"{document.path.name}:{document.line(problem.at)}: {dotted(problem.at)}: {problem.what}"


def dotted(at: KeyPath) -> str:
    """A key path as people write it: `sources.archive.files[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in at).lstrip(".")


def _bound(settings: Settings, document: Document) -> Settings:
    """Tell secrets where they stand, and settings where they come from and what to warn of."""
    folder, warnings = document.path.parent, []
    sources = {}
    for name, source in settings.sources.items():
        own = {key: value for key, value in source if isinstance(value, Secret)}
        bound = {key: secret.bound(f"sources.{name}.{key}", folder) for key, secret in own.items()}
        sources[name] = source.model_copy(update=bound)
        warnings += [_literal(document, ("sources", name, key)) for key in own if own[key].literal]
    store = settings.store_reference
    result = settings.model_copy(
        update={"sources": sources, "store_reference": store.bound("store", folder) if store else None}
    )
    result._path, result._warnings = document.path, tuple(warnings)
    return result


def _literal(document: Document, at: KeyPath) -> str:
    variable = re.sub(r"\W", "_", "_".join(map(str, at[1:]))).upper()
    return _line(
        document, Problem(at, f'the secret itself stands in the config; move it out, e.g. to "env:{variable}"')
    )
