"""Calibration of one class against the rest: in the large, intercept and slope, each with its interval."""

import numpy as np

from core.base.results import Result
from core.decision.scoring import Labels, Table
from core.scores.intervals import Interval
from core.scores.statistics import Groups, mean, numbered, with_interval

FEWEST = 10  # clusters with rows of the class, and with others; with fewer, intervals hold the truth in under 90%


class ClassCalibration(Result):
    """Whether the probabilities of one class are as high as the class is frequent, on the test rows.

    Intercept and slope: Cox, Biometrika 45 (1958); Van Calster et al., A calibration hierarchy for risk models was
    defined, Journal of Clinical Epidemiology 74 (2016). Intervals hold where the rows of a group are alike.
    """

    label: int
    """The class: its id, in the order of `validation.labels`."""
    rows: int
    """Test rows of this class; 0 or more."""
    in_the_large: Interval | None
    """Mean predicted probability minus the share of rows that are of the class: -1 to 1; above 0, it is predicted too
    often. Null where under ten clusters have rows of the class, or rows of others."""
    intercept: Interval | None
    """What the logits lack on average: the intercept of a logistic regression of the label on them, their slope held
    at 1. 0 is right; below 0 the probabilities are too high. Null as above, and where a probability is 0 or 1."""
    slope: Interval | None
    """The slope of a logistic regression of the label on the logit of its probability. 1 is right; below 1 the
    probabilities are too extreme, above 1 not extreme enough. Null where the intercept is, and where the logits tell
    the rows of the class from all others without a mistake, or are all the same."""


def of_class(labels: Labels, probabilities: Table, groups: Groups, each: int, confidence: float) -> ClassCalibration:
    """Return how one class's probabilities agree with how often it occurs."""
    occurs, logits, ones = labels == each, _logits(probabilities, each), np.ones((len(labels), 1))
    enough = min(len(set(groups[occurs])), len(set(groups[~occurs]))) >= FEWEST
    finite = enough and np.isfinite(logits).all()
    overlap = finite and logits[occurs].min() < logits[~occurs].max() and logits[~occurs].min() < logits[occurs].max()
    gap = mean(probabilities[:, each] - occurs, groups, (1, -1))
    sloped = np.column_stack([ones, logits])
    return ClassCalibration(
        label=each,
        rows=int(occurs.sum()),
        in_the_large=with_interval(gap, confidence, -1, 1) if enough else None,
        intercept=_last_coefficient(occurs, ones, logits, groups, confidence) if finite else None,
        slope=_last_coefficient(occurs, sloped, None, groups, confidence) if overlap else None,
    )


def _logits(probabilities: Table, each: int) -> Table:
    others = np.delete(probabilities, each, axis=1).sum(1)  # 1 - p would lose what is left where p is close to 1
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probabilities[:, each]) - np.log(others))


def _last_coefficient(
    occurs: Labels, design: Table, offset: Table | None, groups: Groups, confidence: float
) -> Interval | None:
    """Return the last coefficient of a logistic regression, with Student's t of cluster-robust errors."""
    from statsmodels.discrete.discrete_model import Logit  # here, as docs/architecture.md says of results

    with np.errstate(all="ignore"):
        fitted = Logit(occurs.astype(float), design, offset=offset).fit(
            method="bfgs",  # Newton's method overshoots where probabilities are far too low
            gtol=1e-6,
            disp=False,
            warn_convergence=False,
            cov_type="cluster",
            cov_kwds={"groups": numbered(groups)[1]},
            use_t=True,
        )
    low, high = fitted.conf_int(1 - confidence)[-1]
    if not fitted.mle_retvals["converged"] or not np.isfinite([low, high]).all():
        return None
    return Interval(estimate=float(fitted.params[-1]), low=float(low), high=float(high))
