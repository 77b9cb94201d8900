"""Every model's scores, the published model against each baseline, and what another training run would give."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from tests.independent.finished_run import FinishedRun
from tests.independent.intervals import Known, ends, holm, kish, known, reach, share, sign_flip, skewed_ends, t_test
from tests.independent.metrics import Moves, applicable, bounds, moves, score

EVERY = ("balanced_accuracy", "accuracy", "macro_f1", "roc_auc", "average_precision", "weighted_kappa", "cost", "loss")


class Models:
    """What follows from the scores of whole models on the scored rows."""

    def __init__(self, run: FinishedRun) -> None:
        self.run, self.labels, self.groups = run, run.labels[run.split], run.clustered
        self.groupings = list(self.groups.reshape(len(self.labels), -1).T)
        self.tables = {name: tables[run.split] for name, tables in (run.ladder | run.seeds).items()}
        self.moves: dict[tuple[str, str], Moves] = {
            (name, metric): moves(run, metric, self.labels, table)
            for name, table in self.tables.items()
            for metric in applicable(run)
        }

    def expected(self) -> dict[str, Any]:
        run = self.run
        against = {name: self._against(name) for name in run.ladder}
        return {
            "split": run.split,
            "primary": run.asked["primary"],
            "verdict": self._verdict(list(against.values())),
            "published_seed": int(run.published),
            "baseline": run.baseline,
            "rows": self._rows(),
            "leakage": {"suspects": run.suspects.sum(), "without": self._without_suspects()},
            "against": against,
            "difference": self._difference(),
            "ladder": {name: self._scored(name, tables) for name, tables in run.ladder.items()},
            "seeds": {name: self._scored(name, tables) for name, tables in run.seeds.items()},
            "new_seed": self._new_seed(),
            "from_validation": {side: self._from_validation(tables) for side, tables in run.sides()},
        }

    def _rows(self) -> dict[str, Any]:
        return {
            "rows": len(self.labels),
            "groups": len(set(self.groupings[0])),
            "clusters": len(set(self.groupings[1])) if len(self.groupings) > 1 else None,
            "effective_groups": self._effective(),
            "commonest": max(np.mean(self.labels == each) for each in set(self.labels)),
        }

    def _without_suspects(self) -> dict[str, Any] | None:
        run = self.run.without_suspects()
        if not self.run.suspects.any() or min(len(set(of[run.split])) for of in (run.labels, run.groups)) < 2:
            return None
        run.published = self.run.published  # chosen on all of validation
        others = Models(run)
        against = {name: others._against(name) for name in run.ladder}
        return {
            "rows": len(others.labels),
            "published": others._interval(run.published, run.asked["primary"]),
            "gains": {name: each["gain"] for name, each in against.items()},
            "verdict": others._verdict(list(against.values())),
        }

    def _effective(self) -> float:
        return min(kish(grouping) for grouping in self.groupings)

    def _scored(self, name: str, tables: dict[str, np.ndarray]) -> dict[str, Any]:
        primary, loss = self.run.on_validation(tables["validation"])
        return {
            "scores": {metric: self._interval(name, metric) for metric in EVERY},
            "validation": primary,
            "validation_loss": loss,
        }

    def _interval(self, name: str, metric: str) -> dict[str, float] | None:
        if metric not in applicable(self.run):
            return None
        found = known(self.moves[name, metric], self.groups)
        found = found._replace(value=score(self.run, metric, self.labels, self.tables[name]))
        return ends(found, self.run.confidence, *bounds(self.run, metric))

    def _change(self, before: str, after: str, metric: str) -> Known:
        return known(self.moves[after, metric], self.groups, self.moves[before, metric])

    def _span(self, metric: str) -> float:
        least, most = bounds(self.run, metric)
        return most - least

    def _difference(self) -> dict[str, Any]:
        found = {name: self._change(self.run.baseline, self.run.published, name) for name in applicable(self.run)}
        p_values = {name: t_test(each) for name, each in found.items()}
        corrected = dict(zip(found, holm(list(p_values.values())), strict=True))
        return {
            name: ends(found[name], self.run.confidence, clip=(-self._span(name), self._span(name)))
            | {"p_value": p_values[name], "p_holm": corrected[name]}
            if name in found
            else None
            for name in EVERY
        }

    def _against(self, name: str) -> dict[str, Any]:
        run, metric = self.run, self.run.asked["primary"]
        sign, span = (-1 if metric == "cost" else 1), self._span(metric)
        found = self._change(name, run.published, metric)
        value, shift = sign * found.value, sign * (found.middle - found.value)
        gain = Known(value, value + shift, found.error, found.freedom)
        plain = ends(gain, run.confidence)
        skewed = [skewed_ends(gain, sums, run.confidence) for sums in self._sums(name, sign, gain.value)]
        low, high = min(plain["low"], *(each[0] for each in skewed)), max(plain["high"], *(each[1] for each in skewed))
        margin, lost, alpha = run.asked["margin"], 0 - run.asked["non_inferiority"], 1 - run.confidence
        p_value, off = self._flipped(name, sign, 0)
        times = reach(gain, run.confidence) + student.ppf(0.8, gain.freedom)
        return {
            "gain": ends(gain, run.confidence, clip=(-span, span)),
            "p_value": pytest.approx(p_value, abs=off),
            "smallest_gain": times * gain.error,
            "better": bool(low > margin and self._flipped(name, sign, margin)[0] <= alpha),
            "no_worse": bool(low > lost and self._flipped(name, sign, lost)[0] <= alpha),
            "worse": bool(high < 0 and plain["low"] <= lost and p_value <= alpha),
        }

    def _flipped(self, name: str, sign: int, threshold: float) -> tuple[float, float]:
        return max(sign_flip(sums) for sums in self._sums(name, sign, threshold))

    def _sums(self, name: str, sign: int, threshold: float) -> list[np.ndarray]:
        """Return what each group adds to the gain beyond a threshold, in rows, by grouping."""
        metric = self.run.asked["primary"]
        after, before = self.moves[self.run.published, metric], self.moves[name, metric]
        of_class = pd.Series(after.classes).map(pd.Series(after.classes).value_counts()).to_numpy()
        part = (
            1 / of_class / len(set(after.classes))
            if after.by_class
            else np.full(len(self.labels), 1 / len(self.labels))
        )
        adds = sign * (after.rows - before.rows) + (sign * (after.value - before.value) - threshold) * part
        return [len(self.labels) * pd.Series(adds).groupby(each).sum().to_numpy() for each in self.groupings]

    def _verdict(self, against: list[dict[str, Any]]) -> str:
        if self._effective() < 36:
            return "too few groups"
        for verdict, shown in (("adapted", "better"), ("no worse", "no_worse")):
            if all(each[shown] for each in against):
                return verdict
        return "harmed" if any(each["worse"] for each in against) else "not shown"

    def _new_seed(self) -> dict[str, float] | None:
        metric, found = self.run.asked["primary"], []
        for name in self.run.seeds:
            found.append(known(self.moves[name, metric], self.groups))
        if len(found) == 1:
            return None
        values = np.array([each.value for each in found])
        seeds, rows = np.var(values, ddof=1) * (1 + 1 / len(values)), np.mean([each.error**2 for each in found])
        fewest = min(each.freedom for each in found)
        freedom = (seeds + rows) ** 2 / (seeds**2 / (len(values) - 1) + rows**2 / fewest)
        middle = np.mean([each.middle for each in found])
        bias = np.mean([each.bias for each in found])
        one = Known(float(values.mean()), float(middle), float(np.sqrt(seeds + rows)), float(freedom), float(bias))
        return ends(one, self.run.confidence, *bounds(self.run, metric))

    def _from_validation(self, tables: dict[str, np.ndarray]) -> dict[str, float]:
        run = self.run
        first, second = (
            share(tables[split].argmax(1) == run.labels[split], run.groups[split])
            for split in ("validation", run.split)
        )
        errors = np.array([first.error, second.error]) ** 2
        freedom = errors.sum() ** 2 / (errors[0] ** 2 / first.freedom + errors[1] ** 2 / second.freedom)
        found = Known(second.value - first.value, second.middle - first.middle, np.sqrt(errors.sum()), freedom)
        return ends(found, run.confidence, clip=(-1, 1))
