"""Learning rates: what is usual, and what to try after one that was too high."""

import pytest

from core import rates


@pytest.mark.parametrize(
    ("rate", "method", "lower"), [(1e-3, "full", 5e-5), (1e-4, "full", 1e-5), (5e-3, "lora", 5e-4)]
)
def test_a_lower_rate_is_a_tenth_and_within_what_is_usual_for_the_method(rate, method, lower):
    assert rates.lower(rate, method) == pytest.approx(lower)
    low, high = rates.usual(method)
    assert low <= rates.lower(rate, method) <= high
