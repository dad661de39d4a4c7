"""Secrets: fetched when they are used, never shown, and a sentence when they cannot be had."""

import copy
import pickle
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

import pytest

from pmsync.config import Secret, load
from pmsync.errors import ConfigError, CredentialsError

HUSH = "hush-hush-1234567890"


def secret(reference: str, folder: Path = Path()) -> Secret:
    return Secret(reference, setting="sources.shop.token", folder=folder)


def failure(reference: str, folder: Path = Path()) -> str:
    with pytest.raises(CredentialsError) as caught:
        secret(reference, folder).reveal()
    assert caught.value.exit_code == 4
    assert HUSH not in "".join(traceback.format_exception(caught.value))
    return str(caught.value).removeprefix("sources.shop.token: ")


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", HUSH + "\n")
    assert secret("env:JIRA_TOKEN").reveal() == HUSH


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("JIRA_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("JIRA_TOKEN", value)
    assert failure("env:JIRA_TOKEN") == "environment variable JIRA_TOKEN is not set"


@pytest.mark.parametrize("content", [HUSH, HUSH + "\n", HUSH + "\r\n", "\ufeff" + HUSH, HUSH + "\nuser: ann\n"])
def test_a_file_next_to_the_config(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content, encoding="utf-8", newline="")
    assert secret("file:token", tmp_path).reveal() == HUSH
    assert secret(f"file:{tmp_path}/token").reveal() == HUSH


def test_a_file_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text(HUSH)
    assert secret("file:~/token", Path("/elsewhere")).reveal() == HUSH


def test_a_file_that_does_not_help(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(CredentialsError) as caught:
        secret("file:no", tmp_path).reveal()
    assert "name another file" in caught.value.hint
    assert failure("file:no", tmp_path) == f"cannot read file {tmp_path}/no: No such file or directory"
    assert failure("file:empty", tmp_path) == f"file {tmp_path}/empty is empty"
    assert failure("file:binary", tmp_path) == f"file {tmp_path}/binary is not text"


def test_a_command_runs_without_a_shell(tmp_path: Path) -> None:
    assert secret(f"command:echo '{HUSH}' $HOME;ls").reveal() == f"{HUSH} $HOME;ls"
    (tmp_path / "token").write_text(HUSH + "\nuser: ann\n")
    assert secret("command:cat token", tmp_path).reveal() == HUSH


def test_a_command_that_does_not_help(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    script = f"import sys; print('{HUSH}'); print('{HUSH}', file=sys.stderr); sys.exit(3)"
    told = failure(f'command:{sys.executable} -c "{script}"')
    assert told == f'command "{sys.executable}" ended with exit code 3; run it by hand to see why'
    assert failure("command:true") == 'command "true" printed nothing'
    assert failure("command:no-such-program-here x") == (
        'command "no-such-program-here" cannot be run: No such file or directory'
    )
    monkeypatch.setattr("pmsync.config.secret.COMMAND_SECONDS", 0.01)
    assert failure("command:sleep 5") == 'command "sleep" did not end within 0.01 seconds'
    assert capfd.readouterr() == ("", "")


class TestKeyring:
    def stand_in(self, monkeypatch: pytest.MonkeyPatch, found: object) -> list[tuple[str, str]]:
        asked: list[tuple[str, str]] = []

        def get_password(service: str, user: str) -> object:
            asked.append((service, user))
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
        return asked

    def test_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.stand_in(monkeypatch, HUSH)
        assert secret("keyring:work/pmsync/ann").reveal() == HUSH
        assert asked == [("work/pmsync", "ann")]

    def test_not_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stand_in(monkeypatch, None)
        assert failure("keyring:pmsync/ann") == 'the keyring has no password of "ann" for "pmsync"'

    def test_locked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stand_in(monkeypatch, RuntimeError(f"locked with {HUSH}"))
        assert failure("keyring:pmsync/ann") == "the keyring cannot be read (RuntimeError)"

    def test_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "keyring", None)
        assert failure("keyring:pmsync/ann") == "needs the keyring package: pip install 'pmsync[keyring]'"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pmsync.yaml"
    path.write_text(
        f"sources:\n  shop:\n    type: jira\n    url: https://j.example.org\n    token: {HUSH}\n"
        f"  rows: {{type: linear, token: {HUSH}}}\n"
    )
    return path


def test_a_literal_works_with_a_warning_that_does_not_repeat_it(config: Path) -> None:
    settings = load(config)
    assert settings.sources["shop"].token.reveal() == HUSH
    assert settings.warnings == (
        "pmsync.yaml:5: sources.shop.token: the secret itself stands in the config; "
        'move it out, for example to "env:SHOP_TOKEN"',
    )


def test_a_secret_never_shows(config: Path) -> None:
    settings = load(config)
    shop = settings.sources["shop"]
    shown = [repr(settings), str(settings), repr(shop), str(shop.token), f"{shop.token!r}", str(shop.model_dump())]
    assert HUSH not in "".join([*shown, shop.model_dump_json(), str(list(shop))])


def test_a_secret_cannot_be_pickled(config: Path) -> None:
    token = load(config).sources["shop"].token
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            attempt(token)


def test_a_wrong_config_does_not_show_its_secrets(config: Path) -> None:
    config.write_text(config.read_text().replace("url: https", f"emial: {HUSH}\n    url: ftp"))
    with pytest.raises(ConfigError, match="has 2 mistakes") as caught:
        load(config)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    assert HUSH not in told


def test_secrets_of_a_config_know_their_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pmsync.yaml"
    path.write_text("sources: {ads: {type: trello, key: file:key, token: env:PMSYNC_NO}}")
    (tmp_path / "key").write_text("abc\n")
    monkeypatch.chdir("/")
    ads = load(path).sources["ads"]
    assert ads.key.reveal() == "abc"
    with pytest.raises(CredentialsError, match=r"^sources\.ads\.token: environment variable PMSYNC_NO is not set$"):
        ads.token.reveal()
