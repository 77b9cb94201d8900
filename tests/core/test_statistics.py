"""Scores and what may be concluded from them, against worked examples and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from core import statistics

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 3, 60)
PROBABILITIES = GENERATOR.dirichlet([1, 1, 1], 60)


def sure(*predicted: int) -> np.ndarray:
    """Return probabilities of 0.9 for the class predicted, of two."""
    return np.where(np.eye(2)[list(predicted)] == 1, 0.9, 0.1)


def test_scores_agree_with_scikit_learn():
    found = statistics.scores(LABELS, PROBABILITIES)
    predicted = PROBABILITIES.argmax(1)
    assert found["accuracy"] == pytest.approx((predicted == LABELS).mean())
    assert found["macro_f1"] == pytest.approx(f1_score(LABELS, predicted, average="macro"))
    assert found["loss"] == pytest.approx(log_loss(LABELS, PROBABILITIES))


def test_a_class_that_never_occurs_does_not_lower_macro_f1():
    probabilities = np.eye(3)[[0, 1, 1]]
    assert statistics.scores(np.array([0, 1, 1]), probabilities)["macro_f1"] == 1


def test_a_certain_mistake_has_a_finite_loss():
    assert np.isfinite(statistics.scores(np.array([0]), np.array([[0.0, 1.0]]))["loss"])


def test_per_class_scores_and_confusions_agree_with_scikit_learn():
    predicted = PROBABILITIES.argmax(1)
    expected = precision_recall_fscore_support(LABELS, predicted)
    found = statistics.per_class(LABELS, PROBABILITIES)
    for number, name in enumerate(("precision", "recall", "f1", "rows")):
        assert [each[name] for each in found] == pytest.approx(list(expected[number]))
    assert (statistics.confusion(LABELS, PROBABILITIES) == confusion_matrix(LABELS, predicted)).all()


def compare(labels, baseline, finetuned, groups=None, seed=0):
    groups = groups or [str(row) for row in range(len(labels))]
    return statistics.paired_bootstrap(np.array(labels), baseline, finetuned, groups, 2000, seed)


def test_the_bootstrap_interval_of_an_accuracy_is_the_binomial_one():
    labels = np.zeros(400, dtype=int)
    right = sure(*([0] * 300 + [1] * 100))
    low, high = statistics.interval(compare(labels, right, [right])["accuracy"].baseline, 0.95)
    error = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert (low, high) == (pytest.approx(0.75 - error, abs=0.01), pytest.approx(0.75 + error, abs=0.01))


def test_two_equal_models_differ_by_nothing_in_every_resample():
    found = compare(LABELS, PROBABILITIES, [PROBABILITIES, PROBABILITIES])
    assert all(np.abs(found[metric].difference).max() < 1e-12 for metric in statistics.METRICS)
    assert statistics.p_value(np.zeros(2000)) == 1


def test_the_same_seed_gives_the_same_resamples_and_another_does_not():
    first, again, other = (
        compare(LABELS, PROBABILITIES, [np.roll(PROBABILITIES, 1, axis=0)], seed=seed)["loss"].difference
        for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_rows_that_share_a_group_widen_the_interval():
    labels = np.zeros(100, dtype=int)
    half = sure(*[row // 10 % 2 for row in range(100)])
    alone = compare(labels, half, [half])["accuracy"].baseline.std()
    grouped = compare(labels, half, [half], [str(row // 10) for row in range(100)])["accuracy"].baseline.std()
    assert grouped > 2.5 * alone


def test_seeds_that_disagree_widen_the_interval():
    labels = np.zeros(50, dtype=int)
    good, bad = sure(*[0] * 50), sure(*[1] * 50)
    found = compare(labels, good, [good, bad])["accuracy"].finetuned
    assert set(found) == {0.0, 0.5, 1.0}


def test_a_difference_that_no_resample_contradicts_has_the_smallest_p_value():
    assert statistics.p_value(np.full(999, 0.1)) == pytest.approx(2 / 1000)


def test_mcnemar_counts_the_discordant_rows_and_tests_them_exactly():
    labels = np.zeros(10, dtype=int)
    baseline, finetuned = sure(*[0, 1, 1, 1, 1, 1, 1, 0, 0, 0]), sure(*[1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    found = statistics.mcnemar(labels, baseline, finetuned)
    assert (found["only_baseline_right"], found["only_finetuned_right"]) == (1, 6)
    assert found["p_value"] == pytest.approx(2 * (1 + 7) / 2**7)


def test_mcnemar_of_models_that_never_disagree_shows_nothing():
    assert statistics.mcnemar(LABELS, PROBABILITIES, PROBABILITIES)["p_value"] == 1


def test_the_smallest_gain_is_2_8_standard_errors():
    differences = np.random.default_rng(0).normal(0, 0.01, 100_000)
    assert statistics.smallest_gain(differences, 0.95) == pytest.approx(0.028, abs=0.0003)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.01, 0.05, "adapted"), (-0.01, 0.05, "not shown"), (0.0, 0.05, "not shown"), (-0.05, -0.01, "harmed")],
)
def test_the_verdict_is_where_the_interval_lies(low, high, verdict):
    assert statistics.verdict(low, high) == verdict
