"""Syncs as processes of their own, killed as `kill -9` does after a seeded number of requests."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pmsync.demo.server import RunningServer
from pmsync.model import Change, Item
from pmsync.store import ItemQuery, open_store

KILLS = int(os.environ.get("PMSYNC_KILLS", "2"))
"""How many seeds to try; 50 take about two minutes a tracker."""

Held = tuple[list[Item], list[Change]]


@dataclass(frozen=True)
class Killing:
    """`pmsync -q sync` of one source (YAML) that `server` has; `before` is Python that makes pages small."""

    site: Any
    server: RunningServer
    source: str
    secrets: Mapping[str, str]
    before: str

    def start(self, folder: Path) -> "subprocess.Popen[bytes]":
        (folder / "pmsync.yaml").write_text(f"store: s.db\nsources: {{it: {self.source}}}\n")
        program = f"{self.before}\nfrom pmsync.cli.main import main; main(['-q', 'sync'])"
        known = {**os.environ, **self.secrets, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}
        command = [sys.executable, "-W", "ignore", "-c", program]
        return subprocess.Popen(command, cwd=folder, env=known, stderr=subprocess.PIPE)

    def finish(self, folder: Path) -> Held:
        """Sync to the end; what the store then holds, but for the instant of the run."""
        with self.start(folder) as process:
            _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
        with open_store(str(folder / "s.db")) as store:
            return list(store.items(ItemQuery(presence="all"))), list(store.changes("it"))

    def kill(self, folder: Path, seed: int, first: int, last: int) -> None:
        """Dead when it has sent a seeded number of requests, from the first to the last that may be."""
        self.server.log.clear()
        moment = Random(seed).randint(first, last)
        with self.start(folder) as process:
            self.site.fault = lambda _: process.kill() if len(self.server.log) >= moment else None  # type: ignore[func-returns-value]
            process.communicate(timeout=60)
        self.site.fault = None
        assert process.returncode < 0, "it was over before it could be killed"
