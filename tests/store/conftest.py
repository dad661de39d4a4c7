import pytest

pytest.register_assert_rewrite("contract.store_contract")

from contract.postgresql import postgresql_address, postgresql_server  # noqa: E402, F401
