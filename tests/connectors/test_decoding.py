"""JSON as types: a type may be used for the first time by several threads at once."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pmsync.connectors.decoding import convert, decode, decoder

EIGHT_AT_ONCE = """
import sys, threading
import msgspec
from pmsync.connectors.decoding import decode

sys.setswitchinterval(1e-6)

def type_of(number):
    inner = [msgspec.defstruct(f"Inner{number}{n}", [(f"f{i}", str, "") for i in range(20)]) for n in range(10)]
    return msgspec.defstruct(f"Outer{number}", [(f"g{n}", each | None, None) for n, each in enumerate(inner)])

def work(type, start, found):
    start.wait()
    found.append(decode(b'{"g0":{"f0":"x"}}', type).g0.f0)

for number in range(100):
    type, start, found = type_of(number), threading.Barrier(8), []
    threads = [threading.Thread(target=work, args=(type, start, found)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["x"] * 8
"""


class Pair(msgspec.Struct):
    left: int
    right: str = ""


def test_first_uses_at_once_do_not_crash() -> None:
    """In a process of its own: without the lock, msgspec ends it within the first few types."""
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", EIGHT_AT_ONCE], env={"PYTHONPATH": source}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_decoder_is_made_once() -> None:
    assert decoder(Pair) is decoder(Pair)


def test_text_and_plain_values_become_the_same() -> None:
    assert decode(b'{"left": 1}', Pair) == convert({"left": 1}, Pair) == Pair(1)


def test_another_shape_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b'{"left": "one"}', Pair)
    with pytest.raises(msgspec.ValidationError):
        convert({"left": "one"}, Pair)
