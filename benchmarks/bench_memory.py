"""Peak memory of `pmsync sync` for trackers of growing size: it must not grow with the number of items."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """\
store: store.sqlite
sources:
  shop: {{type: jira, url: "{url}", email: demo@example.org, token: "file:token"}}
"""


def measure(issues: int) -> tuple[float, float]:
    """Seconds and peak MB of the first sync of a demo Jira that holds this many issues."""
    server = [sys.executable, "-m", "pmsync.demo.jira", "--issues", str(issues), "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as running,
    ):
        try:
            assert running.stdout
            url = running.stdout.readline().split()[-1]
            Path(folder, "token").write_text("demo-token")
            Path(folder, "pmsync.yaml").write_text(CONFIG.format(url=url))
            return _sync(folder)
        finally:
            running.terminate()


def _sync(folder: str) -> tuple[float, float]:
    start = time.perf_counter()
    sync = subprocess.Popen([sys.executable, "-m", "pmsync", "-q", "sync"], cwd=folder)
    _, status, usage = os.wait4(sync.pid, 0)
    if status:
        sys.exit("the sync failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500 and 2,000 issues instead of 1,000, 10,000 and 50,000")
    sizes = (500, 2_000) if parser.parse_args().quick else (1_000, 10_000, 50_000)
    for issues in sizes:
        seconds, peak = measure(issues)
        print(f"{issues:>7} issues  {seconds:6.1f} s  {peak:6.0f} MB", flush=True)


if __name__ == "__main__":
    main()
