"""Writes batches until killed as `kill -9` would, after a number of SQL statements: python -m contract.kill URL N."""

import os
import signal
import subprocess
import sys
from itertools import count
from typing import Any

from sqlalchemy import Engine, event

from builders import at, make_change, make_record
from pmsync.model import Plan, Raw
from pmsync.store import lock, open_store

BATCH = 20


def write_until_killed(address: str, statements: int) -> None:
    """Run this file in a process of its own and see it die."""
    open_store(address).close()
    program = [sys.executable, "-m", "contract.kill", address, str(statements)]
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(program, env={**os.environ, "PYTHONPATH": path}, timeout=60, check=False)
    assert done.returncode not in (0, 1)


def main(address: str, statements: int) -> None:
    with lock(address), open_store(address) as store:
        left = iter(range(statements))

        def kill_at_last(*_: Any) -> None:
            if next(left, None) is None:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

        event.listen(Engine, "after_cursor_execute", kill_at_last)
        for number in count():
            names = [f"{number}-{place}" for place in range(BATCH)]
            records = tuple(make_record(name, changes=(make_change(name, name),)) for name in names)
            raws = [Raw.of("issue", name, b"{}") for name in names]
            store.apply("shop", Plan(create=records, at=at(1)), raws=raws, checkpoint={"batches": number + 1})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
