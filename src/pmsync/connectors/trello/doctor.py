"""What works, and what the rules find on boards: coverage, and guesses about lists with the YAML that corrects them."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec

from pmsync.connectors.interface import Finding
from pmsync.connectors.transport import AnswerError
from pmsync.connectors.trello.board import BoardMap, read_board
from pmsync.connectors.trello.card import COMPLETE, CardView
from pmsync.connectors.trello.client import TooBigError, Trello
from pmsync.connectors.trello.pull import interleave, read_meta
from pmsync.connectors.trello.reader import BoardReader
from pmsync.connectors.trello.rules import Rules
from pmsync.connectors.trello.scope import Listed, choose
from pmsync.connectors.trello.shapes import Card
from pmsync.errors import SourceError, did_you_mean
from pmsync.model import Category

ASPECTS = ("points", "type", "sprint", "estimate", "done")
AT_ONCE = 8
CLOCK = 60.0  # seconds our clock may differ from Trello's without a word


def doctor(trello: Trello, rules: Rules, ask: Callable[[], tuple[list[Listed], datetime]]) -> Iterator[Finding]:
    """Account, clock, boards, and what the rules find. `ask` gives the account's boards and Trello's time."""
    try:
        listed, now = ask()
        me = trello.get("members/me", fields="fullName,username").decode()
    except SourceError as error:
        yield _failure("account", error)
        return
    yield Finding(level="ok", subject="account", message=f"{me['fullName']} (@{me['username']})")
    yield from _clock(now, datetime.now(UTC))
    try:
        jobs = [partial(_look, trello, rules, id, listed) for id in choose(trello.source, trello.settings, listed)]
        found = sorted(interleave(jobs, AT_ONCE), key=lambda each: (each[1].subject, each[1].message))
    except SourceError as error:
        yield _failure("boards", error)
        return
    yield from (finding for _, finding in found)
    yield from stages([board for board, _ in found if board], rules)


def _look(trello: Trello, rules: Rules, id: str, listed: Sequence[Listed]) -> Iterator[tuple[BoardMap | None, Finding]]:
    try:
        body = read_meta(trello, id, listed)
        reader = BoardReader(trello, read_board(msgspec.json.decode(body), rules), body)
        told = coverage(reader.every_card(), reader.board, rules)
        yield reader.board, Finding(level="ok", subject=reader.board.name, message=told)
    except (AnswerError, TooBigError) as error:
        yield None, _failure("boards", error)


def _failure(subject: str, error: SourceError) -> Finding:
    """An error as `doctor` tells it. What to do is never left open."""
    fix = error.hint or "correct it in the config; `pmsync boards` lists what this account sees"
    return Finding(level="error", subject=subject, message=str(error), fix=fix, exit_code=error.exit_code)


def _clock(theirs: datetime, ours: datetime) -> Iterator[Finding]:
    seconds = (ours - theirs).total_seconds()
    if abs(seconds) > CLOCK:
        message = f"this machine's clock is {seconds:+.0f} s off Trello's, whose clock counts when syncing"
        yield Finding(level="warning", subject="clock", message=message, fix="set the clock by NTP")


def coverage(cards: Iterable[Card], board: BoardMap, rules: Rules) -> str:
    """For how many cards each rule has an answer, one line for each thing that Trello itself does not know."""
    total, found = 0, {aspect: Counter[str]() for aspect in ASPECTS}
    for card in cards:
        total += 1
        for aspect, rule in _answers(CardView(card, board, rules)).items():
            found[aspect][rule] += rule != "none"
    return "\n".join([f"{total} cards", *(_line(aspect, rules, total) for aspect, rules in found.items())])


def _line(aspect: str, rules: Counter[str], total: int) -> str:
    by = ", ".join(f"{rule} {count}" for rule, count in rules.most_common() if count) or "no rule finds any"
    return f"  {aspect:<9}{rules.total():>6} of {total:<6} {by}"


def _answers(view: CardView) -> Mapping[str, str]:
    """The rule that answers each question."""
    special = view.card.cardRole or view.card.isTemplate
    labelled = view.rules.type_of(view.labels)[1] != "Card"
    return {
        "points": view.points()[1],
        "type": "kind of card" if special else "label" if labelled else "none",
        "sprint": view.sprint()[1],
        "estimate": "none" if view.estimate() is None else "custom field",
        "done": _done(view),
    }


def _done(view: CardView) -> str:
    if view.stage and view.stage.category in (Category.DONE, Category.CANCELLED):
        return "list"
    resolution = view.end()[1]
    return "none" if resolution is None else "due date ticked" if resolution == COMPLETE else "archived"


def _flow(names: Iterable[str]) -> str:
    return f"[{', '.join(json.dumps(name, ensure_ascii=False) for name in names)}]"


def stages(boards: Sequence[BoardMap], rules: Rules) -> Iterator[Finding]:
    """Names that no list has, guessed meanings of lists, and what to write into the config where one is wrong."""
    lists = {stage.name.casefold().strip(): stage.name for board in boards for stage in board.stages.values()}
    for category, names in rules.mapping.stages.items():
        for name in names:
            if name.casefold() not in lists:
                message = f'no list is called "{name}"{did_you_mean(name, lists.values())}'
                yield Finding(level="warning", subject=f"stages.{category}", message=message, fix="correct the name")
    yield from _guesses(boards)


def _guesses(boards: Sequence[BoardMap]) -> Iterator[Finding]:
    found: dict[Category, dict[str, None]] = defaultdict(dict)
    guessed = False
    for board in boards:
        for stage in board.stages.values():
            found[stage.category][stage.name] = None
            guessed |= stage.guessed
    if guessed:
        yaml = [f"  {category}: {_flow(found[category])}" for category in Category if category in found]
        message = "what the lists mean is guessed from their names; an unknown one counts like its left neighbour"
        yield Finding(level="warning", subject="stages", message=message, fix="\n".join(["stages:", *yaml]))
    else:
        yield Finding(level="ok", subject="stages", message="the config says what every list means")
