"""Checks that look at more than one key. They read data that may be wrong anywhere, so that every mistake shows."""

from collections.abc import Iterator
from typing import Any

from pmsync.config.document import KeyPath, Problem
from pmsync.config.secret import Secret, mixed_up
from pmsync.config.settings import PersonEntry, RoleOverride
from pmsync.config.sources import kind_of
from pmsync.config.values import split
from pmsync.errors import did_you_mean

CONDITIONS = [name for name in RoleOverride.model_fields if name not in {"role", "duty", "why"}]


def mistakes(data: dict[str, Any]) -> Iterator[Problem]:
    """What is wrong with the whole, whatever the types of its parts."""
    if data.get("sources", {}) == {}:
        yield Problem(("sources",), "missing: name at least one tracker to read")
    checks = {"jira": _jira, "trello": _trello, "trello-export": _meaning}
    for at, source in _mappings(data, "sources"):
        if check := checks.get(kind_of(source) or ""):
            yield from (Problem((*at, *problem.at), problem.what) for problem in check(source))
    yield from _people(data)
    for at, override in _mappings(data.get("roles"), "overrides"):
        if not override.keys() & set(CONDITIONS):
            yield Problem(("roles", *at), f"fits everything; give at least one of {', '.join(CONDITIONS)}")


def _mappings(section: Any, key: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """The entries of a mapping or list of mappings that are what they should be."""
    entries = section.get(key) if isinstance(section, dict) else None
    pairs = entries.items() if isinstance(entries, dict) else enumerate(entries if isinstance(entries, list) else ())
    for name, entry in pairs:
        if isinstance(entry, dict):
            yield (key, name), entry


def _people(data: dict[str, Any]) -> Iterator[Problem]:
    sources = data.get("sources")
    if not isinstance(sources, dict):
        return
    for at, person in _mappings(data, "people"):
        for key in person.keys() - sources.keys() - PersonEntry.model_fields.keys():
            yield Problem((*at, key), f"no such source{did_you_mean(key, [*sources, *PersonEntry.model_fields])}")


def _jira(source: dict[str, Any]) -> Iterator[Problem]:
    given = source.keys()
    cloud = str(split(source.get("url")).hostname).endswith(".atlassian.net")
    token, password, username = ("token" in given), ("password" in given), ("username" in given)
    nobody, lone_key = not given & {"email", "cloud_id"}, "client_key" in given and "client_cert" not in given
    rules = (
        (cloud and not token, "token", "missing: a Jira Cloud site is read with email and token"),
        (cloud and password, "password", "Jira Cloud accepts no passwords"),
        (not cloud and not token and not password, "token", "missing: give a token, or username and password"),
        (token and password, "password", "give either a token or a password, not both"),
        (password and not username, "username", "missing: a password needs its login name"),
        (username and token, "username", "belongs to a password; a token needs none"),
        (cloud and nobody, "email", "missing: a Jira Cloud token needs the e-mail address of its account"),
        (lone_key, "client_cert", "missing: client_key needs its certificate"),
    )
    yield from (Problem((key,), what) for wrong, key, what in rules if wrong)


def _trello(source: dict[str, Any]) -> Iterator[Problem]:
    for name in ("key", "token"):
        value = str(source.get(name))
        if Secret(value).literal and (what := mixed_up(name, value)):
            yield Problem((name,), what)
    yield from _meaning(source)


def _meaning(source: dict[str, Any]) -> Iterator[Problem]:
    """The mapping of a Trello source."""
    seen: dict[str, str] = {}
    stages = source.get("stages")
    for category, lists in stages.items() if isinstance(stages, dict) else ():
        for index, name in enumerate(lists if isinstance(lists, list) else ()):
            if (other := seen.setdefault(str(name).lower(), category)) != category:
                yield Problem(("stages", category, index), f'the list "{name}" is "{other}" already')
    sprint = source.get("sprint")
    if isinstance(sprint, dict) and len(one := sprint.keys() & {"start", "length"}) == 1:
        yield Problem(("sprint", *({"start", "length"} - one)), "missing: start and length go together")
