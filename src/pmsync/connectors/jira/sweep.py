"""What vanished. Absence from a list proves nothing: every verdict is confirmed by reading the issue by its id."""

import re
from collections.abc import Callable, Sequence

from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.issues import Engine, Seen, batched
from pmsync.connectors.transport import AnswerError
from pmsync.model import Absence, Presence, Problem


def verdicts(
    client: Client, engine: Engine, query: str, missing: Sequence[int], lost: Callable[[], bool]
) -> tuple[Absence, ...]:
    """What became of the missing ones.

    Readable by id and in the index: `moved` out of scope (or just late in the index, which is no verdict). Readable but
    in no search: `archived`. Not readable by id, asked twice: `hidden` where the server says so or a project went out
    of sight since the last run, else `gone`: Jira tells no difference between a deleted issue and one withheld.
    """
    seen = engine.look(missing)
    present = sorted(seen)
    indexed = _indexed(engine, "", present)
    in_scope = _indexed(engine, f"{query} AND ", sorted(indexed))
    verdicts = [
        Absence(item_id=str(id), presence=Presence.MOVED if id in indexed else Presence.ARCHIVED, key=seen[id].key)
        for id in present
        if id not in in_scope
    ]
    absent = [id for id in missing if id not in seen]
    fate = Presence.HIDDEN if absent and lost() else Presence.GONE
    fates = ((id, _fate(client, id, fate) if place < engine.at_once else fate) for place, id in enumerate(absent))
    return (*verdicts, *(Absence(item_id=str(id), presence=presence) for id, presence in fates if presence))


def miscounted(listed: int, expected: int) -> list[Problem]:
    """The tracker's own count against its list."""
    if listed == expected:
        return []
    what = f"the tracker counts {expected} issues in scope and lists {listed}."
    return [Problem(where="count", what=what, fix="Sync again later; if it stays, the site's index needs a rebuild.")]


def _fate(client: Client, id: int, fate: Presence) -> Presence | None:
    """The second look: None if the issue is there after all. Jira mostly says 404, of which nothing follows."""
    try:
        client.get(f"issue/{id}", Seen, fields="project")
    except AnswerError as error:
        if error.status not in {403, 404}:
            raise
        return Presence.HIDDEN if error.status == 403 else fate
    return None


def _indexed(engine: Engine, prefix: str, ids: Sequence[int]) -> set[int]:
    """Which of these readable issues a search finds. A search refuses ids it does not have, and names them."""
    found: set[int] = set()
    for some in batched(ids, engine.at_once):
        wanted = set(some)
        while wanted:
            listed = ", ".join(map(str, sorted(wanted)))
            try:
                found |= {row.id for row in engine.walk(f"{prefix}id in ({listed})", None, dated=False)}
                break
            except AnswerError as error:
                named = {int(id) for id in re.findall(r"'(\d+)'", error.words)}
                if error.status != 400 or not named & wanted:
                    raise
                wanted -= named
    return found
