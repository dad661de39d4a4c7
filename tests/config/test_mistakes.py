"""What a wrong config is told: every mistake at once, each in one line with its place and what was probably meant."""

import random
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.config import load
from pmsync.errors import ConfigError

KEY, TOKEN = "0123456789abcdef" * 2, "0123456789abcdef" * 4


def problems(folder: Path, text: str) -> list[str]:
    path = folder / "pmsync.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    return list(caught.value.problems)


def table(text: str) -> list[tuple[str, list[str]]]:
    """Cases as people read them: what the config says, and indented below it what it is told."""
    cases: list[tuple[str, list[str]]] = []
    for line in text.strip().splitlines():
        if line.startswith("    "):
            cases[-1][1].append(line.strip())
        else:
            cases.append((line, []))
    return cases


@pytest.mark.parametrize(
    ("line", "expected"),
    table(r"""
tmezone: UTC
    tmezone: unknown key; did you mean "timezone"?
timezone: Europe/Berln
    timezone: "Europe/Berln" is not a time zone; did you mean "Europe/Berlin"?
timezone: Berlin
    timezone: "Berlin" is not a time zone; did you mean "Europe/Berlin"?
timezone: ../zone
    timezone: "../zone" is not a time zone
scheme: projectmanager
    scheme: "projectmanager" is none of project-manager, product-manager, combined; did you mean "project-manager"?
scheme: ours.yaml
    scheme: no such file: {folder}/ours.yaml
templates:
    templates: has no value; give one or remove the line
templates: nowhere
    templates: no such folder: {folder}/nowhere
store: evn:STORE
    store: unknown kind of secret "evn:"; did you mean "env:"?
people: anna
    people: expected keys and values
people: {anna: {shpo: x}}
    people.anna.shpo: no such source; did you mean "shop"?
people: {anna: {shop: [x]}}
    people.anna.shop: expected text
sync: {zzz: 1}
    sync.zzz: unknown key; known here: connections, max_wait, overlap, sweep_every, vanish_limit
sync: {connections: many, overlap: 10 parsecs}
    sync.connections: expected a whole number
    sync.overlap: expected a duration like 90, "2m", "12h" or "1d"
sync: {connections: 99, vanish_limit: a lot}
    sync.connections: must be less than or equal to 32
    sync.vanish_limit: expected a number
sync: {[a]: 1}
    sync.(list or mapping): unknown key; known here: connections, max_wait, overlap, sweep_every, vanish_limit
sync: {overlap: 5m, overlap: 6m}
    sync.overlap: given twice, first in line 1
roles: {overrides: [{role: PO}, {label: x, role: po}, {label: x}]}
    roles.overrides[0]: fits everything; give at least one of label, stage, board, field, key
    roles.overrides[1].role: "po" is not one of PO, PM; did you mean "PO"?
    roles.overrides[2].role: missing
"""),
)
def test_general(tmp_path: Path, line: str, expected: list[str]) -> None:
    found = problems(tmp_path, f"{line}\nsources: {{shop: {{type: trello-export, files: [a]}}}}")
    assert found == [f"pmsync.yaml:1: {problem.replace('{folder}', str(tmp_path))}" for problem in expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    table(r"""
timezone: UTC
    sources: missing: name at least one tracker to read
sources: {}
    sources: missing: name at least one tracker to read
sources: [a]
    sources: expected keys and values
sources: [{a: b}]
    sources: expected keys and values
sources: {shop: jira}
    sources.shop: expected keys and values
sources: {shop: {url: https://a.example.org}}
    sources.shop: has no `type`, such as jira, trello, trello-export
sources: {My Shop: {type: linear}}
    sources.My Shop: use only small letters, digits, "-" and "_"
sources: {rows: {type: linear, token: !env X}}
    sources.rows.token: tags like "!env" are not understood here
sources: {old: {type: trello-export}}
    sources.old.files: missing
sources: {old: {type: trello-export, files: []}}
    sources.old.files: must not be empty
"""),
)
def test_sources(tmp_path: Path, line: str, expected: list[str]) -> None:
    assert problems(tmp_path, line) == [f"pmsync.yaml:1: {problem}" for problem in expected]


