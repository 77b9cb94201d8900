"""Calibration, and what can be left to each model: selective prediction and prediction sets."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import t as student
from sklearn.metrics import log_loss
from statsmodels.stats.proportion import proportion_confint

from tests.independent.finished_run import FinishedRun
from tests.independent.intervals import ends, kish, known, plain_mean, share
from tests.independent.metrics import mean_moves

BINS = 10


def binned_gap(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the mean distance of confidence and accuracy over bins of equally many rows."""
    bins = np.digitize(confidence, np.quantile(confidence, np.arange(1, BINS) / BINS))
    return float(np.abs(np.bincount(bins, weights=confidence - right)).sum() / len(right))


def trust(run: FinishedRun, labels: np.ndarray, table: np.ndarray, groups: np.ndarray) -> dict[str, Any]:
    confidence, right = table.max(1), table.argmax(1) == labels
    members = np.unique(groups, return_inverse=True)[1]
    generator = np.random.default_rng(4711)
    by_chance = [
        binned_gap(confidence, generator.uniform(size=members.max() + 1)[members] < confidence) for _ in range(1000)
    ]
    ranked = [run.target] if run.classes == 2 else range(run.classes)
    return {
        "calibration_error": binned_gap(confidence, right),
        "by_chance_at_most": pytest.approx(np.quantile(by_chance, run.confidence), rel=0.12),  # of 1,000 draws each
        "overconfidence": ends(plain_mean(confidence - right, groups), run.confidence),
        "by_class": [class_calibration(run, labels, table, groups, each) for each in ranked],
        "brier": float(
            np.mean([np.sum((row - np.eye(run.classes)[label]) ** 2) for row, label in zip(table, labels, strict=True)])
        ),
        "loss": log_loss(labels, table, labels=range(run.classes)),
    }


def class_calibration(
    run: FinishedRun, labels: np.ndarray, table: np.ndarray, groups: np.ndarray, each: int
) -> dict[str, Any]:
    """Return calibration in the large, intercept and slope by statsmodels' binomial GLM, errors clustered."""
    occurs, probability = (labels == each).astype(float), table[:, each]
    found: dict[str, Any] = {"label": each, "rows": occurs.sum()}
    if min(len(set(groups[occurs == kind])) for kind in (0, 1)) < 10:
        return found | dict.fromkeys(("in_the_large", "intercept", "slope"))
    logits, ones = np.log(probability) - np.log(np.delete(table, each, axis=1).sum(1)), np.ones(len(labels))
    inside, outside = logits[occurs == 1], logits[occurs == 0]
    overlap = inside.min() < outside.max() and outside.min() < inside.max()
    large = known(mean_moves(probability - occurs, 1, -1), groups)
    return found | {
        "in_the_large": ends(large, run.confidence, clip=(-1, 1)),
        "intercept": _coefficient(run, occurs, ones[:, None], logits, groups),
        "slope": _coefficient(run, occurs, np.column_stack([ones, logits]), None, groups) if overlap else None,
    }


def _coefficient(
    run: FinishedRun, occurs: np.ndarray, design: np.ndarray, offset: np.ndarray | None, groups: np.ndarray
) -> dict[str, float]:
    members = np.unique(groups, return_inverse=True)[1]
    model = sm.GLM(occurs, design, family=sm.families.Binomial(), offset=offset)
    fitted = model.fit(tol=1e-12, cov_type="cluster", cov_kwds={"groups": members})
    value, error = float(fitted.params[-1]), float(fitted.bse[-1])
    half = float(student.ppf((1 + run.confidence) / 2, members.max())) * error
    near = {"abs": 1e-4, "rel": 1e-4}  # of what an optimiser finds
    return {
        "estimate": pytest.approx(value, **near),
        "low": pytest.approx(value - half, **near),
        "high": pytest.approx(value + half, **near),
    }


def calibration(run: FinishedRun, tables: dict[str, np.ndarray], published: dict[str, Any]) -> dict[str, Any]:
    """Return the calibration of a model; the scaled one by the temperature as published, which is itself compared."""
    labels, groups, table = run.labels[run.split], run.groups[run.split], tables[run.split]
    logits = np.log(tables["validation"][run.chosen_on])
    known_labels = run.labels["validation"][run.chosen_on]

    def loss(logarithm: float) -> float:
        scaled = log_softmax(logits / np.exp(logarithm), axis=1)
        return float(-np.mean(scaled[np.arange(len(scaled)), known_labels]))

    grid = np.linspace(-3, 3, 601)
    best = grid[int(np.argmin([loss(each) for each in grid]))]
    limits = (max(best - 0.01, -3), min(best + 0.01, 3))
    lowest = minimize_scalar(loss, bounds=limits, method="bounded", options={"xatol": 1e-9})
    as_good = loss(np.log(published["temperature"])) < lowest.fun + 1e-9  # where all rows are right many are
    scaled = softmax(np.log(table) / published["temperature"], axis=1)
    rows = np.arange(len(labels))
    change = np.log(table[rows, labels]) - np.log(scaled[rows, labels])
    return {
        "raw": trust(run, labels, table, groups),
        "temperature": published["temperature"] if as_good else float(np.exp(lowest.x)),
        "scaled": trust(run, labels, scaled, groups),
        "loss_change": ends(plain_mean(change, groups), run.confidence),
    }


def upper_bound(hits: np.ndarray, groups: np.ndarray, confidence: float) -> float:
    """Return what a share stays below: Clopper & Pearson's one-sided bound, each group counting as one row."""
    if not len(hits) or hits.all():
        return 1.0
    rows = kish(groups)
    return float(proportion_confint(hits.mean() * rows, rows, alpha=2 * (1 - confidence), method="beta")[1])


