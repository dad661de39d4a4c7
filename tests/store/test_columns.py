import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.arbitrary import as_stored, texts
from pmsync.store.columns import storable, to_json
from pmsync.store.filters import natural


@given(texts)
def test_text_is_made_storable_and_nothing_else(text: str) -> None:
    assert storable(text) == as_stored(text)
    storable(text).encode()


@given(st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)))
def test_json_is_made_storable_and_nothing_else(value: object) -> None:
    def clean(value: object) -> object:
        return [clean(part) for part in value] if isinstance(value, list) else as_stored_dict(value)

    def as_stored_dict(value: object) -> object:
        if isinstance(value, dict):
            return {as_stored(key): clean(part) for key, part in value.items()}
        return as_stored(value)

    assert json.loads(to_json(value)) == clean(value)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("PAY-2", "PAY-10"), ("PAY-9", "pay-10"), ("A-100", "B-1"), ("A1-2", "A1-11"), ("A2-1", "A10-1"), ("", "0")],
)
def test_keys_sort_as_people_expect(earlier: str, later: str) -> None:
    assert natural(earlier) < natural(later)


def test_keys_sort_alike_in_any_case() -> None:
    assert natural("PAY-7") == natural("pay-7")
