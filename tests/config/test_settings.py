"""What a right config means."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from pmsync.config import ExportSource, JiraSource, PluginSource, TrelloSource, find_config, load, show, show_text
from pmsync.config import Settings as Config
from pmsync.errors import ConfigError, CredentialsError
from pmsync.model import Category, ItemType, Role

FULL = r"""
timezone: Europe/Berlin
sources:
  shop: {type: jira, url: https://example.atlassian.net/, email: ann@example.org, token: env:JIRA_TOKEN,
         projects: [PAY, NO, 0042], types: {Spike: task}}
  local: {type: jira, url: "http://127.0.0.1:8080/jira/", token: s3cr3t}
  ads:
    type: trello
    key: env:K
    token: file:token
    boards: [12e45678, Launch plan, 2026-01-05]
    stages: {done: [Live, Yes]}
    points: {title: no, label: '(\d+) pts'}
    sprint: {start: 2026-01-05, length: 2w}
    types: {bug: [Bug]}
  old: {type: trello-export, files: [exports/*.json]}
  rows: {type: linear, team: 7, deep: {on: true, ratio: 0.5, list: [1, "1", yes]}, api_token: hush, region: env:REGION}
people: {anna: {email: anna@example.org, shop: 123, ads: anna_k}}
roles: {overrides: [{label: po-work, role: PO}, {board: Ops, role: PM, duty: ops, why: because}]}
sync: {max_wait: 90, sweep_every: 1d, overlap: "5m"}
"""


def config(folder: Path, text: str) -> Config:
    path = folder / "pmsync.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.fixture
def full(tmp_path: Path) -> Config:
    return config(tmp_path, FULL)


def test_each_source_has_the_class_of_its_type(full: Config) -> None:
    classes = {name: type(source) for name, source in full.sources.items()}
    assert classes == {
        "shop": JiraSource, "local": JiraSource, "ads": TrelloSource, "old": ExportSource, "rows": PluginSource,
    }  # fmt: skip


def test_words_stay_what_is_written(full: Config) -> None:
    """YAML alone would read false, 42, infinity and a date."""
    assert full.sources["shop"].projects == ("PAY", "NO", "0042")
    assert full.sources["ads"].boards == ("12e45678", "Launch plan", "2026-01-05")
    assert full.people["anna"].accounts == {"shop": "123", "ads": "anna_k"}
    assert full.sources["ads"].stages == {Category.DONE: ("Live", "Yes")}


def test_values_are_typed(full: Config) -> None:
    ads = full.sources["ads"]
    assert (ads.points.title, ads.points.label, ads.sprint.start) == (False, r"(\d+) pts", date(2026, 1, 5))
    assert ads.sprint.length == 14 * 86_400
    assert ads.types == {ItemType.BUG: ("Bug",)}
    assert full.sources["shop"].types == {"Spike": ItemType.TASK}
    assert (full.sync.max_wait, full.sync.sweep_every, full.sync.overlap) == (90, 86_400, 300)
    assert [rule.role for rule in full.roles.overrides] == [Role.PO, Role.PM]
    assert full.zone.key == "Europe/Berlin"


def test_defaults(tmp_path: Path) -> None:
    settings = config(tmp_path, "sources: {old: {type: trello-export, files: [a.json]}}")
    assert (settings.timezone, settings.scheme, settings.templates) == ("UTC", "project-manager", None)
    assert (settings.sync.max_wait, settings.sync.vanish_limit, settings.sync.connections) == (120, 0.2, 8)
    assert settings.sources["old"].done.due_complete
    assert settings.warnings == ()


def test_a_slash_at_the_end_of_an_address_does_not_matter(full: Config) -> None:
    assert full.sources["shop"].url == "https://example.atlassian.net"
    assert full.sources["local"].url == "http://127.0.0.1:8080/jira"


def test_a_connector_from_elsewhere_gets_its_options_as_yaml_has_them(full: Config) -> None:
    assert full.sources["rows"].options == {
        "team": 7,
        "deep": {"on": True, "ratio": 0.5, "list": [1, "1", "yes"]},
        "api_token": "hush",
        "region": "env:REGION",
    }


def test_settings_are_frozen(full: Config) -> None:
    with pytest.raises(ValidationError):
        full.timezone = "UTC"  # type: ignore[misc]


def test_settings_know_their_file(full: Config, tmp_path: Path) -> None:
    assert (full.path, full.folder) == (tmp_path / "pmsync.yaml", tmp_path)


def test_relative_paths_start_at_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "our.yaml").touch()
    (tmp_path / "ca.pem").touch()
    text = (
        "templates: mine\nscheme: our.yaml\nstore: data/x.db\n"
        "sources: {a: {type: jira, url: https://j.example.org, token: env:T, ca_bundle: ca.pem}}"
    )
    settings = config(tmp_path, text)
    monkeypatch.chdir("/")
    assert settings.templates == tmp_path / "mine"
    assert settings.scheme == str(tmp_path / "our.yaml")
    assert settings.sources["a"].ca_bundle == tmp_path / "ca.pem"
    assert settings.store == str(tmp_path / "data/x.db")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("x.db", "{folder}/x.db"),
        ("/var/x.db", "/var/x.db"),
        ("sqlite:///x.db", "sqlite:///{folder}/x.db"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("sqlite://", "sqlite://"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("env:PMSYNC_STORE", "postgresql://ann:hush@host/db"),
    ],
)
def test_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, meant: str) -> None:
    monkeypatch.setenv("PMSYNC_STORE", "postgresql://ann:hush@host/db")
    settings = config(tmp_path, f"store: {written}\nsources: {{o: {{type: trello-export, files: [a]}}}}")
    assert settings.store == meant.format(folder=tmp_path)
    assert settings.warnings == ()
    assert "hush" not in show_text(settings) + repr(settings)


def test_a_store_in_a_missing_variable_names_the_setting(tmp_path: Path) -> None:
    settings = config(tmp_path, "store: env:PMSYNC_NO\nsources: {o: {type: trello-export, files: [a]}}")
    with pytest.raises(CredentialsError, match=r"^store: environment variable PMSYNC_NO is not set$"):
        _ = settings.store


def test_a_password_in_the_store_is_warned_of_and_hidden(tmp_path: Path) -> None:
    text = "store: postgresql://ann:hush@host/db\nsources: {o: {type: trello-export, files: [a]}}"
    settings = config(tmp_path, text)
    assert settings.warnings == (
        'pmsync.yaml:1: store: the secret itself stands in the config; move it out, for example to "env:PMSYNC_STORE"',
    )
    assert show(settings)["store"] == "***"


def test_every_config_has_a_store_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    text = "sources: {o: {type: trello-export, files: [a]}}"
    stores = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        stores.append(config(tmp_path / name, text).store)
    assert stores[0] != stores[1]
    assert stores[0] == load(tmp_path / "one" / "pmsync.yaml").store
    assert Path(stores[0]).parent == tmp_path / "data" / "pmsync"
    assert Path(stores[0]).name.startswith("one-")


class TestShow:
    def test_secrets_are_references_or_stars(self, full: Config) -> None:
        shown = show(full)["sources"]
        assert shown["shop"]["token"] == "env:JIRA_TOKEN"
        assert shown["local"]["token"] == "***"
        assert shown["rows"]["api_token"] == "***"
        assert shown["rows"]["region"] == "env:REGION"

    def test_durations_are_shown_as_people_write_them(self, full: Config) -> None:
        sync = show(full)["sync"]
        assert (sync["max_wait"], sync["sweep_every"], sync["overlap"]) == ("90s", "1d", "5m")

    def test_defaults_are_shown(self, full: Config) -> None:
        assert show(full)["sync"]["connections"] == 8

    def test_it_can_be_read_again(self, full: Config, tmp_path: Path) -> None:
        again = tmp_path / "again.yaml"
        again.write_text(show_text(full), encoding="utf-8")
        assert show(load(again)) == show(full)


class TestFindConfig:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
        monkeypatch.delenv("PMSYNC_CONFIG", raising=False)
        return tmp_path / "home"

    def test_in_this_order(self, tmp_path: Path, home: Path) -> None:
        own, here = home / "pmsync" / "pmsync.yaml", tmp_path / "pmsync.yaml"
        named, asked = tmp_path / "named.yaml", tmp_path / "asked.yaml"
        own.parent.mkdir(parents=True)
        environ = {"PMSYNC_CONFIG": str(named)}
        own.touch()
        assert find_config(cwd=tmp_path) == own
        here.touch()
        assert find_config(cwd=tmp_path) == here
        named.touch()
        assert find_config(environ=environ, cwd=tmp_path) == named
        asked.touch()
        assert find_config("asked.yaml", environ, tmp_path) == asked

    def test_none_at_all_says_where_it_looked(self, tmp_path: Path, home: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            find_config(cwd=tmp_path)
        assert str(caught.value) == f"There is no config {tmp_path}/pmsync.yaml nor {home}/pmsync/pmsync.yaml."
        assert "pmsync init" in caught.value.hint

    def test_the_one_asked_for_is_not_replaced_by_another(self, tmp_path: Path) -> None:
        (tmp_path / "pmsync.yaml").touch()
        with pytest.raises(ConfigError, match=r"There is no config .*/no\.yaml\."):
            find_config("no.yaml", cwd=tmp_path)
        with pytest.raises(ConfigError, match="Is a directory") as caught:
            load(find_config(tmp_path))
        assert f"{tmp_path}/pmsync.yaml" in caught.value.hint
        with pytest.raises(ConfigError, match=r"\$PMSYNC_CONFIG names it"):
            find_config(environ={"PMSYNC_CONFIG": "no.yaml"}, cwd=tmp_path)
