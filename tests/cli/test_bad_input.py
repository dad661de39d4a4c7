"""Whatever goes wrong: one sentence that says what, where and what to do, the documented exit code, nothing lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted import play

from builders import make_item
from pmsync.store import lock

Pmsync = Callable[..., Any]
ROOT = Path(__file__).parents[2]


class TestConfig:
    def test_a_wrong_key_is_named_with_file_line_and_the_nearest_name(self, folder: Path, pmsync: Pmsync) -> None:
        (folder / "pmsync.yaml").write_text("timezone: Europe/Berlin\nsorces: {}\nscheme: project-manger\n")
        ended = pmsync("config", "check")
        assert ended.code == 3
        assert 'pmsync.yaml:2: sorces: unknown key; did you mean "sources"?' in ended.err
        assert "pmsync.yaml:3" in ended.err

    def test_no_config_at_all_says_where_it_was_looked_for_and_how_to_write_one(self, pmsync: Pmsync) -> None:
        ended = pmsync("sync")
        assert ended.code == 3
        assert "pmsync init" in ended.err

    def test_a_missing_secret_names_setting_and_variable(self, folder: Path, pmsync: Pmsync) -> None:
        source = "{type: jira, url: https://example.atlassian.net, email: a@example.org, token: env:NOT_SET_HERE}"
        (folder / "pmsync.yaml").write_text(f"sources:\n  shop: {source}\n")
        ended = pmsync("sync")
        assert ended.code == 4
        assert "sources.shop.token" in ended.err
        assert "NOT_SET_HERE" in ended.err


@pytest.mark.usefixtures("config")
class TestStore:
    def test_a_store_of_a_newer_version_is_left_alone(self, folder: Path, pmsync: Pmsync) -> None:
        play(shop=[])
        pmsync("sync")
        with sqlite3.connect(folder / "store.sqlite") as database:
            database.execute("UPDATE pmsync_version SET version_num = 'from-the-future'")
        ended = pmsync("items")
        assert ended.code == 3
        assert "newer pmsync" in ended.err

    def test_a_file_that_is_no_store_is_left_alone(self, folder: Path, pmsync: Pmsync) -> None:
        (folder / "store.sqlite").write_text("my diary, " * 100)
        ended = pmsync("items")
        assert ended.code == 3
        assert (folder / "store.sqlite").read_text().startswith("my diary")

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_may_not_be_written(self, folder: Path, pmsync: Pmsync) -> None:
        (folder / "closed").mkdir(mode=0o500)
        ended = pmsync("--store", "closed/store.sqlite", "items")
        assert ended.code == 3
        assert "closed/store.sqlite" in ended.err

    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("postgresql://ann:hunter2@127.0.0.1:9/pm", "postgresql://127.0.0.1/pm cannot be used"),
            ("mysql://ann:hunter2@127.0.0.1/pm", "cannot be kept in 'mysql'"),
            ("/dev/null/store.sqlite", "/dev/null/store.sqlite cannot be written"),
        ],
    )
    def test_a_store_that_cannot_be_there(self, pmsync: Pmsync, address: str, words: str) -> None:
        ended = pmsync("--store", address, "items")
        assert ended.code == 3
        assert words in ended.err
        assert "hunter2" not in ended.err

    def test_two_runs_at_once(self, folder: Path, pmsync: Pmsync) -> None:
        play(shop=[[make_item("1")]])
        with lock(str(folder / "store.sqlite")):
            ended = pmsync("sync")
        assert ended.code == 5
        assert f"pid {os.getpid()}" in ended.err
        assert pmsync("sync").code == 0


@pytest.mark.usefixtures("config")
class TestReports:
    @pytest.fixture(autouse=True)
    def stored(self, config: Path, pmsync: Pmsync) -> None:
        play(shop=[[make_item("1")]])
        pmsync("sync")

    def test_a_misspelt_variable_is_named_with_file_line_and_the_nearest_name(
        self, folder: Path, pmsync: Pmsync
    ) -> None:
        (folder / "mine.md.j2").write_text("# {{ title }}\n\n{{ done_cuont }}\n")
        ended = pmsync("report", "./mine.md.j2")
        assert ended.code == 7
        assert "mine.md.j2:3" in ended.err
        assert "done_count" in ended.err

    def test_a_template_that_is_not_there_offers_the_nearest(self, pmsync: Pmsync) -> None:
        ended = pmsync("report", "statsu")
        assert ended.code == 7
        assert "status" in ended.err

    @pytest.mark.parametrize("command", [("report", "status"), ("notes", "weekly", "team"), ("items",)])
    def test_a_board_that_does_not_exist_is_no_empty_report(self, pmsync: Pmsync, command: tuple[str, ...]) -> None:
        ended = pmsync(*command, "--board", "Bord")
        assert (ended.code, ended.out) == (2, "")
        assert 'There is no board "Bord" in the store.' in ended.err

    def test_a_format_that_does_not_exist(self, folder: Path, pmsync: Pmsync) -> None:
        ended = pmsync("report", "status", "-o", "status.pdf")
        assert ended.code == 2
        assert ".html" in ended.err
        assert not (folder / "status.pdf").exists()

    @pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs Linux's full device")
    def test_a_device_is_written_to_and_never_replaced(self, pmsync: Pmsync) -> None:
        ended = pmsync("report", "status", "-o", "/dev/full")
        assert ended.code == 7
        assert "/dev/full cannot be written: No space left on device." in ended.err
        assert Path("/dev/full").is_char_device()

    def test_a_link_stays_a_link(self, folder: Path, pmsync: Pmsync) -> None:
        (folder / "latest.md").symlink_to("real.md")
        assert pmsync("report", "status", "-o", "latest.md").code == 0
        assert (folder / "latest.md").is_symlink()
        assert (folder / "real.md").read_text().startswith("# Status")

    def test_a_duty_that_does_not_exist_offers_the_nearest(self, config: Path, pmsync: Pmsync) -> None:
        ended = pmsync("roles", "set", "PAY-1", "PM", "--duty", "budgt")
        assert ended.code == 2
        assert 'Did you mean "budget"?' in ended.err
        config.write_text(config.read_text() + "roles: {overrides: [{label: x, role: PM, duty: budgt}]}\n")
        ended = pmsync("roles", "show")
        assert ended.code == 3
        assert 'entry 1: there is no duty "budgt"' in ended.err

    def test_an_output_that_cannot_be_written(self, folder: Path, pmsync: Pmsync) -> None:
        (folder / "file").write_text("kept")
        ended = pmsync("report", "status", "-o", "file/status.md")
        assert ended.code == 7
        assert "file/status.md" in ended.err
        assert (folder / "file").read_text() == "kept"

    def test_a_wrong_date_or_period_says_what_is_understood(self, pmsync: Pmsync) -> None:
        assert pmsync("report", "status", "--as-of", "yesteryear").code == 2
        ended = pmsync("report", "status", "--period", "next never")
        assert ended.code == 2
        assert "last week" in ended.err

    def test_data_older_than_allowed(self, pmsync: Pmsync) -> None:
        assert pmsync("report", "status", "--max-age", "1d").code == 0
        play(shop=[ConnectionError()])
        ended = pmsync("report", "status", "--max-age", "0m")
        assert ended.code == 8
        assert "shop" in ended.err


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("items", "--type", "bugg"), "Invalid value for '--type'"),
            (("notes", "party", "team"), "Invalid value for 'KIND'"),
            (("--nope",), "No such option"),
            (("synk",), "No such command 'synk'."),
        ],
    )
    def test_it_is_told_like_everything_else(self, pmsync: Pmsync, arguments: tuple[str, ...], words: str) -> None:
        ended = pmsync(*arguments)
        sentence, hint = ended.err.splitlines()
        assert ended.code == 2
        assert sentence.startswith(f"pmsync: {words}")
        assert "--help` shows how it is used." in hint

    def test_no_command_shows_what_there_is(self, pmsync: Pmsync) -> None:
        ended = pmsync()
        assert ended.code == 2
        assert "sync" in ended.err


class TestLabels:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("{broken", "items.jsonl:2: not JSON"),
            ('["a"]', "items.jsonl:2: no object"),
            ('{"id": "1"}', "items.jsonl:2: no object"),
        ],
    )
    def test_a_wrong_line_is_named(self, folder: Path, pmsync: Pmsync, line: str, words: str) -> None:
        (folder / "items.jsonl").write_text('{"id": "0", "title": "Fine"}\n' + line + "\n")
        ended = pmsync("roles", "classify", "items.jsonl")
        assert ended.code == 2
        assert words in ended.err
        assert ended.out.count("\n") == 1


class TestProcess:
    """Manners of the process itself: these start one."""

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pmsync", *arguments]
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, text=True, **{**streams, **options})

    def test_a_pipe_closed_early_is_no_error(self, folder: Path) -> None:
        lines = "".join(f'{{"id": "{number}", "title": "Fix the build"}}\n' for number in range(3000))
        (folder / "many.jsonl").write_text(lines)
        with self.start("roles", "classify", "many.jsonl") as process:
            assert process.stdout
            assert process.stderr
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == ""
            assert process.wait(20) == 0

    def test_ctrl_c_is_one_sentence_and_130(self, folder: Path) -> None:
        with self.start("demo", "--serve", "--jira-port", "0", "--trello-port", "0") as process:
            assert process.stderr
            assert "Serving until Ctrl-C" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            assert process.stderr.read().strip().startswith("pmsync: Stopped")
            assert process.wait(20) == 130

    def test_init_asks_nobody_without_a_terminal(self, folder: Path) -> None:
        with self.start("init") as process:
            assert process.stderr
            assert "Init needs --type" in process.stderr.read()
            assert process.wait(20) == 2


def test_a_bug_keeps_its_traceback_in_a_file(config: Path, pmsync: Pmsync) -> None:
    play(shop=[ZeroDivisionError("secret words")])
    ended = pmsync("sync")
    assert ended.code == 1
    log = Path(ended.err.split("the file ")[1].strip().rstrip("."))
    assert "ZeroDivisionError" in log.read_text()
    log.unlink()
