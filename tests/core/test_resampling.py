"""The paired bootstrap: what it draws, and by simulation that its intervals hold the truth as often as they say."""

import numpy as np
import pytest
from scipy.stats import norm

from core import statistics
from core.resampling import paired_bootstrap

SPREAD = 0.15  # standard deviation of the seeds' skill, in logits
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 3, 60)
PROBABILITIES = GENERATOR.dirichlet([1, 1, 1], 60)


def sure(*predicted: int) -> np.ndarray:
    """Return probabilities of 0.9 for the class predicted, of two."""
    return np.where(np.eye(2)[list(predicted)] == 1, 0.9, 0.1)


def compare(labels, baseline, finetuned, groups=None, seed=0):
    groups = np.arange(len(labels)) if groups is None else groups
    return paired_bootstrap(np.asarray(labels), baseline, finetuned, groups, 2000, seed)


def test_the_interval_of_an_accuracy_is_the_binomial_one():
    right = sure(*([0] * 300 + [1] * 100))
    found = compare([0] * 400, right, [right])["accuracy"].baseline
    assert found.value == 0.75
    error = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert statistics.interval(found, 0.95) == (
        pytest.approx(0.75 - error, abs=0.005),
        pytest.approx(0.75 + error, abs=0.005),
    )


def test_figures_are_the_scores_and_their_mean_over_seeds():
    other = np.roll(PROBABILITIES, 1, axis=0)
    found = compare(LABELS, PROBABILITIES, [PROBABILITIES, other])
    for metric, base in statistics.scores(LABELS, PROBABILITIES).items():
        tuned = (base + statistics.scores(LABELS, other)[metric]) / 2
        values = [side.value for side in found[metric]]
        assert values == pytest.approx([base, tuned, tuned - base])


def test_two_equal_models_differ_by_nothing():
    found = compare(LABELS, PROBABILITIES, [PROBABILITIES, PROBABILITIES])
    assert [statistics.p_value(found[metric].difference) for metric in statistics.METRICS] == [1, 1, 1]


def test_the_same_seed_gives_the_same_figures_and_another_does_not():
    first, again, other = (
        compare(LABELS, PROBABILITIES, [np.roll(PROBABILITIES, 1, axis=0)], seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_rows_that_share_a_group_widen_the_interval():
    half = sure(*[row // 10 % 2 for row in range(100)])
    alone = compare([0] * 100, half, [half])["accuracy"].baseline
    grouped = compare([0] * 100, half, [half], np.arange(100) // 10)["accuracy"].baseline
    assert grouped.error > 2.5 * alone.error
    assert grouped.freedom == 9


def test_seeds_that_disagree_widen_the_interval_by_the_variance_of_their_mean():
    labels, seeds = [0] * 1000, (600, 700, 800)
    right = [sure(*([0] * rows + [1] * (1000 - rows))) for rows in seeds]
    found = compare(labels, right[1], right)["accuracy"].finetuned
    of_rows = 0.7 * 0.3 / 1000
    assert found.error**2 == pytest.approx(0.1**2 / 3 + of_rows, rel=0.1)
    assert found.freedom < 3  # nearly all of it is known from three seeds alone


@pytest.mark.parametrize(("rows", "verdict"), [(4, "not shown"), (12, "adapted")])
def test_a_handful_of_rows_is_never_certain_however_much_they_agree(rows, verdict):
    found = compare([0] * rows, sure(*[1] * rows), [sure(*[0] * rows)])["accuracy"].difference
    assert found.value == 1
    assert statistics.verdict(*statistics.interval(found, 0.95)) == verdict


def test_a_class_that_resamples_lack_leaves_macro_f1_finite():
    labels = [0] * 19 + [1]
    found = compare(labels, sure(*labels), [sure(*[0] * 20)])["macro_f1"]
    assert all(np.isfinite(side.error) for side in found)


def simulated(generator, groups: int, size: int, skills):
    """Return labels, baseline, fine-tuned models and groups of one test set out of a world of which all is known.

    Rows are hard or easy for all models, groups for each kind of model, and each seed has a skill of its own.
    """
    rows = groups * size
    labels, group = generator.integers(0, 2, rows), np.repeat(np.arange(groups), size)
    hardness, shared = generator.normal(1, 1, rows), generator.normal(0, 0.8, rows)

    def probabilities(margin: np.ndarray) -> np.ndarray:
        of_label = 1 / (1 + np.exp(-margin - hardness))
        return np.where(np.eye(2)[labels] == 1, of_label[:, None], 1 - of_label[:, None])

    baseline = generator.normal(0, 1, groups)[group] + generator.normal(0, 1, rows)
    tuned = generator.normal(0, 1, groups)[group] + shared
    return (
        labels,
        probabilities(baseline),
        [probabilities(tuned + skill + generator.normal(0, 0.6, rows)) for skill in skills],
        group,
    )


def truth(size: int, gain: float) -> dict[str, float]:
    skills = norm.ppf((np.arange(20) + 0.5) / 20, gain, SPREAD)
    labels, baseline, finetuned, _ = simulated(np.random.default_rng(1), 60_000 // size, size, skills)
    base = statistics.scores(labels, baseline)
    tuned = [statistics.scores(labels, each) for each in finetuned]
    return {metric: float(np.mean([each[metric] for each in tuned])) - base[metric] for metric in statistics.METRICS}


@pytest.mark.parametrize(("groups", "size", "gain"), [(600, 1, 0.5), (300, 2, 0.5), (300, 2, 0.0), (20, 30, 0.0)])
def test_intervals_hold_the_truth_in_93_to_97_of_100_test_sets_and_equal_models_are_not_told_apart(groups, size, gain):
    true = truth(size, gain) if gain else dict.fromkeys(statistics.METRICS, 0.0)
    generator = np.random.default_rng(0)
    covered, verdicts, gains = {metric: 0 for metric in true}, [], []
    for number in range(1000):
        test_set = simulated(generator, groups, size, generator.normal(gain, SPREAD, 3))
        compared = paired_bootstrap(*test_set, 200, number)
        intervals = {metric: statistics.interval(compared[metric].difference, 0.95) for metric in true}
        for metric, (low, high) in intervals.items():
            covered[metric] += low <= true[metric] <= high
        gains.append(statistics.smallest_gain(compared["accuracy"].difference, 0.95))
        verdicts.append(statistics.verdict(*intervals["accuracy"]))
    assert all(930 <= count <= 970 for count in covered.values()), covered
    if gain:  # found as often as the smallest gain, that is found in 80 of 100 test sets, foretells
        distance = 2.8 * true["accuracy"] / np.mean(gains) - 1.96
        assert verdicts.count("adapted") / 1000 == pytest.approx(norm.cdf(distance), abs=0.05)
    else:
        assert verdicts.count("adapted") <= 35
