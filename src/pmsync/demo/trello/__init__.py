"""A small Trello, with a believable team's work in it. `TrelloSite` is all there is to know."""

from pmsync.demo.trello.site import KEY, TOKEN, TrelloSite

__all__ = ["KEY", "TOKEN", "TrelloSite"]
