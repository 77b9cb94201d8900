"""The verdict: what the issue's cases are called, and that it is about every baseline."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import recall_score, roc_auc_score

from core.decision.decision import Decision
from core.scores import verdict

BALANCED = Decision("balanced_accuracy", classes=2)
ROWS = 600
LABELS = np.arange(ROWS) % 2
EACH = np.arange(ROWS)  # every row its own group


def right(share: float, start: int = 0) -> np.ndarray:
    """Return probabilities that have this share of the rows right: those from a start on."""
    hit = (np.arange(ROWS) - start) % ROWS < round(share * ROWS)
    return np.where(np.eye(2)[np.where(hit, LABELS, 1 - LABELS)] == 1, 0.9, 0.1)


def said(baseline: np.ndarray, published: np.ndarray, groups: np.ndarray = EACH, **decided) -> str:
    decision = replace(BALANCED, **decided)
    return verdict.judge(LABELS, {"baseline": baseline}, published, groups, decision).verdict


def rare_positives() -> tuple[np.ndarray, np.ndarray]:
    """Return labels of which 3% are positive, and a model of AUC 0.94, recall 0.79 and specificity 0.93."""
    rows = 2000
    labels = (np.arange(rows) < 0.03 * rows).astype(int)
    evidence = np.empty(rows)
    for positive, hit in ((0, 0.93), (1, 0.79)):
        inside = labels == positive
        sign = 1 if positive else -1
        quantiles = norm.ppf((np.arange(inside.sum()) + 0.5) / inside.sum())
        evidence[inside] = sign * (norm.ppf(hit) * np.sqrt(1.03) + quantiles)
    probability = 1 / (1 + np.exp(-evidence))
    return labels, np.column_stack([1 - probability, probability])


def test_a_model_of_rare_positives_is_adapted_by_balanced_accuracy_and_harmed_by_accuracy():
    labels, model = rare_positives()
    assert roc_auc_score(labels, model[:, 1]) == pytest.approx(0.94, abs=0.01)
    predicted = model.argmax(1)
    assert recall_score(labels, predicted) == pytest.approx(0.79, abs=0.02)
    assert recall_score(labels, predicted, pos_label=0) == pytest.approx(0.93, abs=0.01)
    constant = np.tile([0.97, 0.03], (len(labels), 1))
    for metric, expected in (("balanced_accuracy", "adapted"), ("roc_auc", "adapted"), ("accuracy", "harmed")):
        decision = replace(BALANCED, primary=metric)
        assert verdict.judge(labels, {"majority": constant}, model, np.arange(2000), decision).verdict == expected


def test_a_constant_model_is_not_adapted_however_rare_the_positives():
    labels, model = rare_positives()
    constant = np.tile([0.97, 0.03], (len(labels), 1))
    each = np.arange(len(labels))
    assert verdict.judge(labels, {"majority": constant}, constant, each, BALANCED).verdict == "not shown"
    assert verdict.judge(labels, {"tf-idf": model}, constant, each, BALANCED).verdict == "harmed"


def test_a_rung_that_scores_889_on_test_turns_the_verdict():
    published, baselines = right(0.885), {"majority": right(0.5), "tf-idf": right(0.72, start=100)}
    judgement = verdict.judge(LABELS, baselines, published, EACH, BALANCED)
    assert judgement.verdict == "adapted"
    assert judgement.against["tf-idf"].gain.estimate == pytest.approx(0.165)
    turned = verdict.judge(LABELS, baselines | {"own": right(0.889, start=40)}, published, EACH, BALANCED)
    assert turned.verdict == "not shown"
    assert [name for name, found in turned.against.items() if not found.better] == ["own"]


@pytest.mark.parametrize(
    ("before", "after", "decided", "expected"),
    [
        (0.7, 0.85, {}, "adapted"),
        (0.7, 0.85, {"margin": 0.1}, "adapted"),
        (0.7, 0.85, {"margin": 0.13}, "no worse"),  # better, and perhaps by less than is worth having
        (0.85, 0.85, {"non_inferiority": 0.02}, "no worse"),
        (0.85, 0.85, {}, "not shown"),
        (0.85, 0.7, {}, "harmed"),
        (0.85, 0.7, {"non_inferiority": 0.2}, "no worse"),
        (0.85, 0.83, {"non_inferiority": 0.02}, "harmed"),  # a loss is shown, and a larger one not ruled out
    ],
)
def test_the_verdict_follows_interval_margin_and_non_inferiority(before, after, decided, expected):
    assert said(right(before), right(after), **decided) == expected


def test_what_is_no_worse_than_one_baseline_and_not_shown_against_another_is_not_shown():
    baselines = {"close": right(0.85), "other": right(0.84, start=300)}
    decision = replace(BALANCED, non_inferiority=0.02)
    judgement = verdict.judge(LABELS, baselines, right(0.85), EACH, decision)
    assert judgement.against["close"].no_worse
    assert judgement.verdict == "not shown"


@pytest.mark.parametrize("metric", ["loss", "cost", "roc_auc", "average_precision", "macro_f1", "weighted_kappa"])
def test_a_gain_is_always_the_better_score(metric):
    decided = {"primary": metric, "costs": np.array([[0.0, 1], [5, 0]]), "ordinal": True}
    assert said(right(0.7), right(0.85), **decided) == "adapted"
    assert said(right(0.85), right(0.7), **decided) == "harmed"


def test_few_groups_are_said_to_be_too_few_whatever_the_gain():
    twenty = EACH // 30
    assert said(right(0.5), right(1), groups=twenty) == "too few groups"
    assert said(right(0.5), right(1), groups=EACH // 10) == "adapted"


def test_rows_of_one_group_show_nothing():
    judgement = verdict.judge(LABELS, {"baseline": right(0.5)}, right(1), np.zeros(ROWS), BALANCED)
    against = judgement.against["baseline"]
    assert (judgement.verdict, judgement.groups, against.smallest_gain) == ("too few groups", 1, None)
    assert (against.gain.low, against.gain.high) == (-1, 1)


def test_groups_of_unlike_sizes_may_be_too_few_though_they_are_many():
    groups = np.where(EACH < 300, 0, EACH)
    judgement = verdict.judge(LABELS, {"baseline": right(0.5)}, right(1), groups, BALANCED)
    assert (judgement.verdict, judgement.groups) == ("too few groups", pytest.approx(600**2 / (300**2 + 300)))


def test_rows_that_share_a_second_grouping_tell_less():
    second = EACH // 15
    alone, both = (
        verdict.judge(LABELS, {"baseline": right(0.8)}, right(0.83), EACH, BALANCED, known) for known in (None, second)
    )
    assert (alone.verdict, both.verdict) == ("adapted", "not shown")
    assert (alone.groups, both.groups) == (600, 40)
    assert both.against["baseline"].p_value > alone.against["baseline"].p_value


def one_in_ten_loses(groups: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are right before and after: a group gains 1 row of 20, one in ten loses 9, on average none."""
    before = np.tile(np.arange(20) < 10, (groups, 1))
    after = np.arange(20) < np.where(generator.random(groups) < 0.1, 1, 11)[:, None]
    return before.ravel(), after.ravel()


@pytest.mark.parametrize("groups", [3, 5, 8, 12, 20, 36, 48, 80])
def test_a_gain_of_nine_groups_in_ten_that_the_tenth_undoes_is_hardly_ever_adapted(groups):
    generator, adapted, labels = np.random.default_rng(0), 0, np.arange(20 * groups) % 2
    decision, group = Decision("accuracy", classes=2), np.repeat(np.arange(groups), 20)
    for _ in range(300):
        before, after = (np.eye(2)[np.where(hit, labels, 1 - labels)] for hit in one_in_ten_loses(groups, generator))
        adapted += verdict.judge(labels, {"baseline": before}, after, group, decision).verdict == "adapted"
    assert adapted <= 0.035 * 300


def test_the_smallest_gain_is_2_8_standard_errors():
    found = verdict.judge(LABELS, {"baseline": right(0.7)}, right(0.85), EACH, BALANCED).against["baseline"]
    error = (found.gain.high - found.gain.low) / 2 / norm.ppf(0.975)
    assert found.smallest_gain == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * error, rel=0.01)
