"""A number in a sentence: short, and never on the other side of its limit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import real
from governance.policy.finding import short


@pytest.mark.parametrize(
    ("value", "limit", "said"),
    [
        ("0.123456789", None, "0.1235"),
        ("0.79996", None, "0.8"),
        ("0.79996", "0.8", "0.79996"),  # below, and would read as at the limit
        ("0.80004", "0.8", "0.80004"),  # above, and would read as at the limit
        ("0.800004", "0.80001", "0.8"),
        ("0.8", "0.8", "0.8"),
        ("0.79994", "0.8", "0.7999"),
        ("0.5", "0.8", "0.5"),
        ("0.12345", "0.123451", "0.12345"),
    ],
)
def test_short(value: str, limit: str | None, said: str) -> None:
    assert short(value, limit) == said


@given(st.floats(-10, 10), st.floats(-10, 10))
def test_a_reader_sees_the_side_that_was_compared(value: float, limit: float) -> None:
    bound, exact = Decimal(real(limit)), Decimal(real(value))
    shown = Decimal(short(value, real(limit)))
    assert (shown < bound, shown == bound, shown > bound) == (exact < bound, exact == bound, exact > bound)
