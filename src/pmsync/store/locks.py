"""One writer per store: overlapping runs would do everything twice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pmsync.errors import BusyError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection


@contextmanager
def lock(address: str) -> Iterator[None]:
    """Hold the store for writing; readers are not kept out. A killed process leaves no lock behind.

    Raises:
        BusyError: another pmsync holds it; says which and since when.
        StoreError: the store cannot be reached.
    """
    from pmsync.store.database import parse_address

    url = parse_address(address)
    with _file_lock(Path(str(url.database))) if url.get_backend_name() == "sqlite" else _server_lock(url):
        yield


@contextmanager
def _file_lock(store: Path) -> Iterator[None]:
    import filelock

    from pmsync.store.database import folder_of

    owner = Path(f"{store}.owner")  # a file of its own: a locked file cannot be read on Windows
    held = filelock.FileLock(f"{store}.lock", timeout=0)
    with folder_of(store):
        try:
            held.acquire()
        except filelock.Timeout:
            raise _busy(*_owner(owner)) from None
        owner.write_text(str(os.getpid()))
    try:
        yield
    finally:
        held.release()


def _owner(file: Path) -> tuple[str, datetime | None]:
    try:
        return file.read_text(), datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:  # it has only just taken the lock
        return "?", None


@contextmanager
def _server_lock(url: "URL") -> Iterator[None]:
    from sqlalchemy import func, select

    from pmsync.store.database import WRITER_LOCK, make_engine, told_plainly

    engine = make_engine(url.update_query_dict({"application_name": f"pmsync {os.getpid()}"}))
    try:
        with told_plainly(url), engine.connect() as connection:
            if not connection.scalar(select(func.pg_try_advisory_lock(WRITER_LOCK))):
                raise _busy(*_server_owner(connection))
            connection.commit()  # the lock is the session's; an open transaction would only hold up vacuum
            yield
    finally:
        engine.dispose()


def _server_owner(connection: "Connection") -> tuple[str, datetime | None]:
    from sqlalchemy import text

    from pmsync.store.database import WRITER_LOCK

    row = connection.execute(
        text(
            "SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE"
            " locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :id"
        ),
        {"id": WRITER_LOCK},
    ).first()
    return (row[0].removeprefix("pmsync "), row[1].astimezone(UTC)) if row else ("?", None)


def _busy(process: str, since: datetime | None) -> BusyError:
    when = f", since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""
    return BusyError(
        f"Another pmsync (pid {process}{when}) is writing this store.", hint="Wait for it, or end it and run again."
    )
