"""Render a report: one Markdown template over facts, then the wanted format. Templates are found in this order: the
path given, the config's `templates:` folder, the built-in ones, which also go by `builtin/NAME`.
"""

import traceback
from collections.abc import Iterable
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_context,
)
from jinja2 import nodes as tree
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup

from pmsync.errors import ReportError, UsageError, did_you_mean
from pmsync.reports.filters import filters
from pmsync.reports.formats import FORMATS, convert
from pmsync.reports.text import Markdown, finalize

SUFFIX = ".md.j2"
_KEPT_FILTERS = (
    *("abs", "batch", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items"),
    *("last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select"),
    *("selectattr", "slice", "sort", "string", "sum", "title", "trim", "unique", "upper"),
)


def builtin_templates() -> Path:
    """The folder of the templates that come with pmsync, in a wheel or in a source checkout."""
    packaged = Path(str(files("pmsync"))) / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "templates"


def render(
    template: str,
    facts: Any,
    *,
    format: str = "md",
    templates: Path | None = None,
    width: int = 80,
    color: bool = False,
) -> str:
    """Render a template by name or path over facts (a dataclass; its fields are the template's names).

    The same arguments give the same characters. `width` and `color` matter to `text` alone; `json` prints the facts.

    Raises:
        ReportError: the template is missing or wrong, with file, line and the nearest valid name.
        UsageError: there is no such format.
    """
    if format not in FORMATS:
        raise UsageError(f"There is no format {format!r}.", hint=f"Choose one of: {', '.join(FORMATS)}.")
    markdown = render_markdown(template, facts, templates)
    return convert(markdown, facts, format=format, folder=builtin_templates(), width=width, color=color)


def render_markdown(template: str, facts: Any, templates: Path | None = None) -> str:
    """Fill a template; charts stay fenced blocks for the formats to draw."""
    names = {field.name: getattr(facts, field.name) for field in fields(facts)}
    name, loader = _find(template, templates)
    environment = _Environment(loader, names)
    try:
        text = environment.get_template(name).render(names)
    except TemplateNotFound as error:
        raise _not_found(str(error.name or name), environment) from error
    except Exception as error:  # whatever a template provokes is the template's mistake, shown with its line
        raise _wrong(error, name, environment) from error
    return _tidy(text)


def available(templates: Path | None = None) -> list[str]:
    """The names of all reports and notes that can be rendered."""
    listed = _loader(templates).list_templates()
    return sorted({n.removesuffix(SUFFIX) for n in listed if n.endswith(SUFFIX) and "/" not in n and n[0] != "_"})


def _find(template: str, templates: Path | None) -> tuple[str, BaseLoader]:
    if not template.endswith(".j2") and "/" not in template and "\\" not in template:
        return template + SUFFIX, _loader(templates)
    path = Path(template)
    if not path.is_file():
        known = ", ".join(available(templates))
        raise ReportError(f"The template {template} is not there.", hint=f"By name there are: {known}.")
    return path.name, ChoiceLoader([FileSystemLoader(path.parent), _loader(templates)])


def _loader(templates: Path | None) -> BaseLoader:
    builtin = FileSystemLoader(builtin_templates())
    own = [FileSystemLoader(templates)] if templates else []
    return ChoiceLoader([*own, builtin, PrefixLoader({"builtin": builtin})])


def _tidy(text: str) -> str:
    """No blank space at line ends, never two empty lines in a row, one line break at the end."""
    kept: list[str] = []
    for line in (line.rstrip() for line in text.splitlines()):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


# --- the environment ----------------------------------------------------------------------------------------------


@pass_context
def _print(context: Context, value: Any) -> Any:
    return finalize(value)


class _Generator(CodeGenerator):
    """Compiles `a ~ b` to our own joining, for Jinja's would escape for HTML."""

    def visit_Concat(self, node: tree.Concat, frame: Frame) -> None:  # noqa: N802 (Jinja's name)
        self.write("environment.concatenated((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Environment(ImmutableSandboxedEnvironment):
    """Escapes for Markdown what Jinja would escape for HTML; its own filters are few, and all of them pure."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "%"})

    def __init__(self, loader: BaseLoader, names: dict[str, Any]) -> None:
        super().__init__(
            loader=loader,
            autoescape=True,
            finalize=_print,
            optimized=False,  # constants are escaped where they are printed, like everything else
            undefined=type("_Undefined", (_Unknown,), {"names": tuple(names)}),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        as_of = names.get("as_of")
        own = filters(ZoneInfo(names.get("tz", "UTC")), as_of.year if as_of else 0)
        self.filters = {name: self.filters[name] for name in _KEPT_FILTERS} | own
        self.globals.pop("lipsum")  # random

    @staticmethod
    def concatenated(parts: Iterable[Any]) -> str:
        """Join what `~` stands between: text stays text, with Markdown it becomes Markdown."""
        found = [part if isinstance(part, str) else finalize(part) for part in parts]
        return Markdown().join(found) if any(isinstance(part, Markup) for part in found) else "".join(found)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Keep `+` and `%` from mixing Markdown with text that is escaped for HTML."""
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return self.concatenated((left, right))
        return super().call_binop(context, operator, Markdown(left) if isinstance(left, Markup) else left, right)


class _Unknown(StrictUndefined):
    """A name that does not exist, with the nearest one that does."""

    names: tuple[str, ...] = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint or not isinstance(self._undefined_name, str):
            return super()._undefined_message
        name, owner = self._undefined_name, self._undefined_obj
        known = self.names if owner is missing else [each for each in dir(owner) if not each.startswith("_")]
        what = f'there is no "{name}"' + ("" if owner is missing else f" in a {type(owner).__name__}")
        return f"{what}{did_you_mean(name, known)}"


# --- errors -------------------------------------------------------------------------------------------------------


def _not_found(name: str, environment: _Environment) -> ReportError:
    names = {each.removesuffix(SUFFIX) for each in environment.list_templates() if each.endswith(SUFFIX)}
    reports = sorted(each for each in names if "/" not in each and each[0] != "_")
    asked = name.removesuffix(SUFFIX)
    return ReportError(
        f'There is no template "{asked}"{did_you_mean(asked, sorted(names)) or "."}',
        hint=f"There are: {', '.join(reports)}.",
    )


def _wrong(error: Exception, name: str, environment: _Environment) -> ReportError:
    reason = getattr(error, "message", None) or str(error) or type(error).__name__
    if isinstance(error, TemplateSyntaxError):
        where = f"{error.filename or error.name}:{error.lineno}"
        if found := reason.partition("No filter named '")[2]:
            filter = found.partition("'")[0]
            reason = f'there is no filter "{filter}"{did_you_mean(filter, environment.filters)}'
    else:
        where = _line_of(error) or name
        reason = reason if isinstance(error, TemplateError) else f"{type(error).__name__}: {reason}"
    return ReportError(f"{where}: {reason.rstrip('.')}", hint="docs/templates.md lists every name and filter.")


def _line_of(error: Exception) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.endswith(".py")]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
