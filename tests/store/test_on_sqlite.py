from pathlib import Path

import pytest

from contract.kill import write_until_killed
from contract.store_contract import StoreContract
from pmsync.store import lock


class TestOnSqlite(StoreContract):
    @pytest.fixture
    def address(self, tmp_path: Path) -> str:
        return str(tmp_path / "new folder" / "store.db")

    def test_a_killed_process_leaves_no_lock_behind(self, address: str) -> None:
        write_until_killed(address, 5)
        with lock(address):
            pass
