"""Scores of predictions, and what a finite test set lets one conclude from them.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes); losses are in nats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

Labels = NDArray[np.int64]
Table = NDArray[np.float64]
METRICS = ("accuracy", "macro_f1", "loss")
CHUNK = 500  # resamples held in memory at a time


def scores(labels: Labels, probabilities: Table) -> dict[str, float]:
    """Return accuracy, macro F1 (over the classes that occur in labels or predictions) and mean log loss."""
    weights = np.ones((1, len(labels)))
    found = _weighted_scores(weights, labels, probabilities)
    return {metric: float(found[metric][0]) for metric in METRICS}


def per_class(labels: Labels, probabilities: Table) -> list[dict[str, float]]:
    """Return each class's precision, recall, F1 and number of rows; 0 where a ratio has no rows."""
    hits, predicted, actual = (counts[0] for counts in _counts(np.ones((1, len(labels))), labels, probabilities))
    return [
        {
            "precision": float(_ratio(hit, said)),
            "recall": float(_ratio(hit, true)),
            "f1": float(_ratio(2 * hit, said + true)),
            "rows": int(true),
        }
        for hit, said, true in zip(hits, predicted, actual, strict=True)
    ]


def confusion(labels: Labels, probabilities: Table) -> NDArray[np.int64]:
    """Return the number of rows by label (first axis) and predicted class (second)."""
    classes = probabilities.shape[1]
    cells = labels * classes + probabilities.argmax(1)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


@dataclass(frozen=True)
class Comparison:
    """A metric of the baseline, of the fine-tuned models (mean over seeds), and their difference, each resampled."""

    baseline: Table
    finetuned: Table

    @property
    def difference(self) -> Table:
        return self.finetuned - self.baseline


def paired_bootstrap(
    labels: Labels,
    baseline: Table,
    finetuned: Sequence[Table],
    groups: Sequence[str],
    resamples: int,
    seed: int,
) -> dict[str, Comparison]:
    """Return each metric's resampled values: whole groups of test rows and, independently, seeds are redrawn.

    Both models see the same rows in each resample. Efron & Tibshirani, An Introduction to the Bootstrap (1993),
    chapters 8 (clustered data) and 13 (percentile intervals).
    """
    parts = [
        (
            _weighted_scores(weights, labels, baseline),
            [_weighted_scores(weights, labels, each) for each in finetuned],
            seed_weights,
        )
        for weights, seed_weights in _draws(groups, len(finetuned), resamples, np.random.default_rng(seed))
    ]
    return {
        metric: Comparison(
            np.concatenate([base[metric] for base, _, _ in parts]),
            np.concatenate(
                [(np.stack([each[metric] for each in tuned], 1) * share).sum(1) for _, tuned, share in parts]
            ),
        )
        for metric in METRICS
    }


def _draws(
    groups: Sequence[str], seeds: int, resamples: int, generator: np.random.Generator
) -> Iterator[tuple[Table, Table]]:
    """Yield how often each row is drawn, shape (resamples, rows), and each seed's share, shape (resamples, seeds)."""
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    count = int(member.max()) + 1
    for start in range(0, resamples, CHUNK):
        size = min(CHUNK, resamples - start)
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=size)
        shares = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=size) / seeds
        yield drawn[:, member].astype(np.float64), shares


def _weighted_scores(weights: Table, labels: Labels, probabilities: Table) -> dict[str, Table]:
    """Return the scores under each row of weights, shape (resamples, rows)."""
    total = weights.sum(1)
    surprise = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-15, 1))
    hits, predicted, actual = _counts(weights, labels, probabilities)
    present = predicted + actual > 0
    f1 = _ratio(2 * hits, predicted + actual)
    return {
        "accuracy": hits.sum(1) / total,
        "macro_f1": f1.sum(1) / present.sum(1),
        "loss": weights @ surprise / total,
    }


def _counts(weights: Table, labels: Labels, probabilities: Table) -> tuple[Table, Table, Table]:
    """Return the weighted rows that are hit, predicted and actual by class: shape (resamples, classes) each."""
    classes = np.eye(probabilities.shape[1])
    predicted, actual = classes[probabilities.argmax(1)], classes[labels]
    return weights @ (predicted * actual), weights @ predicted, weights @ actual


def _ratio(numerator: Table, denominator: Table) -> Table:
    ratio: Table = np.divide(numerator, denominator, out=np.zeros_like(numerator, dtype=float), where=denominator > 0)
    return ratio


def interval(resampled: Table, confidence: float) -> tuple[float, float]:
    """Return the percentile interval that holds `confidence` of the resampled values."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return float(low), float(high)


def p_value(differences: Table) -> float:
    """Return the two-sided p-value of no difference: twice the smaller share of resamples on either side of 0.

    At least 2 / (resamples + 1): Davison & Hinkley, Bootstrap Methods and their Application (1997), section 4.2.
    """
    below, above = (differences <= 0).sum(), (differences >= 0).sum()
    return float(min(1.0, 2 * (min(below, above) + 1) / (len(differences) + 1)))


def mcnemar(labels: Labels, baseline: Table, finetuned: Table) -> dict[str, float]:
    """Return the rows that one model alone has right, and the exact two-sided p-value that both are as good.

    McNemar, Psychometrika 12 (1947), in its exact binomial form.
    """
    base, tuned = baseline.argmax(1) == labels, finetuned.argmax(1) == labels
    only_base, only_tuned = int((base & ~tuned).sum()), int((tuned & ~base).sum())
    discordant = only_base + only_tuned
    p = binomtest(only_base, discordant, 0.5).pvalue if discordant else 1.0
    return {"only_baseline_right": only_base, "only_finetuned_right": only_tuned, "p_value": float(p)}


def smallest_gain(differences: Table, confidence: float, power: float = 0.8) -> float:
    """Return the smallest true difference that this test set would have shown with the given power.

    (z of the confidence + z of the power) times the bootstrap standard error of the difference.
    """
    return float((norm.ppf((1 + confidence) / 2) + norm.ppf(power)) * differences.std())


def verdict(low: float, high: float) -> str:
    """Return what the interval of the accuracy difference says: adapted, not shown or harmed."""
    return "adapted" if low > 0 else "harmed" if high < 0 else "not shown"
