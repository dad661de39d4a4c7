"""Checks that look at more than one key. They read plain data that may be wrong anywhere, so that every mistake shows."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pmsync.config.nearest import did_you_mean
from pmsync.config.reading import KeyPath, Problem
from pmsync.config.secret import Secret, mixed_up
from pmsync.config.settings import PersonEntry, RoleOverride, kind_of

CONDITIONS = tuple(name for name in RoleOverride.model_fields if name not in {"role", "duty", "why"})


def mistakes(data: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the whole, whatever the types of its parts."""
    sources = data.get("sources", {})
    if sources == {}:
        yield Problem(("sources",), "missing: name at least one tracker to read")
    for name, source in _entries(sources):
        check = {"jira": _jira, "trello": _trello, "trello-export": _mapping}.get(kind_of(source) or "")
        for problem in check(source) if check else ():
            yield Problem(("sources", name, *problem.at), problem.what)
    for name, person in _entries(data.get("people")):
        for key in person.keys() - PersonEntry.model_fields.keys():
            if isinstance(sources, dict) and key not in sources:
                yield Problem(("people", name, key), f"no such source{did_you_mean(key, [*sources, 'name', 'email'])}")
    for index, override in enumerate(_at(data, ("roles", "overrides")) or ()):
        if isinstance(override, dict) and not override.keys() & set(CONDITIONS):
            yield Problem(("roles", "overrides", index), f"says nothing to match; give one of {', '.join(CONDITIONS)}")


def _entries(section: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, entry in section.items() if isinstance(section, dict) else ():
        if isinstance(entry, dict):
            yield name, entry


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _jira(source: Mapping[str, Any]) -> Iterator[Problem]:
    cloud = _host(source.get("url")).endswith(".atlassian.net")
    if "token" not in source and not {"username", "password"} <= source.keys():
        yield Problem(("token",), "missing: give a token" + ("" if cloud else ", or username and password"))
    if "token" in source and "password" in source:
        yield Problem(("password",), "give either a token or a password, not both")
    if cloud and "email" not in source and "cloud_id" not in source:
        yield Problem(("email",), "missing: a Jira Cloud token works only with the e-mail address of its account")
    if cloud and "token" not in source and "password" in source:
        yield Problem(("password",), "Jira Cloud accepts no passwords; use email and token")
    if "client_key" in source and "client_cert" not in source:
        yield Problem(("client_cert",), "missing: client_key needs its certificate")


def _host(url: Any) -> str:
    try:
        return urlsplit(url).hostname or "" if isinstance(url, str) else ""
    except ValueError:
        return ""


def _trello(source: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("key", "token"):
        value = source.get(name)
        if isinstance(value, str) and Secret(value).literal and (what := mixed_up(name, value)):
            yield Problem((name,), what)
    yield from _mapping(source)


def _mapping(source: Mapping[str, Any]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    stages = source.get("stages")
    for category, lists in stages.items() if isinstance(stages, dict) else ():
        for index, name in enumerate(lists if isinstance(lists, list) else ()):
            if seen.setdefault(str(name).lower(), category) != category:
                yield Problem(("stages", category, index), f'"{name}" is under "{seen[str(name).lower()]}" already')
    sprint = source.get("sprint")
    if isinstance(sprint, dict) and ("start" in sprint) != ("length" in sprint):
        absent = "length" if "start" in sprint else "start"
        yield Problem(("sprint", absent), "missing: start and length go together")