@pytest.mark.parametrize(
    ("options", "expected"),
    table(r"""
url: https://j.example.org
    token: missing: give a token, or username and password
url: https://j.example.org, password: env:P
    username: missing: a password needs its login name
url: https://j.example.org, username: a, password: env:P, token: env:T
    password: give either a token or a password, not both
    username: belongs to a password; a token needs none
token: env:T
    url: missing
url: https://x.atlassian.net, token: env:T
    email: missing: a Jira Cloud token needs the e-mail address of its account
url: https://x.atlassian.net, email: a@b.c, username: a, password: env:P
    password: Jira Cloud accepts no passwords
    token: missing: a Jira Cloud site is read with email and token
url: https://x.atlassian.net
    email: missing: a Jira Cloud token needs the e-mail address of its account
    token: missing: a Jira Cloud site is read with email and token
url: https://x.atlassian.net/browse/PAY-1, email: a@b.c, token: env:T
    url: expected the address of the site alone: https://x.atlassian.net
url: http://jira.example.org, token: env:T
    url: plain http: would show the credentials to the network; use https:
url: http://127.0.0.1.example.org, token: env:T
    url: plain http: would show the credentials to the network; use https:
url: jira.example.org, token: env:T
    url: expected an address like https://example.org
url: 'https://[::1', token: env:T
    url: expected an address like https://example.org
url: https://ann:hush@j.example.org, token: env:T
    url: credentials do not belong into an address; they have keys of their own
url: 'https://j.example.org/?a=b', token: env:T
    url: expected the address of the site alone, without "?" or "#"
url: https://j.example.org, token: [a]
    token: expected text, like "env:NAME"
url: https://j.example.org, token: env:T, projets: [PAY]
    projets: unknown key; did you mean "projects"?
url: https://j.example.org, token: env:T, projects: PAY
    projects: expected a list, like [A, B]
url: https://j.example.org, token: env:T, projects: ['']
    projects[0]: must not be empty
url: https://j.example.org, token: env:T, projects: [A, ~]
    projects[1]: has no value; give one or remove the line
url: https://j.example.org, token: env:T, jql: [a]
    jql: expected text
url: https://j.example.org, token: env:T, types: {Spike: taks}
    types.Spike: "taks" is not one of epic, story, task, bug, subtask, risk, incident, other; did you mean "task"?
url: https://j.example.org, token: env:T, ca_bundle: no.pem
    ca_bundle: no such file: {folder}/no.pem
url: https://j.example.org, token: env:T, client_key: no.pem
    client_cert: missing: client_key needs its certificate
    client_key: no such file: {folder}/no.pem
url: https://j.example.org, token: env:T, proxy: http://u:hush@p.example.org
    proxy: expected an address like http://proxy.example.org:3128, without credentials
url: https://j.example.org, token: env:T, url: https://k.example.org
    url: given twice, first in line 1
"""),
)
def test_jira(tmp_path: Path, options: str, expected: list[str]) -> None:
    found = problems(tmp_path, f"sources: {{shop: {{type: jira, {options}}}}}")
    told = [f"pmsync.yaml:1: sources.shop.{problem.replace('{folder}', str(tmp_path))}" for problem in expected]
    assert found == told
    assert "hush" not in str(found)


def test_a_misspelt_type_does_not_hide_the_other_mistakes(tmp_path: Path) -> None:
    assert problems(tmp_path, "sources:\n  shop:\n    type: jria\n    url: x\n    token: env:T") == [
        'pmsync.yaml:3: sources.shop.type: "jria" is not one of jira, trello, trello-export; did you mean "jira"?',
        "pmsync.yaml:4: sources.shop.url: expected an address like https://example.org",
    ]


