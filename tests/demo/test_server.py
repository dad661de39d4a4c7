"""Serving a demo tracker on loopback."""

import socket

import pytest

from builders import at
from pmsync.demo.server import serve
from pmsync.demo.trello import TrelloSite


def test_a_port_that_is_taken_is_said_so() -> None:
    """`pmsync demo` then takes another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), serve(TrelloSite(at(4)), port=port):
            pass
