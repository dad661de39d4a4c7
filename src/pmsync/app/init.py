"""Init: the few things a first config needs, and the file made of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pmsync.config import load
from pmsync.errors import ReportError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something `init` must know, in words for a person."""

    name: str
    text: str
    default: str | None = None
    choices: Sequence[str] = ()


KIND = Question(name="kind", text="Which tracker", choices=("jira", "trello", "trello-export"), default="jira")
QUESTIONS = {
    "jira": (
        Question(name="url", text="Address of the Jira site (https://...)"),
        Question(name="email", text="Your e-mail address there (empty for Data Center)", default=""),
        Question(name="token", text="Where the API token is", default="env:JIRA_TOKEN"),
    ),
    "trello": (
        Question(name="key", text="Where the API key is", default="env:TRELLO_KEY"),
        Question(name="token", text="Where the token is", default="env:TRELLO_TOKEN"),
    ),
    "trello-export": (Question(name="files", text="Export file or pattern", default="exports/*.json"),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is known so far; None is a question not yet answered."""

    kind: str | None = None
    name: str | None = None
    url: str | None = None
    email: str | None = None
    key: str | None = None
    token: str | None = None
    project: tuple[str, ...] = ()
    board: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    timezone: str | None = None

    def missing(self) -> list[Question]:
        """What still has to be asked, in order."""
        if self.kind is None:
            return [KIND]
        return [question for question in QUESTIONS[self.kind] if getattr(self, question.name) in (None, ())]

    def having(self, name: str, answer: str) -> Self:
        """The same answers and one more."""
        value: Any = (answer,) if name == "files" else answer
        return replace(self, **{name: value})


def write_config(path: Path, answers: Answers) -> None:
    """Write the config and read it back, so that a mistake is told now.

    Raises:
        UsageError: an answer is missing and there is nobody to ask.
        ConfigError: an answer is wrong; the file is not written.
        ReportError: the file cannot be written.
    """
    needed = [question for question in answers.missing() if question.default is None or question is KIND]
    if needed:
        options = ", ".join("--type" if one is KIND else f"--{one.name}" for one in needed)
        raise UsageError(f"init needs {options}", hint="Give them as options; there is no terminal to ask on.")
    text = config_text(answers)
    trial = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        trial.write_text(text, encoding="utf-8")
        load(trial)
        trial.replace(path)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror}", hint="Choose another place with --config."
        ) from None
    finally:
        trial.unlink(missing_ok=True)


def config_text(answers: Answers) -> str:
    """The YAML of a config with one source."""
    import yaml

    kind = str(answers.kind)
    defaults = {question.name: question.default for question in QUESTIONS[kind]}
    values: dict[str, Any] = {"type": kind}
    for name, default in defaults.items():
        value = getattr(answers, name) or default
        if value:
            values[name] = list(value) if isinstance(value, tuple) else [value] if name == "files" else value
    values |= {"projects": list(answers.project)} if answers.project else {}
    values |= {"boards": list(answers.board)} if answers.board else {}
    config = {"timezone": answers.timezone or local_zone(), "sources": {answers.name or kind: values}}
    head = "# See docs/configuration.md, or `pmsync config schema` for editors.\n"
    return head + yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def local_zone() -> str:
    """This machine's time zone by its name, else UTC."""
    try:
        return str(Path("/etc/localtime").resolve()).split("zoneinfo/")[1]
    except (IndexError, OSError):
        return "UTC"
