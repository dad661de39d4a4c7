"""The checkpoint of a Jira source: what has been read to the end, and a run that was interrupted."""

import msgspec

from pmsync.connectors.decoding import convert
from pmsync.model import Json


class RunState(msgspec.Struct, frozen=True):
    """A run under way. `start` is the server's clock (epoch ms) when it first began, `done` the last issue id stored.

    A run that resumes keeps its start: what changed while it was interrupted belongs to the next run.
    """

    start: int
    units: dict[str, str]
    fields: str
    keys: dict[str, str]
    boards: dict[str, str]
    full: bool
    done: int = 0
    mixed: list[str] = []
    """Projects whose issues came with another key than theirs."""
    unseen: list[int] = []
    """As in `State`."""

    def continues(self, newer: "RunState") -> bool:
        """Whether going on with this run gives what the newer one would."""
        mine, other = ((run.units, run.fields, run.keys, run.boards) for run in (self, newer))
        return mine == other and (self.full or not newer.full)

    def refiltered(self, before: "State") -> set[str]:
        """Boards that are new or have another filter than before."""
        return {id for id, jql in self.boards.items() if before.boards.get(id) != jql}


class State(msgspec.Struct, frozen=True):
    """What a checkpoint holds.

    `units` are the queries that have been read to the end, by name, and `mark` the instant (epoch ms) up to which they
    are known. `keys` are the keys of all projects ever seen, by id; `projects` are those that were in sight last time;
    `boards` are the filters of the boards; `fields` stands for the fields that were asked for.
    """

    units: dict[str, str] = {}
    mark: int = 0
    fields: str = ""
    keys: dict[str, str] = {}
    projects: list[str] = []
    boards: dict[str, str] = {}
    pending: list[int] = []
    """Issues the server could not give; asked for again."""
    unseen: list[int] = []
    """Issues that the store holds and that a full run was not shown: should they be back, they are to be read too."""
    swept: int = 0
    run: RunState | None = None

    @classmethod
    def load(cls, checkpoint: Json) -> "State":
        """Read a checkpoint; one of another make starts from nothing, which costs time and loses nothing."""
        try:
            return convert(dict(checkpoint), cls)
        except msgspec.ValidationError:
            return cls()

    def dump(self) -> Json:
        """The checkpoint to store."""
        stored: Json = msgspec.to_builtins(self)
        return stored
