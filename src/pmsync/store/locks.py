"""One writer per store: overlapping runs would do everything twice."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock
from sqlalchemy import URL, Connection, func, select, text

from pmsync.errors import BusyError
from pmsync.store.database import WRITER_LOCK, folder_of, make_engine, parse_address, told_plainly

_HOLDER = text(
    "SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :id"
)


def writer_lock(address: str) -> AbstractContextManager[None]:
    """See `pmsync.store.lock`."""
    url = parse_address(address)
    return _file_lock(Path(str(url.database))) if url.get_backend_name() == "sqlite" else _server_lock(url)


@contextmanager
def _file_lock(store: Path) -> Iterator[None]:
    holder = Path(f"{store}.owner")  # a file of its own: a locked file cannot be read on Windows
    held = filelock.FileLock(f"{store}.lock", timeout=0)
    with folder_of(store):
        try:
            held.acquire()
        except filelock.Timeout:
            raise _busy(*_file_holder(holder)) from None
        holder.write_text(str(os.getpid()))
    try:
        yield
    finally:
        held.release()


def _file_holder(file: Path) -> tuple[str, datetime | None]:
    try:
        return file.read_text(), datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:  # it has only just taken the lock
        return "?", None


@contextmanager
def _server_lock(url: URL) -> Iterator[None]:
    engine = make_engine(url.update_query_dict({"application_name": f"pmsync {os.getpid()}"}))
    try:
        with told_plainly(url), engine.connect() as connection:
            if not connection.scalar(select(func.pg_try_advisory_lock(WRITER_LOCK))):
                raise _busy(*_server_holder(connection))
            connection.commit()  # the lock is the session's; an open transaction would only hold up vacuum
            yield
    finally:
        engine.dispose()


def _server_holder(connection: Connection) -> tuple[str, datetime | None]:
    row = connection.execute(_HOLDER, {"id": WRITER_LOCK}).first()
    return (row[0].removeprefix("pmsync "), row[1].astimezone(UTC)) if row else ("?", None)


def _busy(process: str, since: datetime | None) -> BusyError:
    when = f", since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""
    message = f"Another pmsync (pid {process}{when}) is writing this store."
    return BusyError(message, hint="Wait for it, or end it and run again.")
