"""A metric that contradicts the verdict is said, and one that does not is not."""

import pytest

from core.reporting.other_metrics import clearly_worse
from core.scores.intervals import Difference


def change(low: float, high: float, p_holm: float) -> Difference:
    return Difference(estimate=(low + high) / 2, low=low, high=high, p_value=p_holm / 3, p_holm=p_holm)


def said(verdict: str = "not shown", **differences: Difference) -> str | None:
    return clearly_worse(differences, "accuracy", verdict, "tf-idf", 0.95)


def test_the_metrics_are_named_with_their_numbers():
    assert said(accuracy=change(-0.01, 0.02, 1), macro_f1=change(-0.2, -0.1, 0.0001), loss=change(0.1, 0.3, 0.02)) == (
        "Yet the published model is clearly worse than tf-idf by macro F1 -0.150 (95% interval -0.200 to -0.100, "
        "p < 0.001), loss +0.200 (95% interval +0.100 to +0.300, p = 0.020)."
    )


@pytest.mark.parametrize(
    ("metric", "low", "high", "p_holm"),
    [
        ("macro_f1", -0.2, 0.01, 0.01),  # its interval holds 0
        ("macro_f1", -0.2, -0.01, 0.06),  # not once corrected
        ("macro_f1", 0.1, 0.2, 0.001),
        ("loss", -0.2, -0.1, 0.001),  # lower is better
        ("accuracy", -0.2, -0.1, 0.001),  # the verdict's own
    ],
)
def test_what_is_not_clearly_worse_is_not_said(metric, low, high, p_holm):
    assert said(**{metric: change(low, high, p_holm)}) is None


def test_where_the_verdict_says_harm_nothing_is_added():
    assert said("harmed", macro_f1=change(-0.2, -0.1, 0.001)) is None