def test_people_of_broken_sources_are_not_blamed(tmp_path: Path) -> None:
    found = problems(tmp_path, "sources: [{a: b}]\npeople: {anna: {shop: x}}")
    assert found == ["pmsync.yaml:1: sources: expected keys and values"]


def test_a_connector_of_another_package_may_be_called_almost_like_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group, name: [(group, name)])
    (tmp_path / "pmsync.yaml").write_text("sources: {rows: {type: jira2}}")
    assert load(tmp_path / "pmsync.yaml").sources["rows"].type == "jira2"


@pytest.mark.parametrize(
    ("options", "expected"),
    table(rf"""
key: env:K
    token: missing
key: ATTA{TOKEN}, token: env:T
    key: this looks like a token; the API key has 32 characters
key: {TOKEN}, token: {KEY}
    key: this looks like a token; the API key has 32 characters
    token: this looks like the API key; a token is longer and begins with ATTA
key: env:K, token: evn:T
    token: unknown kind of secret "evn:"; did you mean "env:"?
key: env:K, token: "${{TRELLO_TOKEN}}"
    token: variables are written "env:TRELLO_TOKEN"
key: env:K, token: 'env:'
    token: expected env:NAME, the name of an environment variable
key: env:$K, token: 'file:'
    key: expected env:NAME, the name of an environment variable
    token: expected file:PATH
key: env:K, token: keyring:trello
    token: expected keyring:SERVICE/USER
key: env:K, token: "command:pass 'show"
    token: expected command:PROGRAM ARGUMENTS
key: env:K, token: env:T, closed: maybe
    closed: expected true or false
key: env:K, token: env:T, stages: {{dnoe: [Live]}}
    stages.dnoe: "dnoe" is not one of backlog, wait, active, done, cancelled; did you mean "done"?
key: env:K, token: env:T, stages: {{done: [Live], wait: [live]}}
    stages.wait[0]: the list "live" is "done" already
key: env:K, token: env:T, points: {{label: x}}
    points.label: expected a group around the number, like "(\d+) points"
key: env:K, token: env:T, sprint: {{list: '('}}
    sprint.list: not a regular expression: missing ), unterminated subpattern at position 0
key: env:K, token: env:T, sprint: {{start: 2026-01-05}}
    sprint.length: missing: start and length go together
key: env:K, token: env:T, sprint: {{start: soon, length: 0}}
    sprint.length: must be greater than 0
    sprint.start: expected a day, like 2026-01-31
key: env:K, token: env:T, done: {{archvied: true}}
    done.archvied: unknown key; did you mean "archived"?
key: env:K, token: env:T, types: {{bug: Bug}}
    types.bug: expected a list, like [A, B]
"""),
)
def test_trello(tmp_path: Path, options: str, expected: list[str]) -> None:
    found = problems(tmp_path, f"sources: {{ads: {{type: trello, {options}}}}}")
    assert found == [f"pmsync.yaml:1: sources.ads.{problem}" for problem in expected]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", " is empty."),
        (b"# only a comment\n", " is empty."),
        (b"- a\n", ":1: expected keys and values."),
        (b"a: [b\nc: d\n", ":2:2: not valid YAML: did not find expected ',' or ']' (while parsing a flow sequence)."),
        (b"a:\n\tb: c\n", ":2:1: not valid YAML: found character that cannot start any token"),
        (b"a: *b\n", ":1:4: not valid YAML: found undefined alias."),
        (b"a: &a [*a]\n", " has 3 mistakes."),
        (b"a: \xff\n", ": not valid YAML: invalid leading UTF-8 octet"),
        (b"a: !!int x\n", ": not valid YAML"),
        (b"\x00", ": not valid YAML: control characters are not allowed"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "pmsync.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert f"{path}{expected}" in str(caught.value)


def test_a_missing_file_and_a_folder_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file") as caught:
        load(tmp_path / "no.yaml")
    assert "pmsync init" in caught.value.hint
    with pytest.raises(ConfigError, match="directory"):
        load(tmp_path)


MISTAKES = {
    "timezone": ("timezone: UTC", "timezone: Mars/Olympus"),
    "templates": ("templates: .", "templates: nowhere"),
    "sync.connections": ("sync:\n  connections: 8", "sync:\n  connections: 0"),
    "sources.shop.url": ("    url: https://a.example.org", "    url: http://a.example.org"),
    "sources.shop.token": ("    token: env:T", "    token: ${T}"),
    "sources.shop.boards": ("    boards: [12]", "    boards: 12"),
    "sources.shop.prxy": ("    proxy: http://p:1", "    prxy: http://p:1"),
    "sources.ads.key": ("    key: env:K", f"    key: ATTA{TOKEN}"),
    "sources.ads.stages.don": ("    stages: {done: [Live]}", "    stages: {don: [Live]}"),
    "sources.ads.sprint.start": ("    sprint: {}", "    sprint: {length: 2w}"),
    "people.anna.shp": ("people: {anna: {shop: x}}", "people: {anna: {shp: x}}"),
    "roles.overrides[0].role": (
        "roles: {overrides: [{label: a, role: PO}]}",
        "roles: {overrides: [{label: a, role: QA}]}",
    ),
}


def config_with(wrong: set[str]) -> str:
    """A config of all sections in which exactly these keys are wrong."""

    def part(prefix: str) -> str:
        return "\n".join(pair[name in wrong] for name, pair in MISTAKES.items() if name.startswith(prefix))

    shop = f"  shop:\n    type: jira\n{part('sources.shop')}"
    ads = f"  ads:\n    type: trello\n    token: env:T\n{part('sources.ads')}"
    rest = [part(name) for name in ("timezone", "templates", "sync", "people", "roles")]
    return "\n".join([*rest, "sources:", shop, ads, ""])


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(MISTAKES))))
def test_any_set_of_mistakes_is_reported_completely(tmp_path_factory: pytest.TempPathFactory, wrong: set[str]) -> None:
    folder = tmp_path_factory.mktemp("config")
    if wrong:
        found = problems(folder, config_with(wrong))
        assert sorted(line.split(": ")[1] for line in found) == sorted(wrong)
        lines = [int(line.split(":")[1]) for line in found]
        assert lines == sorted(lines)
    else:
        (folder / "pmsync.yaml").write_text(config_with(wrong))
        assert load(folder / "pmsync.yaml").sources.keys() == {"shop", "ads"}


def test_whatever_is_broken_in_a_config_ends_in_a_sentence(tmp_path: Path) -> None:
    """No text, however mangled, ends in anything but settings or a ConfigError."""
    good = config_with(set())
    dice = random.Random(7)
    path = tmp_path / "pmsync.yaml"
    for _ in range(300):
        start = dice.randrange(len(good))
        mangled = (
            good[:start]
            + dice.choice(["", "[", "{", ": ", "\n", "- ", "&a *a", "null", "'", "12"])
            + good[start + dice.randrange(9) :]
        )
        path.write_text(mangled, encoding="utf-8")
        try:
            load(path)
        except ConfigError as error:
            assert str(error).startswith(("The config", str(tmp_path)))


def test_the_sentence_counts_the_mistakes(tmp_path: Path) -> None:
    (tmp_path / "pmsync.yaml").write_text("sources: {}\nscheme: x\n")
    with pytest.raises(ConfigError, match="has 2 mistakes"):
        load(tmp_path / "pmsync.yaml")


def test_merged_keys_are_not_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "pmsync.yaml"
    path.write_text(
        dedent("""
        sources:
          one: &one {type: trello, key: env:K, token: env:T, boards: [A]}
          two: {<<: *one, boards: [B]}
        """)
    )
    assert load(path).sources["two"].boards == ("B",)
