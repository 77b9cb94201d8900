"""Prediction sets: for each row the classes that are likely enough, so that the label is among them at a target rate.

Split conformal prediction: Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World (2005); Sadinle, Lei &
Wasserman, Journal of the American Statistical Association 114 (2019). In numpy, because MAPIE knows no groups.
"""

import numpy as np
from numpy.typing import NDArray

from core.base.results import Result
from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores.intervals import Interval
from core.scores.statistics import Groups, mean, numbered, share, with_interval


def least_probability(labels: Labels, probabilities: Table, groups: Groups, coverage: float) -> float:
    """Return the probability from which on a class belongs to a row's set; 0, all classes, where groups are too few.

    Each group counts as one, whatever its rows, and so does the group that is to come: Lee, Barber & Willett,
    Distribution-free inference with hierarchical data (2023). With one row a group that is split conformal prediction.
    """
    count, member = numbered(groups)
    weights = np.append(1 / np.bincount(member)[member], 1.0) / (count + 1)
    of_labels = np.append(probabilities[np.arange(len(labels)), labels], 0.0)  # of the group to come nothing is known
    return float(-np.quantile(-of_labels, coverage, weights=weights, method="inverted_cdf"))


def sets(probabilities: Table, least: float) -> NDArray[np.bool_]:
    """Return which classes each row's set has, shape (rows, classes): those probable enough, and the predicted one."""
    predicted = np.arange(probabilities.shape[1]) == probabilities.argmax(1)[:, None]
    return np.asarray((probabilities >= least) | predicted)


class ClassCoverage(Result):
    """How often the sets hold the label where it is one class."""

    label: int
    """The class: its id, in the order of `validation.labels`."""
    rows: int
    """Test rows of this class; 0 or more."""
    coverage: Interval | None
    """Share of these whose set holds the class: 0 to 1; null where there is no row."""


class PredictionSets(Result):
    """For each row the classes that are likely enough: for `target` of the rows of new groups or more, the label is.

    Split conformal prediction: Sadinle, Lei & Wasserman, Journal of the American Statistical Association 114 (2019);
    with groups: Lee, Barber & Willett (2023).
    """

    target: float
    """The coverage promised, 1 - `evaluation.target_error`: on average over validation sets, and over all classes."""
    least_probability: float
    """The probability from which on a class belongs to a row's set, from validation rows that chose nothing: 0 to 1.
    The predicted class always does."""
    coverage: Interval
    """Share of the test rows whose set holds the label: 0 to 1."""
    size: Interval
    """Mean number of classes in a set, on test: 1 or more."""
    singletons: Interval
    """Share of the test rows whose set is one class: 0 to 1."""
    by_class: list[ClassCoverage]
    """The coverage of each class, in the order of their ids; none of these is promised."""


def prediction_sets(
    labels: dict[str, Labels],
    splits: dict[str, Table],
    groups: dict[str, Groups],
    target: float,
    decision: Decision,
) -> PredictionSets | None:
    """Return how test fares with sets that miss the label at most at the target rate.

    Null for two classes, whose sets say no more than selective prediction, and where no validation rows are set apart.
    """
    apart = threshold_rows(groups["validation"], labels["validation"])
    if decision.classes == 2 or not apart.any():
        return None
    rows = labels["validation"][apart], splits["validation"][apart], groups["validation"][apart]
    least = least_probability(*rows, 1 - target)
    held = sets(splits["test"], least)
    covered, size = held[np.arange(len(held)), labels["test"]], held.sum(1)

    def rate(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Interval:
        return with_interval(share(hits[among], groups["test"][among]), decision.confidence, 0, 1)

    everywhere = np.ones(len(held), dtype=bool)
    of_class = [labels["test"] == each for each in range(decision.classes)]
    return PredictionSets(
        target=1 - target,
        least_probability=least,
        coverage=rate(covered, everywhere),
        size=with_interval(mean(size.astype(np.float64), groups["test"]), decision.confidence, 1, decision.classes),
        singletons=rate(size == 1, everywhere),
        by_class=[
            ClassCoverage(label=each, rows=int(rows.sum()), coverage=rate(covered, rows) if rows.any() else None)
            for each, rows in enumerate(of_class)
        ],
    )