def selection(run: FinishedRun, tables: dict[str, np.ndarray]) -> dict[str, Any]:
    apart, labels, groups = run.kept_for_thresholds, run.labels["validation"], run.groups["validation"]
    table, target, positive = tables["validation"], run.asked["target_error"], run.positive
    needed = 1
    while (1 - target) ** needed > 1 - run.confidence + 1e-15:
        needed += 1

    def bounds(threshold: float) -> tuple[float, float, float, float]:
        """Return the bounds of errors and of missed rows on the rows set apart, and those with no mistake."""
        known_labels, found, clusters = labels[apart], table[apart], groups[apart]
        kept, wrong = found.max(1) >= threshold, found.argmax(1) != known_labels
        of_class, none = known_labels == positive, np.zeros(len(found), dtype=bool)
        return tuple(
            upper_bound(hits[among], clusters[among], run.confidence) if among is kept or positive is not None else 0.0
            for hits, among in ((wrong, kept), (wrong & kept, of_class), (none, kept), (none, of_class))
        )

    threshold, refused = None, None if apart.any() else "too few groups"
    if apart.any() and len(set(table[apart].argmax(1))) == 1:
        refused = "one class"
    confidences = np.sort(table[~apart].max(1))[::-1]
    for coverage in np.linspace(0.5, 1, 11) if refused is None else ():
        tried = confidences[max(round(coverage * len(confidences)) - 1, 0)]
        error, missed, error_at_best, missed_at_best = bounds(tried)
        if max(error, missed) > target:
            reasons = ["too few groups"] * (error_at_best > target) + ["too few positives"] * (missed_at_best > target)
            reasons += ["too many errors"] * (error > target) + ["too many missed"]
            refused = reasons[0] if threshold is None else None
            break
        threshold = float(tried)
    shown = bounds(threshold)[:2] if threshold is not None else (None, None)
    return {
        "threshold": threshold,
        "refused": refused,
        "threshold_rows": apart.sum(),
        "threshold_groups": len(set(groups[apart])),
        "threshold_positives": None if positive is None else len(set(groups[apart & (labels == positive)])),
        "groups_needed": needed,
        "error_at_most": shown[0],
        "missed_at_most": None if positive is None else shown[1],
        **_left_to_model(run, tables[run.split], threshold),
    }


def _left_to_model(run: FinishedRun, table: np.ndarray, threshold: float | None) -> dict[str, Any]:
    labels, groups = run.labels[run.split], run.groups[run.split]
    kept = table.max(1) >= (np.inf if threshold is None else threshold)
    wrong = kept & (table.argmax(1) != labels)
    named, of_class = run.positive is not None, labels == run.positive

    def rate(hits: np.ndarray, among: np.ndarray) -> dict[str, float] | None:
        if threshold is None or not among.any():
            return None
        return ends(share(hits[among], groups[among]), run.confidence, 0, 1)

    return {
        "rows": kept.sum(),
        "coverage": rate(kept, np.ones(len(kept), dtype=bool)),
        "wrong": wrong.sum(),
        "error_rate": rate(wrong, kept),
        "missed": (wrong & of_class).sum() if named else None,
        "missed_rate": rate(wrong, of_class) if named else None,
    }


def prediction_sets(run: FinishedRun, tables: dict[str, np.ndarray]) -> dict[str, Any] | None:
    """Return how test fares with sets from the label's probability on the rows set apart, a group counting as one."""
    apart = run.kept_for_thresholds
    if run.classes == 2 or not apart.any():
        return None
    target, confidence = 1 - run.asked["target_error"], run.confidence
    of_label = tables["validation"][apart][np.arange(apart.sum()), run.labels["validation"][apart]]
    groups = pd.Series(run.groups["validation"][apart])
    weights = 1 / groups.map(groups.value_counts()).to_numpy() / (groups.nunique() + 1)
    order = np.argsort(-of_label)
    enough = np.flatnonzero(np.cumsum(weights[order]) >= target - 1e-12)
    least = float(of_label[order][enough[0]]) if len(enough) else 0.0
    table, labels, clusters = tables[run.split], run.labels[run.split], run.groups[run.split]
    sets = [set(np.flatnonzero(row >= least)) | {int(row.argmax())} for row in table]
    covered = np.array([label in each for label, each in zip(labels, sets, strict=True)])
    size = np.array([len(each) for each in sets], dtype=float)

    def rate(hits: np.ndarray, among: np.ndarray) -> dict[str, float]:
        return ends(share(hits[among], clusters[among]), confidence, 0, 1)

    everywhere = np.ones(len(labels), dtype=bool)
    return {
        "target": target,
        "least_probability": least,
        "coverage": rate(covered, everywhere),
        "size": ends(plain_mean(size, clusters), confidence, clip=(1, run.classes)),
        "singletons": rate(size == 1, everywhere),
        "by_class": [
            {"label": each, "rows": (labels == each).sum(), "coverage": rate(covered, labels == each)}
            for each in range(run.classes)
        ],
    }


def expected(run: FinishedRun, published: dict[str, Any]) -> dict[str, Any]:
    """Return all that metrics.json says of probabilities; `published` are its own values, for their temperatures."""
    sides = dict(run.sides())
    return {
        "calibration": {side: calibration(run, each, published["calibration"][side]) for side, each in sides.items()},
        "selection": {"target_error": run.asked["target_error"]}
        | {side: selection(run, each) for side, each in sides.items()},
        "prediction_sets": {side: prediction_sets(run, each) for side, each in sides.items()},
    }
