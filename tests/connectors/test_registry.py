"""Built-in connectors by name, others by entry point, helpful words for the rest."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from pmsync.connectors import registry
from pmsync.connectors.interface import Context
from pmsync.errors import ConfigError

CONTEXT = Context(timezone=ZoneInfo("UTC"))


def others(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint("youtrack", value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])


def test_a_third_party_comes_by_entry_point(monkeypatch):
    others(monkeypatch, "types:SimpleNamespace")
    monkeypatch.setattr(registry, "_load", lambda entry: lambda name, settings, context: (name, settings.type, context))
    made = registry.connect("yt", SimpleNamespace(type="youtrack"), CONTEXT)
    assert made == ("yt", "youtrack", CONTEXT)


def test_a_broken_third_party_is_named(monkeypatch):
    others(monkeypatch, "no_such_module:connect")
    with pytest.raises(ConfigError, match=r"youtrack \(no_such_module:connect\) cannot be loaded"):
        registry.factory("youtrack")


@pytest.mark.parametrize(
    ("kind", "hint"), [("jria", "did you mean `jira`"), ("zzz", "known: jira, trello, trello-export")]
)
def test_an_unknown_kind_gets_help(kind, hint):
    with pytest.raises(ConfigError) as caught:
        registry.factory(kind)
    assert hint in caught.value.hint
