"""Serves a demo tracker over HTTP on loopback.

A site is a plain object that answers a `Request` with a `Response`; it knows nothing of sockets. `site.fault`, when
set, is asked first and may answer in its place: a `Response` is sent, `Cut` closes the connection in the middle,
None lets the site answer. Latency is added to every answer, as a distant server would.
"""

import gzip
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What came over the wire. Header names are lower case; `path` has no query."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def json(self) -> Any:
        """The body as JSON; an empty body is an empty object."""
        return msgspec.json.decode(self.body) if self.body else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What goes back."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    content_type = {"content-type": "application/json;charset=UTF-8"}
    return Response(status=status, headers={**content_type, **(headers or {})}, body=msgspec.json.encode(value))


@dataclass(frozen=True, slots=True)
class Cut:
    """Send this much of the site's answer, then close the connection."""

    after_bytes: int = 0


Fault = Callable[[Request], Response | Cut | None]


class Site(Protocol):
    """A demo tracker."""

    fault: Fault | None

    def handle(self, request: Request) -> Response:
        """Answer a request; never raises for bad input."""
        ...


@dataclass(slots=True)
class RunningServer:
    """A site that is being served: its address, and every request it has answered, as `METHOD path`."""

    url: str
    log: list[str]

    @property
    def requests(self) -> int:
        """How many requests have come in so far."""
        return len(self.log)


@contextmanager
def serve(
    site: Site, *, port: int = 0, latency: float = 0.0, tls: ssl.SSLContext | None = None
) -> Iterator[RunningServer]:
    """Serve `site` on 127.0.0.1 until the block ends; then open connections are closed too, as when a host goes down.

    `latency` is seconds added to every answer; port 0 takes a free one; `tls` makes it https.
    """
    log: list[str] = []
    server = _Server(("127.0.0.1", port), _handler(site, log, latency))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield RunningServer(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}", log)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a burst of new connections must not be refused

    def __init__(self, *args: Any) -> None:
        self._open: set[Any] = set()  # first: a port that is taken closes the server before it is made
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a mistake worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _handler(site: Site, log: list[str], latency: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # one packet for headers and body

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent: stderr belongs to the program."""

        def answer(self) -> None:
            """Read a request whole, ask the site, send its answer."""
            parts = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=parts.path,
                query=parse_qs(parts.query, keep_blank_values=True),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(int(self.headers.get("content-length") or 0)),
            )
            log.append(f"{request.method} {request.path}")
            if latency:
                time.sleep(latency)
            fault = site.fault(request) if site.fault else None
            response = fault if isinstance(fault, Response) else site.handle(request)
            self.send(response, request, fault if isinstance(fault, Cut) else None)

        def send(self, response: Response, request: Request, cut: Cut | None) -> None:
            """Write an answer, compressed when asked for, or only the start of it."""
            body, headers = response.body, dict(response.headers)
            if "gzip" in request.headers.get("accept-encoding", "") and len(body) > 1000:
                body, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
            headers.setdefault("date", self.date_time_string())  # a site may live in another time
            self.send_response_only(response.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if cut is None else body[: cut.after_bytes])
            self.wfile.flush()
            if cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - names given by http.server

    return Handler
