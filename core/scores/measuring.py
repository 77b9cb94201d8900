"""Everything that metrics.json says, from predictions and labels alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

from core.scores import seed_slices, statistics
from core.scores.bootstrap import Comparison, Resampling, paired_bootstrap
from core.scores.calibration import Calibration, calibration
from core.scores.intervals import Difference, Interval
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
    Scored,
    Selections,
)
from core.scores.selective_prediction import selection
from core.scores.slicing import Slicing
from core.scores.statistics import Groups, with_interval
from core.scores.tallied import METRICS, ByMetric, Labels, Table, scores

T = TypeVar("T")
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


def best(models: Predicted, labels: Labels) -> str:
    """Return the name of the model with the highest validation accuracy, among equals the one of the lowest loss."""
    on_validation = {name: scores(labels, splits["validation"]) for name, splits in models.items()}
    return max(on_validation, key=lambda name: (on_validation[name]["accuracy"], -on_validation[name]["loss"]))


def of_each_model(models: Predicted, labels: dict[str, Labels]) -> dict[str, ModelScores]:
    """Return each model's test scores, and the validation accuracy and loss that it could be chosen by."""
    by_name = {}
    for name, splits in models.items():
        on_test, on_validation = (scores(labels[split], splits[split]) for split in ("test", "validation"))
        chosen_by = {f"validation_{metric}": on_validation[metric] for metric in ("accuracy", "loss")}
        by_name[name] = ModelScores.model_validate(on_test | chosen_by)
    return by_name


def scored(compared: dict[str, Comparison], side: Literal["before", "after"], confidence: float) -> Scored:
    """Return each metric of one side, and its interval."""
    intervals = {
        name: with_interval(getattr(compared[name], side), confidence, 0, metric.most)
        for name, metric in METRICS.items()
    }
    ends = {name: interval.ends for name, interval in intervals.items()}
    estimates = {name: interval.estimate for name, interval in intervals.items()}
    return Scored.model_validate(estimates | {"intervals": ends})


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


def of_each_side(evidence: Evidence, of: Callable[[dict[str, Table]], T]) -> dict[str, T]:
    """Return a value of what each side of the comparison predicts by split: the best rung and the published model."""
    sides = {"baseline": evidence.ladder[evidence.rung], "finetuned": evidence.seeds[evidence.published]}
    return {side: of(splits) for side, splits in sides.items()}


def measure(
    evidence: Evidence,
    by: dict[str, Slicing],
    resampling: Resampling,
    required: Mapping[str, float],
    target_error: float,
) -> Metrics:
    """Return everything that metrics.json holds; `by` slices the test rows, `required` are the gates' bounds."""
    labels, groups, confidence = evidence.labels, evidence.groups, resampling.confidence
    baseline, published = evidence.ladder[evidence.rung]["test"], evidence.seeds[evidence.published]["test"]
    on_test = labels["test"], [baseline], [splits["test"] for splits in evidence.seeds.values()], groups["test"]
    compared = paired_bootstrap(*on_test, resampling.resamples, resampling.seed)
    before, after = scored(compared, "before", confidence), scored(compared, "after", confidence)
    difference = differences(compared, confidence)
    parts = seed_slices.compared_by_slice(labels["test"], baseline, on_test[2], groups["test"], by, resampling)
    return Metrics(
        verdict=statistics.verdict(difference.accuracy.low, difference.accuracy.high),
        baseline=Baseline(name=evidence.rung, **before.model_dump()),
        finetuned=Finetuned(published_seed=int(evidence.published), **after.model_dump()),
        difference=difference,
        mcnemar=statistics.mcnemar(labels["test"], baseline, published, groups["test"]),
        smallest_gain=statistics.smallest_gain(compared["accuracy"].difference, confidence),
        gates={metric: gate(metric, bound, after.of(metric)) for metric, bound in required.items()},
        from_validation=OfEachSide[Interval](
            **of_each_side(evidence, lambda splits: from_validation(splits, labels, groups, confidence))
        ),
        calibration=OfEachSide[Calibration](
            **of_each_side(
                evidence, lambda splits: calibration(labels, splits, groups["test"], confidence, resampling.seed)
            )
        ),
        selection=Selections(
            target_error=target_error,
            **of_each_side(evidence, lambda splits: selection(labels, splits, groups, target_error, confidence)),
        ),
        slices=parts,
        worst_slice=next(iter(seed_slices.worst_first(parts)), None),
        ladder=of_each_model(evidence.ladder, labels),
        seeds=of_each_model(evidence.seeds, labels),
        test=Rows(rows=len(labels["test"]), groups=len(set(groups["test"]))),
    )
