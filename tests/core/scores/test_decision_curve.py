"""Net benefit, against counts of scikit-learn and intervals of statsmodels."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from statsmodels.stats.weightstats import DescrStatsW

from core.decision.decision import Decision
from core.scores import decision_curve

ROWS = 3000
GENERATOR = np.random.default_rng(0)
LABELS = (GENERATOR.random(ROWS) < 0.1).astype(int)
ALONE = np.arange(ROWS)
DECISION = Decision("balanced_accuracy", classes=2, positive=1)


def table(skill: float) -> np.ndarray:
    """Return probabilities of class 1 that tell it from class 0 the better, the higher the skill."""
    odds = np.exp(-2.2 + skill * (LABELS - 0.1) + GENERATOR.normal(0, 1, ROWS))
    return np.stack([1 / (1 + odds), odds / (1 + odds)], 1)


SOUND, POOR = table(3.0), table(0.5)


def by_hand(acted: np.ndarray, threshold: float) -> float:
    _, false, _, true = confusion_matrix(LABELS, acted, labels=[0, 1]).ravel()
    return float(true / ROWS - false / ROWS * threshold / (1 - threshold))


@pytest.mark.parametrize("threshold", [0.05, 0.2, 0.5])
def test_the_net_benefit_is_rows_found_minus_false_alarms_as_the_threshold_weighs_them(threshold):
    (found,) = decision_curve.net_benefits(LABELS, POOR, SOUND, ALONE, DECISION, [threshold])
    assert found.called == (SOUND[:, 1] >= threshold).sum()
    model, before = (by_hand(one[:, 1] >= threshold, threshold) for one in (SOUND, POOR))
    everything = by_hand(np.ones(ROWS), threshold)
    assert found.finetuned.estimate == pytest.approx(model)
    assert found.baseline.estimate == pytest.approx(before)
    assert found.all.estimate == pytest.approx(everything)
    assert found.over_baseline.estimate == pytest.approx(model - before)
    assert found.over_all.estimate == pytest.approx(model - everything)


def test_the_intervals_are_those_of_means_over_rows():
    (found,) = decision_curve.net_benefits(LABELS, POOR, SOUND, ALONE, DECISION, [0.2])
    part = np.where(LABELS == 1, 1, -0.25)
    acted, before = SOUND[:, 1] >= 0.2, POOR[:, 1] >= 0.2
    for value, rows in [
        (found.finetuned, part * acted),
        (found.all, part),
        (found.over_baseline, part * acted - part * before),
        (found.over_all, part * acted - part),
    ]:
        assert (value.low, value.high) == pytest.approx(DescrStatsW(rows).tconfint_mean(), abs=0.0008)


def test_rows_of_a_cluster_widen_the_interval():
    groups = np.argsort(np.argsort(LABELS + SOUND[:, 1])) // 10  # alike rows
    alone, together = (
        decision_curve.net_benefits(LABELS, POOR, SOUND, of, DECISION, [0.2])[0].finetuned for of in (ALONE, groups)
    )
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_the_curve_has_each_threshold_once_and_acting_on_all_rows_has_no_benefit_at_the_prevalence():
    points = decision_curve.curve(LABELS, SOUND, 1)
    assert points.shape == (46, 3)
    assert points[[0, -1], 0] == pytest.approx([0.05, 0.5])
    assert points[15, 1] == pytest.approx(by_hand(SOUND[:, 1] >= 0.2, 0.2))
    prevalence = LABELS.mean()
    assert (points[:, 2] > 0).tolist() == (points[:, 0] < prevalence).tolist()


def test_a_model_that_calls_no_row_has_no_net_benefit_and_no_certainty():
    constant = np.tile([0.97, 0.03], (ROWS, 1))
    (found,) = decision_curve.net_benefits(LABELS, SOUND, constant, ALONE, DECISION, [0.1])
    assert (found.called, found.finetuned.estimate) == (0, 0)
    assert found.finetuned.low < 0 < found.finetuned.high
    assert found.over_baseline.high < 0
