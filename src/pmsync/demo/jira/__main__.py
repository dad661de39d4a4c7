"""Serve a demo Jira of any size, for measuring: `python -m pmsync.demo.jira --issues 20000 --latency 0.1`."""

import argparse
import gc
import threading
from datetime import UTC, datetime

from pmsync.demo.jira.crowd import generate
from pmsync.demo.jira.site import JiraSite
from pmsync.demo.jira.story import tell_story
from pmsync.demo.server import serve


def main() -> None:
    """Print the address and serve until killed."""
    options = argparse.ArgumentParser(prog="python -m pmsync.demo.jira", description=__doc__)
    options.add_argument("--issues", type=int, default=0, help="how many issues to generate; 0 is the demo's story")
    options.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--deployment", choices=("cloud", "datacenter"), default="cloud")
    given = options.parse_args()
    anchor = datetime.now(UTC)
    fill = generate(given.issues) if given.issues else tell_story
    site = JiraSite(anchor, deployment=given.deployment, fill=fill, now=lambda: datetime.now(UTC))
    gc.freeze()  # a large site stays; collecting it again and again would slow the answers down
    with serve(site, port=given.port, latency=given.latency) as server:
        print(server.url, flush=True)  # noqa: T201 - its only output
        threading.Event().wait()


if __name__ == "__main__":
    main()
