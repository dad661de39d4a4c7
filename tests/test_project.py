"""House rules: what is documented is what the program does, and starting it costs next to nothing."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pmsync import errors
from pmsync.cli.main import INTERRUPTED, cli
from pmsync.connectors.registry import BUILT_IN

ROOT = Path(__file__).parents[1]
COMMANDS_PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
HEAVY = {"jira", "trello", "requests", "jinja2", "sqlalchemy", "alembic", "pydantic", "rich", "yaml", "msgspec"}


def commands(group: click.Group = cli, path: str = "pmsync") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


ALL = dict(commands())


class TestStart:
    @pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["--version"], []])
    def test_no_heavy_library_is_imported(self, arguments: list[str]) -> None:
        code = (
            "import sys\nfrom pmsync.cli.main import run\n"
            f"try: run({arguments})\nexcept SystemExit: pass\n"
            f"print('LOADED', *({HEAVY} & set(sys.modules)))"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert found.stdout.rsplit("LOADED", 1)[1].split() == []

    def test_the_package_runs_as_a_module(self) -> None:
        found = subprocess.run(
            [sys.executable, "-m", "pmsync", "--version"], capture_output=True, text=True, check=True
        )
        assert re.fullmatch(r"pmsync \d+\.\d+\.\d+\n", found.stdout)


class TestCommandsPage:
    @pytest.mark.parametrize("path", ALL)
    def test_every_command_has_help_and_a_place_on_the_page(self, path: str) -> None:
        assert ALL[path].help
        words = path.removeprefix("pmsync ")
        assert f"`pmsync {words}" in COMMANDS_PAGE or f"`{words}" in COMMANDS_PAGE

    @pytest.mark.parametrize("path", ALL)
    def test_every_option_is_on_the_page(self, path: str) -> None:
        options = [option for option in ALL[path].params if isinstance(option, click.Option)]
        missing = [
            name for option in options for name in option.opts if name.startswith("--") and name not in COMMANDS_PAGE
        ]
        assert missing == []

    def test_every_global_option_is_on_the_page(self) -> None:
        assert [
            name for option in cli.params for name in option.opts if name not in COMMANDS_PAGE and name != "-h"
        ] == []

    def test_no_option_is_made_up(self) -> None:
        real = {name for command in (cli, *ALL.values()) for option in command.params for name in option.opts}
        assert set(re.findall(r"--[a-z][a-z-]+", COMMANDS_PAGE)) - real - {"--help"} == set()

    def test_every_exit_code_is_on_the_page(self) -> None:
        raised = {
            kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
        }
        listed = {int(code) for code in re.findall(r"^\| (\d+) \|", COMMANDS_PAGE, re.MULTILINE)}
        assert listed == raised - {9} | {0, INTERRUPTED}  # 9 belongs to `check`, which is still to come


class TestPages:
    def test_every_connector_is_on_its_page(self) -> None:
        page = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
        assert [kind for kind in BUILT_IN if f"`{kind}`" not in page] == []

    def test_the_readme_starts_with_the_two_commands(self) -> None:
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        assert re.findall(r"^make (\w+)", readme, re.MULTILINE)[:2] == ["demo", "test"]

    @pytest.mark.parametrize(
        "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{one.name}" for one in (ROOT / "docs").glob("*.md"))]
    )
    def test_every_link_to_a_file_leads_somewhere(self, page: str) -> None:
        text = (ROOT / page).read_text(encoding="utf-8")
        targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []
