"""`pmsync sync` and `pmsync remap`: what they print, and where."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from scripted import play

from builders import make_item
from pmsync.errors import UnreachableError

Pmsync = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("config")


def test_one_line_per_source_on_stdout(pmsync: Pmsync) -> None:
    play(shop=[[make_item("1"), make_item("2")]])
    ended = pmsync("sync")
    assert ended.code == 0
    assert ended.out.startswith("shop         ok      2 new, 0 changed, 0 unchanged, 0 gone; 2 listed")
    assert ended.err == ""


def test_quiet_says_nothing_when_all_is_well(pmsync: Pmsync) -> None:
    play(shop=[[make_item("1")]])
    ended = pmsync("-q", "sync")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_failure_is_loud_even_when_quiet(pmsync: Pmsync) -> None:
    play(shop=[UnreachableError("shop: https://example.org does not answer", hint="Is the address right?")])
    ended = pmsync("-q", "sync")
    assert ended.code == 5
    assert "does not answer" in ended.err
    assert "Is the address right?" in ended.err
    assert "failed" in ended.out


def test_json_is_a_list_with_the_documented_names(pmsync: Pmsync) -> None:
    play(shop=[[make_item("1")]])
    (row,) = json.loads(pmsync("sync", "-o", "json").out)
    names = "source result requests fetched created updated unchanged gone expected stored seconds watermark problems"
    assert list(row) == names.split()
    assert (row["source"], row["result"], row["created"], row["problems"]) == ("shop", "ok", 1, [])
    assert row["watermark"].endswith("Z")


def test_messages_can_be_json_for_log_collectors(pmsync: Pmsync) -> None:
    play(shop=[UnreachableError("shop: no answer", hint="try later")])
    (line,) = pmsync("--log-format", "json", "sync", "-o", "json").err.splitlines()
    message = json.loads(line)
    assert (message["level"], message["hint"]) == ("warning", "Try later.")


def test_an_unknown_source_is_wrong_usage(pmsync: Pmsync) -> None:
    ended = pmsync("sync", "shpo")
    assert ended.code == 2
    assert 'Did you mean "shop"?' in ended.err


def test_remap_needs_no_tracker(pmsync: Pmsync) -> None:
    play(shop=[[make_item("1"), make_item("2")]])
    pmsync("sync")
    play(shop=[UnreachableError("down")])
    ended = pmsync("remap")
    assert (ended.code, ended.out) == (0, "shop: 2 items mapped again\n")
