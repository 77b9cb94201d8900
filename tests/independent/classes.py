"""The class that must not be missed and each other one, at other prevalences, at a threshold, and what acting gains."""

from typing import Any

import numpy as np
from scipy.special import expit, logit
from sklearn.metrics import confusion_matrix, roc_curve

from tests.independent.finished_run import FinishedRun
from tests.independent.intervals import Known, ends, known, share
from tests.independent.metrics import Moves, mean_moves, of_one


class Classes:
    """One model's calls of one class on the scored rows."""

    def __init__(self, run: FinishedRun, tables: dict[str, np.ndarray], number: int) -> None:
        self.run, self.number, self.tables = run, number, tables
        self.groups = run.clustered
        self.of_class = run.labels[run.split] == number
        self.probability = {split: table[:, number] for split, table in tables.items()}
        self.called = tables[run.split].argmax(1) == number

    def rate(self, hits: np.ndarray, among: np.ndarray | None = None, times: float = 1) -> dict[str, float] | None:
        """Return the share of hits with its interval, in units of 1 / times."""
        among = np.ones(len(hits), dtype=bool) if among is None else among
        if not among.any():
            return None
        found = ends(share(hits[among], self.groups[among]), self.run.confidence, 0, 1)
        return {name: times * value for name, value in found.items()}

    def expected(self) -> dict[str, Any]:
        (_, false), (missed, found) = confusion_matrix(self.of_class, self.called, labels=[False, True])
        right, rows = self.of_class == self.called, len(self.called)
        scores = {
            "name": self.run.names[self.number],
            "rows": missed + found,
            "called": false + found,
            "missed": missed,
            "prevalence": self.rate(self.of_class),
            "sensitivity": self.rate(right, self.of_class),
            "specificity": self.rate(right, ~self.of_class),
            "positive_predictive_value": self.rate(right, self.called),
            "negative_predictive_value": self.rate(right, ~self.called),
            "missed_per_1000": self.rate(self.of_class & ~self.called, times=1000),
            "false_alarms_per_1000": self.rate(self.called & ~self.of_class, times=1000),
        }
        assert np.isclose(scores["missed_per_1000"]["estimate"], 1000 * missed / rows)
        for metric in ("roc_auc", "average_precision"):
            moves = of_one(metric, self.of_class, self.probability[self.run.split])
            scores[metric] = ends(known(moves, self.groups), self.run.confidence, 0, 1)
        return scores

    def positive(self) -> dict[str, Any]:
        asked = self.run.asked
        return self.expected() | {
            "at_prevalences": [self._at_prevalence(each) for each in asked["prevalences"]],
            "at_specificity": None if asked["specificity"] is None else self._at_specificity(asked["specificity"]),
        }

    def _at_prevalence(self, prevalence: float) -> dict[str, Any]:
        sensitivity, specificity = self.rate(self.called, self.of_class), self.rate(~self.called, ~self.of_class)
        hits, off = sensitivity["estimate"], specificity["estimate"]
        found, false = hits * prevalence, (1 - off) * (1 - prevalence)
        others, missed = off * (1 - prevalence), (1 - hits) * prevalence
        return {
            "prevalence": prevalence,
            "positive_predictive_value": self._worth(found, false, self.called, self.of_class, prevalence),
            "negative_predictive_value": self._worth(others, missed, ~self.called, ~self.of_class, 1 - prevalence),
            "missed_per_1000": _rest(sensitivity, 1000 * prevalence),
            "false_alarms_per_1000": _rest(specificity, 1000 * (1 - prevalence)),
        }

    def _worth(
        self, right: float, wrong: float, calls: np.ndarray, inside: np.ndarray, prevalence: float
    ) -> dict[str, float] | None:
        """Return a predictive value by Bayes' theorem; its interval is that of the likelihood ratio's logarithm."""
        if right + wrong == 0:
            return None
        shares = [share(calls[rows], self.groups[rows]).middle for rows in (~inside, inside)]
        ratio = known(two_shares(calls, inside, np.array([-1, 1]) / shares), self.groups)
        log_ratio = float(np.log(shares[1] / shares[0]))
        plain = ends(ratio._replace(value=log_ratio, middle=log_ratio), self.run.confidence)
        value = right / (right + wrong)
        low, high = expit(logit(prevalence) + plain["low"]), expit(logit(prevalence) + plain["high"])
        return {"estimate": value, "low": min(low, value), "high": max(high, value)}

    def _at_specificity(self, required: float) -> dict[str, Any]:
        labels = self.run.labels["validation"] == self.number
        false_alarms, hits, thresholds = roc_curve(labels, self.probability["validation"], drop_intermediate=False)
        last = np.flatnonzero(false_alarms <= 1 - required + 1e-9)[-1]
        least = float(thresholds[last])
        reached = self.probability[self.run.split] >= least
        found = {
            "threshold": least,
            "validation_sensitivity": float(hits[last]),
            "sensitivity": self.rate(reached, self.of_class),
            "specificity": self.rate(~reached, ~self.of_class),
            "missed_per_1000": self.rate(self.of_class & ~reached, times=1000),
        }
        return {"required": required, **(found if np.isfinite(least) else dict.fromkeys(found))}


