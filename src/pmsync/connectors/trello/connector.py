"""The connector for boards of Trello: what the app talks to."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import msgspec

from pmsync.connectors.decoding import decode
from pmsync.connectors.interface import Context, Finding, Page, Resume
from pmsync.connectors.transport import AnswerError
from pmsync.connectors.trello.board import read_board
from pmsync.connectors.trello.client import Trello
from pmsync.connectors.trello.mapping import CATALOG_KINDS, Model
from pmsync.connectors.trello.rules import Rules
from pmsync.connectors.trello.scope import Listed
from pmsync.errors import ScopeError
from pmsync.model import Batch, Board, Raw

if TYPE_CHECKING:
    from pmsync.config import TrelloSource

LISTED = "name,closed,idOrganization,shortLink,shortUrl"


class TrelloConnector:
    """Reads boards of Trello. See `pmsync.connectors.interface` for the contract."""

    catalog_kinds: ClassVar[Sequence[str]] = CATALOG_KINDS

    def __init__(self, source: str, settings: "TrelloSource", context: Context) -> None:
        self.source = source
        self._context = context
        self._rules = Rules(settings, context.timezone)
        self._trello = Trello(source, settings, context)
        self._model = Model(source, self._rules)

    @property
    def requests(self) -> int:
        """How many requests have been sent so far."""
        return self._trello.requests

    def model(self, raws: Iterable[Raw]) -> Batch:
        """Map raw records."""
        return self._model.batch(raws)

    def pull(self, resume: Resume) -> Iterator[Page]:
        """Yield what is new since `resume`, to the end."""
        from pmsync.connectors.trello.pull import Pull

        listed, now = self._listed()
        yield from Pull(self._trello, self._rules, self._context, resume, listed, now).pages()

    def boards(self) -> Sequence[Board]:
        """The account's boards, closed ones too."""
        found = (read_board(row, self._rules).catalog.boards for row in self._listed()[0])
        return [board for boards in found for board in boards.values()]

    def doctor(self) -> Iterator[Finding]:
        """What works, and what the rules find."""
        from pmsync.connectors.trello.doctor import doctor

        return doctor(self._trello, self._rules, self._listed)

    def close(self) -> None:
        """Give connections back."""
        self._trello.close()

    def _listed(self) -> tuple[list[Listed], datetime]:
        """The account's boards, and Trello's time before anything else is read.

        Raises:
            ScopeError: this is not Trello.
        """
        try:
            answer = self._trello.get("members/me/boards", filter="all", fields=LISTED, organization="true")
            return decode(answer.content, list[Listed]), answer.server_time
        except (AnswerError, msgspec.DecodeError, LookupError) as error:
            if isinstance(error, AnswerError) and error.status in (401, 403):
                raise
            message = f"{self.source}: {self._trello.settings.url} does not answer like Trello"
            hint = f"check `url:` of sources.{self.source}; without it, https://api.trello.com is asked"
            raise ScopeError(message, hint=hint) from error
