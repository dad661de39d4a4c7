"""`pmsync init`, `doctor`, `boards`, `config`: from nothing to a first sync."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from scripted import play

Pmsync = Callable[..., Any]


class TestInit:
    @pytest.mark.parametrize(
        ("options", "source"),
        [
            (
                [
                    "--type",
                    "jira",
                    "--url",
                    "https://example.atlassian.net",
                    "--email",
                    "ann@example.org",
                    "--project",
                    "PAY",
                ],
                {
                    "type": "jira",
                    "url": "https://example.atlassian.net",
                    "email": "ann@example.org",
                    "token": "env:JIRA_TOKEN",
                    "projects": ["PAY"],
                },
            ),
            (["--type", "trello"], {"type": "trello", "key": "env:TRELLO_KEY", "token": "env:TRELLO_TOKEN"}),
            (["--type", "trello-export", "--file", "a.json"], {"type": "trello-export", "files": ["a.json"]}),
        ],
    )
    def test_a_config_is_written_that_checks_clean(
        self, folder: Path, pmsync: Pmsync, options: list[str], source: dict[str, Any]
    ) -> None:
        assert pmsync("init", *options).code == 0
        written = yaml.safe_load((folder / "pmsync.yaml").read_text())
        assert written["sources"] == {options[1]: source}
        assert pmsync("config", "check").code == 0

    def test_a_config_that_is_there_is_kept(self, config: Path, pmsync: Pmsync) -> None:
        before = config.read_text()
        ended = pmsync("init", "--type", "trello")
        assert ended.code == 2
        assert "--force" in ended.err
        assert config.read_text() == before

    def test_a_wrong_answer_leaves_no_file(self, folder: Path, pmsync: Pmsync) -> None:
        ended = pmsync("init", "--type", "jira", "--url", "http://jira.example.org", "--token", "env:T")
        assert ended.code == 3
        assert list(folder.iterdir()) == []


class TestConfig:
    def test_the_schema_accepts_the_config(self, config: Path, pmsync: Pmsync) -> None:
        jsonschema.validate(yaml.safe_load(config.read_text()), json.loads(pmsync("config", "schema").out))

    def test_show_prints_every_setting_and_no_secret(self, folder: Path, pmsync: Pmsync) -> None:
        source = "{type: trello, key: env:TRELLO_KEY, token: ATTAverysecret}"
        (folder / "pmsync.yaml").write_text(f"sources:\n  board: {source}\n")
        ended = pmsync("config", "show")
        assert yaml.safe_load(ended.out)["sources"]["board"]["key"] == "env:TRELLO_KEY"
        assert "verysecret" not in ended.out + ended.err


@pytest.mark.usefixtures("config")
class TestDoctor:
    def test_what_is_fine_is_said(self, pmsync: Pmsync) -> None:
        ended = pmsync("doctor")
        assert ended.code == 0
        assert ended.out.splitlines()[-1] == "ok      shop: plays its script"

    def test_findings_come_as_json_too(self, pmsync: Pmsync) -> None:
        assert [row["subject"] for row in json.loads(pmsync("doctor", "-o", "json").out)] == ["config", "store", "shop"]

    def test_boards_are_listed(self, pmsync: Pmsync) -> None:
        play(shop=[])
        assert json.loads(pmsync("boards", "-o", "json").out) == [
            {"source": "shop", "id": "b1", "name": "Board", "kind": "scripted", "closed": False, "url": ""}
        ]
