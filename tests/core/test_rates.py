"""Learning rates: what is usual, and what to try after one that was too high."""

import pytest

from core import rates

TRIED = [(1e-3, "full", 5e-5), (5e-5, "full", 1e-5), (5e-3, "lora", 5e-4), (5e-4, "lora", 1e-4)]


@pytest.mark.parametrize(("rate", "method", "lower"), TRIED)
def test_a_lower_rate_is_a_tenth_as_far_as_that_is_usual_for_the_method(rate, method, lower):
    assert rates.lower(rate, method) == pytest.approx(lower)
    low, high = rates.usual(method)
    assert low <= rates.lower(rate, method) <= high


def test_a_rate_below_all_that_is_usual_is_halved():
    assert rates.lower(1e-6, "full") == 5e-7
