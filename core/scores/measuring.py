"""Everything that metrics.json says, from predictions and labels alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from core.scores import slices, statistics
from core.scores.bootstrap import Comparison, Resampling, paired_bootstrap
from core.scores.calibration import Calibration, calibration
from core.scores.metrics import (
    AtLeast,
    AtMost,
    Baseline,
    Finetuned,
    Gate,
    Metrics,
    ModelScores,
    OfEachSide,
    Rows,
    Selections,
)
from core.scores.scoring import METRICS, ByMetric, Labels, Table, scores
from core.scores.selective_prediction import selection
from core.scores.slices import Slicing
from core.scores.statistics import Difference, Groups, Interval, with_interval

Predicted = dict[str, dict[str, Table]]  # a model's name -> a split's name -> probabilities


@dataclass(frozen=True)
class Evidence:
    """What the rungs and the fine-tuned models predict for validation and test, and the labels and groups of these."""

    ladder: Predicted
    seeds: Predicted
    labels: dict[str, Labels]  # by split
    groups: dict[str, Groups]  # by split

    @cached_property
    def rung(self) -> str:
        """Return the name of the rung that stands for no fine-tuning."""
        return best(self.ladder, self.labels["validation"])

    @cached_property
    def published(self) -> str:
        """Return the seed of the model that is published."""
        return best(self.seeds, self.labels["validation"])

    @property
    def sides(self) -> dict[str, dict[str, Table]]:
        """Return what both sides of the comparison predict, by split."""
        return {"baseline": self.ladder[self.rung], "finetuned": self.seeds[self.published]}


def best(models: Predicted, labels: Labels) -> str:
    """Return the name of the model with the highest validation accuracy, among equals the one of the lowest loss."""
    on_validation = {name: scores(labels, splits["validation"]) for name, splits in models.items()}
    return max(on_validation, key=lambda name: (on_validation[name]["accuracy"], -on_validation[name]["loss"]))


def of_each_model(models: Predicted, labels: dict[str, Labels]) -> dict[str, ModelScores]:
    """Return each model's test scores, and the validation accuracy and loss that it could be chosen by."""
    scored = {}
    for name, splits in models.items():
        on_test, on_validation = (scores(labels[split], splits[split]) for split in ("test", "validation"))
        chosen_by = {f"validation_{metric}": on_validation[metric] for metric in ("accuracy", "loss")}
        scored[name] = ModelScores.model_validate(on_test | chosen_by)
    return scored


def of_side(compared: dict[str, Comparison], side: Literal["before", "after"], confidence: float) -> dict[str, Any]:
    """Return the fields of `Scored`: each metric of one side, and the intervals."""
    intervals = {
        name: with_interval(getattr(compared[name], side), confidence, 0, metric.most)
        for name, metric in METRICS.items()
    }
    scored = {name: interval.estimate for name, interval in intervals.items()}
    return {**scored, "intervals": {name: interval.ends for name, interval in intervals.items()}}


def differences(compared: dict[str, Comparison], confidence: float) -> ByMetric[Difference]:
    """Return each metric's difference with its interval and its p-values, Holm's over all metrics.

    The verdict rests on the accuracy alone; `p_holm` is for who reads all metrics.
    """
    corrected = statistics.holm([statistics.p_value(compared[name].difference) for name in METRICS])
    return ByMetric[Difference].model_validate(
        {
            name: statistics.tested(compared[name].difference, confidence, METRICS[name].most, p_holm)
            for name, p_holm in zip(METRICS, corrected, strict=True)
        }
    )


def from_validation(
    splits: dict[str, Table], labels: dict[str, Labels], groups: dict[str, Groups], confidence: float
) -> Interval:
    """Return how far a model's accuracy on test lies above that on validation, with its interval."""
    right = {split: statistics.share(splits[split].argmax(1) == labels[split], groups[split]) for split in labels}
    return with_interval(statistics.apart(right["validation"], right["test"]), confidence, -1, 1)


def gate(metric: str, bound: float, value: float) -> Gate:
    """Return an acceptance gate with the fine-tuned value and whether it holds."""
    if METRICS[metric].higher_is_better:
        return AtLeast(min=bound, value=value, passed=value >= bound)
    return AtMost(max=bound, value=value, passed=value <= bound)


def reliability(evidence: Evidence, resampling: Resampling, target_error: float) -> dict[str, Any]:
    """Return the fields that ask of each side whether test bears out what validation promises."""
    labels, groups, confidence, sides = evidence.labels, evidence.groups, resampling.confidence, evidence.sides.items()
    changes = {side: from_validation(splits, labels, groups, confidence) for side, splits in sides}
    trust = {side: calibration(labels, splits, groups["test"], confidence, resampling.seed) for side, splits in sides}
    left = {side: selection(labels, splits, groups, target_error, confidence) for side, splits in sides}
    return {
        "from_validation": OfEachSide[Interval].model_validate(changes),
        "calibration": OfEachSide[Calibration].model_validate(trust),
        "selection": Selections.model_validate({"target_error": target_error, **left}),
    }


def measure(
    evidence: Evidence,
    by: dict[str, Slicing],
    resampling: Resampling,
    required: Mapping[str, float],
    target_error: float,
) -> Metrics:
    """Return everything that metrics.json holds; `by` slices the test rows, `required` are the gates' bounds."""
    test, groups, confidence = evidence.labels["test"], evidence.groups["test"], resampling.confidence
    baseline = evidence.ladder[evidence.rung]["test"]
    tables = [splits["test"] for splits in evidence.seeds.values()]
    compared = paired_bootstrap(test, [baseline], tables, groups, resampling.resamples, resampling.seed)
    finetuned = Finetuned(published_seed=int(evidence.published), **of_side(compared, "after", confidence))
    difference = differences(compared, confidence)
    parts = slices.compared(test, baseline, tables, groups, by, resampling)
    return Metrics(
        verdict=statistics.verdict(difference.accuracy.low, difference.accuracy.high),
        baseline=Baseline(name=evidence.rung, **of_side(compared, "before", confidence)),
        finetuned=finetuned,
        difference=difference,
        mcnemar=statistics.mcnemar(test, baseline, evidence.sides["finetuned"]["test"], groups),
        smallest_gain=statistics.smallest_gain(compared["accuracy"].difference, confidence),
        gates={metric: gate(metric, bound, finetuned.of(metric)) for metric, bound in required.items()},
        **reliability(evidence, resampling, target_error),
        slices=parts,
        worst_slice=next(iter(slices.worst_first(parts)), None),
        ladder=of_each_model(evidence.ladder, evidence.labels),
        seeds=of_each_model(evidence.seeds, evidence.labels),
        test=Rows(rows=len(test), groups=len(set(groups))),
    )
