"""Serve a demo Trello of any size, for measuring: `python -m pmsync.demo.trello --boards 10 --latency 0.1`."""

import argparse
import gc
import threading

from pmsync.demo.server import serve
from pmsync.demo.trello.crowd import generate


def main() -> None:
    """Print the address and serve until killed."""
    options = argparse.ArgumentParser(prog="python -m pmsync.demo.trello", description=__doc__)
    for name, default in (("boards", 10), ("cards", 5000), ("actions", 20000)):
        options.add_argument(f"--{name}", type=int, default=default)
    options.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    options.add_argument("--limits", action="store_true", help="enforce the rate limits")
    given = options.parse_args()
    site = generate(given.boards, given.cards, given.actions)
    site.rate.enforced = given.limits
    gc.freeze()  # a large site stays; collecting it again and again would slow the answers down
    with serve(site, latency=given.latency) as server:
        print(server.url, flush=True)  # noqa: T201 - its only output
        threading.Event().wait()


if __name__ == "__main__":
    main()
