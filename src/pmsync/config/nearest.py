"""Finds what somebody probably meant to write."""

import difflib
from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The most similar of `words`, whatever their case, if one is similar at all."""
    known = {other.lower(): other for other in words}
    found = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a sentence about a wrong word: empty when nothing is similar."""
    found = nearest(word, words)
    return f'; did you mean "{found}"?' if found else ""
