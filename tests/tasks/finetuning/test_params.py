"""Learning rates: what is usual, and what to try after one that was too high."""

import pytest

from tasks import params
from tasks.finetuning.params import Finetuning

TRIED = [(1e-3, "full", 5e-5), (5e-5, "full", 1e-5), (5e-3, "lora", 5e-4), (5e-4, "lora", 1e-4)]


def section(rate: float, method: str) -> Finetuning:
    return params.load().finetuning.model_copy(update={"learning_rate": rate, "method": method})


@pytest.mark.parametrize(("rate", "method", "lower"), TRIED)
def test_a_lower_rate_is_a_tenth_as_far_as_that_is_usual_for_the_method(write_params, rate, method, lower):
    write_params({})
    assert section(rate, method).lower_learning_rate == pytest.approx(lower)
    low, high = section(rate, method).usual_learning_rates
    assert low <= section(rate, method).lower_learning_rate <= high


def test_a_rate_below_all_that_is_usual_is_halved(write_params):
    write_params({})
    assert section(1e-6, "full").lower_learning_rate == 5e-7
