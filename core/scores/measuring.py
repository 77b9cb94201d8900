"""Everything that metrics.json says, from predictions and labels alone."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from core.decision.asked import Asked
from core.decision.decision import Decision
from core.decision.scoring import ByMetric, Labels, Table, applicable, score
from core.scores import by_metric, statistics, uncertainty
from core.scores.calibration import calibration
from core.scores.decision_curve import net_benefits
from core.scores.evidence import Evidence, Predicted
from core.scores.intervals import Difference, Interval
from core.scores.leakage import leakage
from core.scores.metrics import Metrics, OfEachSide, Rows, Scored, Selections
from core.scores.positive_class import each_class, positive_class
from core.scores.prediction_sets import prediction_sets
from core.scores.selective_prediction import selection
from core.scores.slices import sliced
from core.scores.slicing import Slicing
from core.scores.statistics import Groups, with_interval
from core.scores.verdict import judge

T = TypeVar("T")


def of_each_model(evidence: Evidence, models: Predicted) -> dict[str, Scored]:
    """Return each model's scores with their intervals, and the validation score that it could be chosen by."""
    decision, chosen_on = evidence.decision, evidence.choosing
    labels = evidence.labels["validation"][chosen_on]
    return {
        name: Scored(
            scores=by_metric.scores(evidence.rows, splits[evidence.split], applicable(decision)),
            validation=score(decision.primary, labels, splits["validation"][chosen_on], decision),
            validation_loss=score("loss", labels, splits["validation"][chosen_on], decision),
        )
        for name, splits in models.items()
    }


def differences(evidence: Evidence) -> ByMetric[Difference | None]:
    """Return published model minus the best baseline by each metric, p-values by Holm over all metrics.

    The verdict rests on the primary metric alone; `p_holm` is for who reads all metrics.
    """
    (_, before), (_, after) = (
        evidence.scored(model) for model in (evidence.ladder[evidence.rung], evidence.seeds[evidence.published])
    )
    return by_metric.differences(evidence.rows, before, after, applicable(evidence.decision))


def _from_validation(
    labels: dict[str, Labels], splits: dict[str, Table], groups: dict[str, Groups], decision: Decision
) -> Interval:
    """Return how far a model's accuracy on the scored rows lies above that on validation, with its interval."""
    first, second = (
        statistics.share(splits[split].argmax(1) == labels[split], groups[split]) for split in ("validation", "test")
    )
    return with_interval(statistics.apart(first, second), decision.confidence, -1, 1)


def measure(evidence: Evidence, by: dict[str, Slicing], asked: Asked) -> Metrics:
    """Return everything that metrics.json holds; `by` slices the scored rows."""
    decision, groups = evidence.decision, evidence.groups[evidence.split]
    labels, before = evidence.scored(evidence.ladder[evidence.rung])
    _, after = evidence.scored(evidence.seeds[evidence.published])
    baselines = {name: splits[evidence.split] for name, splits in evidence.ladder.items()}
    judged = judge(labels, baselines, after, groups, decision, evidence.clusters)
    names_a_class = decision.classes == 2 or decision.positive is not None
    of_split, of_groups = evidence.by_role(evidence.labels), evidence.by_role(evidence.groups)

    def of_each_side(of: Callable[[dict[str, Table]], T]) -> OfEachSide[T]:
        baseline, published = evidence.ladder[evidence.rung], evidence.seeds[evidence.published]
        return OfEachSide[T](baseline=of(evidence.by_role(baseline)), published=of(evidence.by_role(published)))

    return Metrics(
        split=evidence.split,
        primary=decision.primary,
        verdict=judged.verdict,
        published_seed=int(evidence.published),
        baseline=evidence.rung,
        rows=_rows(evidence, judged.groups),
        leakage=leakage(evidence),
        against=judged.against,
        difference=differences(evidence),
        ladder=of_each_model(evidence, evidence.ladder),
        seeds=of_each_model(evidence, evidence.seeds),
        new_seed=_new_seed(evidence),
        positive=of_each_side(
            lambda splits: positive_class(
                evidence.names,
                of_split,
                splits,
                groups,
                decision,
                asked.prevalences,
                asked.specificity,
                evidence.clusters,
            )
        )
        if names_a_class
        else None,
        classes=of_each_side(
            lambda splits: each_class(evidence.names, labels, splits["test"], groups, decision, evidence.clusters)
        ),
        net_benefit=net_benefits(labels, before, after, groups, decision, asked.thresholds, evidence.clusters)
        if names_a_class
        else [],
        from_validation=of_each_side(lambda splits: _from_validation(of_split, splits, of_groups, decision)),
        calibration=of_each_side(lambda splits: calibration(of_split, splits, of_groups, decision, asked.seed)),
        selection=Selections(
            target_error=asked.target_error,
            **dict(of_each_side(lambda splits: selection(of_split, splits, of_groups, asked.target_error, decision))),
        ),
        prediction_sets=of_each_side(
            lambda splits: prediction_sets(of_split, splits, of_groups, asked.target_error, decision)
        ),
        slices=sliced(labels, evidence.names, before, after, groups, by, decision, evidence.clusters),
    )


def _rows(evidence: Evidence, effective: float) -> Rows:
    labels, clusters = evidence.labels[evidence.split], evidence.clusters
    return Rows(
        rows=len(labels),
        groups=len(set(evidence.groups[evidence.split])),
        clusters=None if clusters is None else len(set(clusters)),
        effective_groups=effective,
        commonest=float(np.bincount(labels).max() / len(labels)),
    )


def _new_seed(evidence: Evidence) -> Interval | None:
    """Return what one more training run would score on new rows, or None of a single seed."""
    decision, tables = evidence.decision, [splits[evidence.split] for splits in evidence.seeds.values()]
    labels, groups = evidence.labels[evidence.split], evidence.groups[evidence.split]
    found = uncertainty.of_new_seed(decision.primary, labels, tables, groups, decision, second=evidence.clusters)
    return with_interval(found, decision.confidence) if found else None
