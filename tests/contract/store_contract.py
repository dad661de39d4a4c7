"""What every store must do, whichever database keeps it. A subclass gives the fixture `address`: an empty database."""

from collections.abc import Iterator

import pytest

from contract.journal import Journal
from contract.properties import Properties
from contract.reading import Reading
from contract.sharing import Sharing
from contract.writing import Writing
from pmsync.store import Store, open_store


class StoreContract(Writing, Reading, Sharing, Journal, Properties):
    @pytest.fixture
    def store(self, address: str) -> Iterator[Store]:
        with open_store(address) as opened:
            yield opened
