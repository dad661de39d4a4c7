"""Fills a demo Trello with any number of dull cards, for measuring."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, repeat

from pmsync.demo.trello.site import TrelloSite

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
LISTS = ("Ideas", "To do", "Doing", "Waiting", "Review", "Done")
WORDS = ("checkout", "banner", "copy", "invoice", "landing page", "slides", "vendor", "quote", "survey", "poster")


def generate(boards: int = 10, cards: int = 5000, actions: int = 20000, *, seed: int = 11) -> TrelloSite:
    """Boards with exactly so many cards and actions in all, shared out evenly; the same for the same numbers.

    Something happens every seven seconds from 5 January 2026, 8:00 UTC.
    """
    site = TrelloSite(START, seed, empty=True)
    usual, times = site.now, (START + timedelta(seconds=7 * number) for number in count())
    site.now = repeat(START).__next__
    site.add_member("Anna Berg", "5b10a2844c20165700ede21g")
    for number in range(boards):
        for deed in _deeds(site, f"Board {number + 1}", cards // boards, actions // boards):
            site.now = repeat(next(times)).__next__
            deed()
    site.now = usual
    return site


def _deeds(site: TrelloSite, name: str, cards: int, actions: int) -> Iterator[Callable[[], object]]:
    """What is to be done, one thing at a time, to fill a board."""
    yield partial(site.add_board, name)
    board = site.find("boards", name)
    for title in LISTS:
        yield partial(site.add_list, board, title)
    for color in ("green", "red"):
        yield partial(site.add_label, board, color.title(), color)
    lists = [place["id"] for place in site.lists.values() if place["idBoard"] == board]
    labels = [label["id"] for label in site.labels.values() if label["idBoard"] == board]
    for number in range(cards):
        yield partial(_create, site, lists[0], number, labels[number % 2])
    made = [card["id"] for card in site.cards.values() if card["idBoard"] == board]
    while made and len(site.board_actions[board]) < actions:
        card = site.random.choice(made)
        move = partial(site.move, card, site.random.choice(lists))
        yield move if site.random.random() < 0.7 else partial(site.comment, card, "Discussed, more on Monday.")


def _create(site: TrelloSite, place: str, number: int, label: str) -> None:
    title = f"({number % 8 + 1}) {' '.join(site.random.sample(WORDS, 4))} {number}"
    site.create(place, title, desc="As agreed. " * 20, idLabels=[label], idMembers=[site.actor])
