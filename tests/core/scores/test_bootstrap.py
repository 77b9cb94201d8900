"""The paired bootstrap: what it draws, and by simulation that its intervals hold the truth as often as they say."""

import numpy as np
import pytest
from scipy.stats import norm

from core.scores import statistics
from core.scores import tallied as scoring
from core.scores.bootstrap import paired_bootstrap
from core.scores.tallied import METRICS

SPREAD = 0.15  # standard deviation of the seeds' skill, in logits
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 3, 60)
PROBABILITIES = GENERATOR.dirichlet([1, 1, 1], 60)


def sure(*predicted: int) -> np.ndarray:
    """Return probabilities of 0.9 for the class predicted, of two."""
    return np.where(np.eye(2)[list(predicted)] == 1, 0.9, 0.1)


def compare(labels, before, after, groups=None, seed=0):
    groups = np.arange(len(labels)) if groups is None else groups
    return paired_bootstrap(np.asarray(labels), before, after, groups, 2000, seed)


def test_the_interval_of_an_accuracy_is_the_binomial_one():
    right = sure(*([0] * 300 + [1] * 100))
    found = compare([0] * 400, [right], [right])["accuracy"].before
    assert found.value == 0.75
    error = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert statistics.interval(found, 0.95) == (
        pytest.approx(0.75 - error, abs=0.005),
        pytest.approx(0.75 + error, abs=0.005),
    )


def test_figures_are_the_scores_and_their_mean_over_seeds():
    other = np.roll(PROBABILITIES, 1, axis=0)
    found = compare(LABELS, [PROBABILITIES], [PROBABILITIES, other])
    for metric, base in scoring.scores(LABELS, PROBABILITIES).items():
        tuned = (base + scoring.scores(LABELS, other)[metric]) / 2
        values = [side.value for side in found[metric]]
        assert values == pytest.approx([base, tuned, tuned - base])


def test_two_equal_models_differ_by_nothing():
    found = compare(LABELS, [PROBABILITIES], [PROBABILITIES, PROBABILITIES])
    assert [statistics.p_value(found[metric].difference) for metric in METRICS] == [1] * len(METRICS)


def test_the_same_seed_gives_the_same_figures_and_another_does_not():
    first, again, other = (
        compare(LABELS, [PROBABILITIES], [np.roll(PROBABILITIES, 1, axis=0)], seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_rows_that_share_a_group_widen_the_interval():
    half = sure(*[row // 10 % 2 for row in range(100)])
    alone = compare([0] * 100, [half], [half])["accuracy"].before
    grouped = compare([0] * 100, [half], [half], np.arange(100) // 10)["accuracy"].before
    assert grouped.error > 2.5 * alone.error
    assert grouped.freedom == 9


def test_seeds_that_disagree_widen_the_interval_by_the_variance_of_their_mean():
    labels, seeds = [0] * 1000, (600, 700, 800)
    right = [sure(*([0] * rows + [1] * (1000 - rows))) for rows in seeds]
    found = compare(labels, [right[1]], right)["accuracy"].after
    of_rows = 0.7 * 0.3 / 1000
    assert found.error**2 == pytest.approx(0.1**2 / 3 + of_rows, rel=0.1)
    assert found.freedom < 3  # nearly all of it is known from three seeds alone


def test_seeds_of_either_side_widen_the_interval_of_the_difference():
    labels, right = [0] * 1000, [sure(*([0] * rows + [1] * (1000 - rows))) for rows in (600, 700, 800)]
    one, other = (
        compare(labels, *sides)["accuracy"].difference for sides in ((right, [right[1]]), ([right[1]], right))
    )
    both = compare(labels, right, right)["accuracy"].difference
    assert one.error == pytest.approx(other.error, rel=0.1)
    assert both.error**2 == pytest.approx(one.error**2 + other.error**2, rel=0.1)
    assert both.freedom > one.freedom + 1


@pytest.mark.parametrize(("rows", "verdict"), [(4, "not shown"), (12, "adapted")])
def test_a_handful_of_rows_is_never_certain_however_much_they_agree(rows, verdict):
    found = compare([0] * rows, [sure(*[1] * rows)], [sure(*[0] * rows)])["accuracy"].difference
    assert found.value == 1
    assert statistics.verdict(*statistics.interval(found, 0.95)) == verdict


def test_a_class_that_resamples_lack_leaves_macro_f1_finite():
    labels = [0] * 19 + [1]
    found = compare(labels, [sure(*labels)], [sure(*[0] * 20)])["macro_f1"]
    assert all(np.isfinite(side.error) for side in found)


def simulated(generator, groups: int, size: int, before, after):
    """Return labels, models of the skills before and after, and groups of one test set of which all is known.

    Rows are hard or easy for all models, rows and groups for each side, and rows for each model.
    """
    rows = groups * size
    labels, group = generator.integers(0, 2, rows), np.repeat(np.arange(groups), size)
    hardness = generator.normal(1, 1, rows)

    def models(skills) -> list[np.ndarray]:
        shared = generator.normal(0, 1, groups)[group] + generator.normal(0, 0.8, rows)
        margins = [hardness + shared + skill + generator.normal(0, 0.6, rows) for skill in skills]
        of_label = [1 / (1 + np.exp(-margin[:, None])) for margin in margins]
        return [np.where(np.eye(2)[labels] == 1, right, 1 - right) for right in of_label]

    return labels, models(before), models(after), group


def truth(size: int, gain: float) -> dict[str, float]:
    skills = norm.ppf((np.arange(20) + 0.5) / 20, gain, SPREAD)
    labels, before, after, _ = simulated(np.random.default_rng(1), 60_000 // size, size, [0], skills)
    base = scoring.scores(labels, before[0])
    tuned = [scoring.scores(labels, each) for each in after]
    return {metric: float(np.mean([each[metric] for each in tuned])) - base[metric] for metric in METRICS}


def worlds(groups: int, size: int, gain: float, spread_before: float):
    """Yield 1,000 test sets, with one model before fine-tuning, or another round of three."""
    generator = np.random.default_rng(0)
    for _ in range(1000):
        before = generator.normal(0, spread_before, 3) if spread_before else [0]
        yield simulated(generator, groups, size, before, generator.normal(gain, SPREAD, 3))


@pytest.mark.parametrize(
    ("groups", "size", "gain", "spread_before"),
    [(600, 1, 0.5, 0), (300, 2, 0.5, 0), (300, 2, 0.0, 0), (20, 30, 0.0, 0), (300, 2, 0.0, SPREAD)],
)
def test_intervals_hold_the_truth_in_93_to_97_of_100_test_sets_and_equal_models_are_not_told_apart(
    groups, size, gain, spread_before
):
    true = truth(size, gain) if gain else dict.fromkeys(METRICS, 0.0)
    covered, verdicts, gains = {metric: 0 for metric in true}, [], []
    for number, test_set in enumerate(worlds(groups, size, gain, spread_before)):
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