def two_shares(hits: np.ndarray, inside: np.ndarray, weights: np.ndarray) -> Moves:
    """Return how a weighted sum of the shares of hits outside and inside moves."""
    part, counts = inside.astype(int), np.bincount(inside, minlength=2)
    shares = np.array([hits[~inside].mean(), hits[inside].mean()])
    rows = ((hits - shares[part]) * (weights / counts)[part]).astype(float)
    return Moves(float(weights @ shares), rows, part, (1 - shares) * weights / counts, -shares * weights / counts, 2)


def _rest(right: dict[str, float], rows: float) -> dict[str, float]:
    return {
        one: rows * (1 - right[other]) for one, other in (("estimate", "estimate"), ("low", "high"), ("high", "low"))
    }


def net_benefit(run: FinishedRun, threshold: float) -> dict[str, Any]:
    """Return what acting from a probability of the positive class on is worth: rows found less weighed false alarms."""
    of_class, odds = run.labels[run.split] == run.target, threshold / (1 - threshold)
    worth = np.where(of_class, 1.0, -odds)
    acted = {side: tables[run.split][:, run.target] >= threshold for side, tables in run.sides()}
    before, after = worth * acted["baseline"], worth * acted["published"]
    typical = float(np.sqrt(np.mean(worth**2)))

    def found(values: np.ndarray, least: float, most: float) -> dict[str, float]:
        plain: Known = known(mean_moves(values, typical, -typical), run.clustered)
        return ends(plain, run.confidence, clip=(least, most))

    assert np.isclose(
        after.mean(), np.mean(of_class & acted["published"]) - odds * np.mean(~of_class & acted["published"])
    )
    return {
        "threshold": threshold,
        "called": acted["published"].sum(),
        "finetuned": found(after, -odds, 1),
        "baseline": found(before, -odds, 1),
        "all": found(worth, -odds, 1),
        "over_baseline": found(after - before, -max(odds, 1), max(odds, 1)),
        "over_all": found(after - worth, -1, odds),
    }


def expected(run: FinishedRun) -> dict[str, Any]:
    """Return all that metrics.json says of classes."""
    each = {
        side: [Classes(run, tables, number).expected() for number in range(run.classes)] for side, tables in run.sides()
    }
    asked = run.classes == 2 or run.positive is not None
    positive = {side: Classes(run, tables, run.target).positive() for side, tables in run.sides()} if asked else None
    thresholds = run.asked["thresholds"] if positive else []  # of many classes somebody has to name one
    benefits = [net_benefit(run, each) for each in thresholds]
    return {"classes": each, "positive": positive, "net_benefit": benefits}
