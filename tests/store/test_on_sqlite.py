from pathlib import Path

import pytest
from contract.store_contract import StoreContract


class TestOnSqlite(StoreContract):
    @pytest.fixture
    def address(self, tmp_path: Path) -> str:
        return str(tmp_path / "new folder" / "store.db")
