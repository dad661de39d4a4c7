import pytest

pytest.register_assert_rewrite("contract")

from contract.postgresql import postgresql_address, postgresql_server  # noqa: E402, F401
