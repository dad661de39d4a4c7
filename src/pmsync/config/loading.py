"""Turns a config file into settings, or into one error that lists every mistake with its line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pmsync.config.checks import mistakes
from pmsync.config.document import Document, KeyPath, Problem, read
from pmsync.config.secret import Secret
from pmsync.config.settings import Settings
from pmsync.config.sources import KINDS
from pmsync.config.values import PASSWORD, Reading
from pmsync.errors import ConfigError, did_you_mean

_EXPECTED = {  # the beginnings of pydantic's error types
    "missing": "missing",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_pattern": 'use only small letters, digits, "-" and "_"',
    "tuple": "expected a list, like [A, B]",
    "dict": "expected keys and values",
    "model": "expected keys and values",
    "string": "expected text",
    "path": "expected a path",
    "bool": "expected true or false",
    "int": "expected a whole number",
    "float": "expected a number",
    "date": "expected a day, like 2026-01-31",
}


def load(path: Path) -> Settings:
    """Read a config.

    Raises:
        ConfigError: `problems` lists every mistake, as `pmsync.yaml:7: sources.shop.projets: unknown key; ...`.
    """
    document = read(path.absolute())
    settings, problems = _validated(document)
    if settings and not problems:
        return _bound(settings, document)
    count = f"{len(problems)} mistake{'s' * (len(problems) > 1)}"
    raise ConfigError(f"The config {document.path} has {count}.", problems=[document.sentence(p) for p in problems])


def _validated(document: Document) -> tuple[Settings | None, list[Problem]]:
    """The settings, and the problems in the order of the file, one per key."""
    reading, settings, wrong = Reading(document.path.parent), None, []
    try:
        settings = Settings.model_validate(document.data, context=reading)
    except ValidationError as error:
        wrong = [_problem(details, document.data, reading) for details in error.errors(include_url=False)]
    found = [*document.problems, *mistakes(document.data), *wrong]
    one_each = {problem.at: problem for problem in reversed(found)}.values()
    return settings, sorted(one_each, key=lambda problem: (document.line(problem.at), str(problem.at)))


def _problem(details: ErrorDetails, data: Any, reading: Reading) -> Problem:
    at = details["loc"]
    if at[0] == "sources" and len(at) > 2:
        at = (*at[:2], *(at[3:] if at[2] != "[key]" else at[2:]))  # pydantic puts the kind of source in between
    if at[-1] == "[key]":
        at = at[:-1]
    return Problem(at, _what(details, at, data, reading))


def _what(details: ErrorDetails, at: KeyPath, data: Any, reading: Reading) -> str:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        known = reading.keys[id(_around(data, at))]
        return "unknown key" + (did_you_mean(str(at[-1]), known) or f"; known here: {', '.join(sorted(known))}")
    if kind in {"enum", "literal_error"}:
        choices = KINDS if at[-1] == "type" else re.findall(r"'([^']*)'", context["expected"])
        word = f'"{value}"' if len(str(value)) < 30 else "this"
        return f"{word} is not one of {', '.join(choices)}{did_you_mean(str(value), choices)}"
    if kind == "union_tag_not_found":
        return f"has no `type`, such as {', '.join(KINDS)}" if isinstance(value, dict) else _EXPECTED["dict"]
    expected = next((text for beginning, text in _EXPECTED.items() if kind.startswith(beginning)), None)
    return expected or details["msg"].replace("Input should be", "must be")


def _around(data: Any, at: KeyPath) -> Any:
    for part in at[:-1]:
        data = data[part]
    return data


def _bound(settings: Settings, document: Document) -> Settings:
    """Tell secrets which setting they are, and settings where they come from and what to warn of."""
    folder, store = document.path.parent, settings.store_reference
    sources: dict[str, Any] = {}
    for name, source in settings.sources.items():
        own = {key: value for key, value in source if isinstance(value, Secret)}
        bound = {key: secret.bound(f"sources.{name}.{key}", folder) for key, secret in own.items()}
        sources[name] = source.model_copy(update=bound)
    changed = {"sources": sources, "store_reference": store and store.bound("store", folder)}
    result = settings.model_copy(update=changed)
    result.locate(document.path, tuple(document.sentence(problem) for problem in _literals(settings)))
    return result


def _literals(settings: Settings) -> Iterator[Problem]:
    """A warning for each secret that stands in the config itself."""
    what = 'the secret itself stands in the config; move it out, for example to "env:{}"'
    store = settings.store_reference
    if store and store.literal and PASSWORD.search(store.reveal()):
        yield Problem(("store",), what.format("PMSYNC_STORE"))
    for name, source in settings.sources.items():
        for key, value in source:
            if isinstance(value, Secret) and value.literal:
                yield Problem(("sources", name, key), what.format(f"{name}_{key}".replace("-", "_").upper()))
