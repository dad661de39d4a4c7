"""A large, dull Trello for measuring: `python -m pmsync.demo.trello_bulk` serves one until it is interrupted."""

import argparse
import sys
import threading
from datetime import UTC, datetime, timedelta

from pmsync.demo.server import serve
from pmsync.demo.trello import TrelloSite

LISTS = ("Ideas", "To do", "Doing", "Waiting", "Review", "Done")
WORDS = ("checkout", "banner", "copy", "invoice", "landing page", "slides", "vendor", "quote", "survey", "poster")


def generate(boards: int = 10, cards: int = 5000, actions: int = 20000, *, seed: int = 11) -> TrelloSite:
    """Boards with exactly so many cards and actions in all, shared out evenly; the same for the same numbers."""
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    site = TrelloSite(start, seed)
    ticks = 0

    def clock() -> datetime:
        nonlocal ticks
        ticks += 1
        return start + timedelta(seconds=7 * ticks)

    site.now, usual = clock, site.now
    site.add_member("Anna Berg", "5b10a2844c20165700ede21g")
    for number in range(boards):
        _fill(site, f"Board {number + 1}", cards // boards, actions // boards)
    site.now = usual
    return site


def _fill(site: TrelloSite, name: str, cards: int, actions: int) -> None:
    board = site.add_board(name)
    lists = [site.add_list(board, title) for title in LISTS]
    labels = [site.add_label(board, color.title(), color) for color in ("green", "red")]
    made = [_card(site, lists[0], number, labels) for number in range(cards)]
    while made and len(site.board_actions[board]) < actions:
        card = site.random.choice(made)
        if site.random.random() < 0.7:
            site.move(card, site.random.choice(lists))
        else:
            site.comment(card, "Discussed with the team, more on Monday.")


def _card(site: TrelloSite, list: str, number: int, labels: "list[str]") -> str:
    title = f"({number % 8 + 1}) {' '.join(site.random.sample(WORDS, 4))} {number}"
    return site.create(list, title, desc="As agreed. " * 20, idLabels=[labels[number % 2]], idMembers=[site.actor])


def main() -> None:
    """Serve a generated Trello: its address goes to stdout."""
    parser = argparse.ArgumentParser()
    for name, default in (("boards", 10), ("cards", 5000), ("actions", 20000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument("--limits", action="store_true", help="enforce the rate limits")
    options = parser.parse_args()
    site = generate(options.boards, options.cards, options.actions)
    site.rate.enforced = options.limits
    with serve(site, latency=options.latency) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
