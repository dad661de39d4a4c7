"""Ways to a Jira that are not straight, over real connections: gateway, context path, certificates, proxies."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import pytest

from connectors.jira.conftest import CONTEXT, World, world
from connectors.jira.truth import assert_equal
from fakes import FakeStore
from pmsync.connectors.interface import Context
from pmsync.demo.jira.crowd import generate
from pmsync.demo.jira.site import EMAIL, TOKEN
from pmsync.errors import CredentialsError, ScopeError, UnreachableError

FEW = generate(20)
CLOUD_ID = "11111111-2222-3333-4444-555555555555"
IMPATIENT = Context(timezone=CONTEXT.timezone, max_wait=0)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates that sign themselves: of a server, which is also Atlassian's gateway, and a client."""
    program, folder = shutil.which("openssl"), tmp_path_factory.mktemp("papers")
    if not program:
        pytest.skip("needs openssl")
    key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650"
    for name, names in (("server", "IP:127.0.0.1,DNS:api.atlassian.com"), ("client", "DNS:pmsync")):
        files = [f"-out={name}.pem", f"-keyout={name}.key"]
        said = [f"-subj=/CN={name}", f"-addext=subjectAltName={names}"]
        words = [word for option in files + said for word in option.split("=", 1)]
        subprocess.run([program, *key.split(), *words], cwd=folder, check=True, capture_output=True)
    (folder / "both.pem").write_text((folder / "client.pem").read_text() + (folder / "client.key").read_text())
    return folder


def encrypted(papers: Path, *, asks: bool = False) -> ssl.SSLContext:
    """What a server needs for https; it may ask who the client is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers / "server.pem", papers / "server.key")
    if asks:
        context.load_verify_locations(papers / "client.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # newer ones refuse after the greeting, at an uncertain moment
    return context


class Proxy(ThreadingTCPServer):
    """A proxy that leads everybody to the same port, and remembers what they asked for."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Through)
        self.target = int(target.rpartition(":")[2])
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Through(StreamRequestHandler):
    rbufsize = 0  # what follows the first lines is not ours to read

    def handle(self) -> None:
        server: Any = self.server
        line = self.rfile.readline()
        server.asked.append(" ".join(line.decode().split()[:2]))
        with socket.create_connection(("127.0.0.1", server.target)) as onward:
            if line.startswith(b"CONNECT"):
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(b"HTTP/1.1 200 go on\r\n\r\n")
            else:
                onward.sendall(line)
            back = threading.Thread(target=_pour, args=(onward, self.connection), daemon=True)
            back.start()
            _pour(self.connection, onward)
            back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def proxy(here: World) -> Iterator[Proxy]:
    with Proxy(here.server.url) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment points to a dead proxy: the config counts more."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.mark.parametrize("email", [EMAIL, None], ids=["scoped token", "service account"])
def test_scoped_tokens_go_through_the_gateway(papers: Path, email: str | None) -> None:
    """Every request goes to api.atlassian.com; links lead to the site that people know."""
    with (
        world(context=f"/ex/jira/{CLOUD_ID}", tls=encrypted(papers), fill=FEW) as here,
        proxy(here) as through,
    ):
        site = {"url": "https://team.atlassian.net", "cloud_id": CLOUD_ID, "email": email}
        connector = here.connector(**site, proxy=through.url, ca_bundle=papers / "server.pem")
        store = FakeStore().sync(connector)
        assert_equal(store, here.site)
        assert set(through.asked) == {"CONNECT api.atlassian.com:443"}
        assert all(f" /ex/jira/{CLOUD_ID}/rest/" in line for line in here.server.log)
        assert {item.url.partition("/browse/")[0] for item in store.items.values()} == {"https://team.atlassian.net"}


def test_a_certificate_of_ones_own_authority(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(papers / "client.pem"))
    with world(tls=encrypted(papers), fill=FEW) as here:
        assert_equal(FakeStore().sync(here.connector(ca_bundle=papers / "server.pem")), here.site)
        with pytest.raises(UnreachableError, match="certificate is not trusted") as caught:
            FakeStore().sync(here.connector())
        assert caught.value.hint == "set `ca_bundle:` to your CA file"


@pytest.mark.parametrize("files", [("client.pem", "client.key"), ("both.pem", None)])
def test_a_client_certificate(papers: Path, files: tuple[str, str | None]) -> None:
    cert, key = papers / files[0], files[1] and papers / files[1]
    with world("datacenter", tls=encrypted(papers, asks=True), fill=FEW) as here:
        known = {"ca_bundle": papers / "server.pem", "client_cert": cert, "client_key": key}
        assert_equal(FakeStore().sync(here.connector(**known)), here.site)


def test_no_client_certificate_where_one_is_asked_for(papers: Path) -> None:
    with world("datacenter", tls=encrypted(papers, asks=True), fill=FEW) as here:
        with pytest.raises(UnreachableError, match="refuses a secure connection") as caught:
            FakeStore().sync(here.connector(ca_bundle=papers / "server.pem", context=IMPATIENT))
        assert "client_cert" in caught.value.hint


def test_a_plain_proxy() -> None:
    with world(fill=FEW) as here, proxy(here) as through:
        assert_equal(FakeStore().sync(here.connector(proxy=through.url)), here.site)
        assert all(line.partition(" ")[2].startswith(here.server.url) for line in through.asked)
        assert through.asked


def test_a_proxy_that_is_not_there() -> None:
    with (
        world(fill=FEW) as here,
        pytest.raises(UnreachableError, match="the proxy does not let us through"),
    ):
        FakeStore().sync(here.connector(proxy="http://127.0.0.1:9", context=IMPATIENT))


def seen(here: World) -> list[dict[str, str]]:
    """The headers of every request from now on."""
    found: list[dict[str, str]] = []
    here.site.fault = lambda request: found.append(dict(request.headers))  # type: ignore[func-returns-value]
    return found


@pytest.mark.parametrize(
    "known",
    [{"token": TOKEN}, {"token": None, "username": "petra", "password": TOKEN}],
    ids=["personal access token", "password"],
)
def test_data_center_below_a_context_path(known: dict[str, Any]) -> None:
    """Its session cookie never comes back: it would make a valid token fail as soon as the session ends."""
    with world("datacenter", context="/jira", fill=FEW) as here:
        headers = seen(here)
        store = FakeStore().sync(here.connector(**known))
        assert_equal(store, here.site)
        assert all(line.split()[1].startswith("/jira/rest/") for line in here.server.log)
        assert all("/jira/browse/" in item.url for item in store.items.values())
        assert not any("cookie" in each for each in headers)
        assert len({each["authorization"] for each in headers}) == 1


def test_a_context_path_left_out_is_named() -> None:
    with (
        world("datacenter", context="/jira", fill=FEW) as here,
        pytest.raises(ScopeError, match="does not answer like a Jira") as caught,
    ):
        FakeStore().sync(here.connector(url=here.server.url))
    assert "context path" in caught.value.hint


def test_a_personal_access_token_is_no_password() -> None:
    with world("datacenter", fill=FEW) as here, pytest.raises(CredentialsError):
        FakeStore().sync(here.connector(email=EMAIL))
