import pytest

from contract.store_contract import StoreContract


class TestOnPostgresql(StoreContract):
    @pytest.fixture
    def address(self, postgresql_address: str) -> str:
        return postgresql_address
