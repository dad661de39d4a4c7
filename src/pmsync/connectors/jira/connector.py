"""The Jira connector: what the app talks to."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar

from pmsync.connectors.interface import Context, Finding, Page, Resume
from pmsync.connectors.jira.boards import read_boards
from pmsync.connectors.jira.catalog import Tables
from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.mapping import Mapper
from pmsync.connectors.jira.tables import CATALOG_KINDS
from pmsync.model import Batch, Board, Raw

if TYPE_CHECKING:
    from pmsync.config import JiraSource


class JiraConnector:
    """One Jira site. See `pmsync.connectors.interface` for the contract."""

    catalog_kinds: ClassVar[Sequence[str]] = CATALOG_KINDS

    def __init__(self, source: str, settings: "JiraSource", context: Context) -> None:
        self.source = source
        self._settings = settings
        self._context = context
        self._client = Client(source, settings, context)
        tables = Tables(settings.url.rstrip("/"), settings.points_field, settings.custom_fields)
        self._mapper = Mapper(source, settings.types, tables)

    @property
    def requests(self) -> int:
        """How many requests have been sent so far, retries included."""
        return self._client.requests

    def pull(self, resume: Resume) -> Iterator[Page]:
        """Yield what is new since `resume`, to the end."""
        from pmsync.connectors.jira.pull import pull

        return pull(self._client, self._context, resume)

    def model(self, raws: Iterable[Raw]) -> Batch:
        """Map raw records into the common model."""
        return self._mapper.model(raws)

    def boards(self) -> Sequence[Board]:
        """What could be synced with these credentials."""
        self._client.open()
        found = read_boards(self._client).items()
        known = Tables(self._settings.url.rstrip("/"))
        return list(known.take([Raw.of("board", id, bytes(raw)) for id, (_, raw) in found]).boards.values())

    def doctor(self) -> Iterator[Finding]:
        """Check credentials, permissions, clock, fields and guesses; never raise for what can be told."""
        from pmsync.connectors.jira.doctor import doctor

        with ThreadPoolExecutor(self._context.connections) as pool:
            yield from doctor(self._client, self._context, pool)

    def close(self) -> None:
        """Give connections back."""
        self._client.close()
