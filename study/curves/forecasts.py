"""What more labels are predicted to bring, or why nothing is predicted."""

from collections.abc import Callable, Sequence

import numpy as np

from core.base.results import Result
from core.decision.gates import Gate
from core.decision.scoring import METRICS, Table
from core.scores import uncertainty
from core.scores.clusters import Influence
from core.scores.influence import of_metric
from core.scores.intervals import Interval
from study.curves import gates
from study.curves.evidence import Curves
from study.curves.fits import Values
from study.curves.gates import GateReached, StudiedGate
from study.curves.resamples import ROWS_OF_CLASS, Points, points
from study.curves.trajectories import FEWEST, HeldBack, Trajectories, ends, refusal, tried

FARTHEST = 4  # times the labels of the largest size: nothing is predicted beyond
STEPS = 49  # of labels, at which a curve is drawn, or looked at for a bound
NEXT = 0.2  # of the training rows: how many more labels are asked about


class PredictedScore(Result):
    """What a technique is predicted to score with so many labels."""

    labels: int
    """How many labels."""
    score: Interval
    """The primary metric, with the interval of one draw of so many labels on other test rows."""


class MoreLabels(Result):
    """What so many labels more than all training rows are predicted to bring."""

    labels: int
    """How many more."""
    gain: Interval
    """By how much the primary score is predicted to be better than with all training rows, in the metric's unit: above
    0 it is better whatever the metric. The interval is of other new labels and other test rows."""


class LabelsNeeded(Result):
    """From how many labels on a gate is predicted to be kept that no size keeps yet."""

    title: str
    """What is asked for, in words."""
    required: str
    """The bound, in words."""
    refused: str | None
    """Why nothing is predicted; null where it is."""
    labels: int | None
    """How many labels in all, where the interval is as wide as at the largest size; null: not within `farthest`."""
    low: int | None
    """The fewest; null: not within `farthest`."""
    high: int | None
    """The most; null: not within `farthest`."""


class Forecast(Result):
    """What one technique is predicted to score with other numbers of labels."""

    technique: str
    """Its name."""
    refused: str | None
    """Why the fit is poor and nothing is predicted; null where it is."""
    held_back: HeldBack | None
    """The largest size as the smaller ones predict it; null where there are too few sizes."""
    farthest: int
    """The most labels for which anything is predicted: four times those of the largest size."""
    line: list[PredictedScore]
    """The predicted curve from the smallest size to `farthest`; none where nothing is predicted."""
    more: MoreLabels | None
    """What the next labels are predicted to bring; null where nothing is predicted, or the technique was not tried on
    all training rows."""
    gates: list[LabelsNeeded]
    """Each gate that is measured, and that it does not keep at its largest size."""


def forecast(curves: Curves, technique: str, asked: Sequence[Gate], studied: Sequence[StudiedGate]) -> Forecast:
    """Return what a technique that has a draw is predicted to score; `studied` are the gates as far as measured."""
    metric, decision = curves.decision.primary, curves.decision
    least, most = uncertainty.limits(metric, decision)
    higher = METRICS[metric].higher_is_better
    known = points(curves, technique, _scored(curves, metric), 1 if higher else -1, most if higher else -least)
    last = [size for size in curves.sizes if curves.draws(technique, size)][-1]
    farthest = FARTHEST * curves.cost(last)
    held, missed, reason = judged(known, decision.confidence)
    allowed = Trajectories(known, missed, other_rows=True) if known and reason is None else None
    return Forecast(
        technique=technique,
        refused=reason,
        held_back=_turned(held, higher),
        farthest=farthest,
        line=_line(allowed, farthest, curves, higher) if allowed else [],
        more=_more(allowed, curves) if allowed and curves.takes_all(last) else None,
        gates=[
            _needed(curves, gate, found, reached)
            for gate, found in zip(asked, studied, strict=True)
            for reached in found.reached
            if reached.technique == technique and reached.size is None
        ],
    )


def _scored(curves: Curves, metric: str) -> Callable[[Table], Influence]:
    return lambda table: of_metric(metric, curves.labels, table, curves.decision)


def judged(known: Points | None, confidence: float) -> tuple[HeldBack | None, float, str | None]:
    """Return how the largest size is predicted, by how much that misses it, and why nothing is predicted."""
    count = len(known.sizes) if known else 0
    if known is None or count < FEWEST:
        asked = f"a fit takes {FEWEST} sizes with {ROWS_OF_CLASS} rows of each class, mixed as in all training rows"
        return None, 0.0, f"{asked}, and there are {count}: name more in study.sizes.shares"
    held, missed = tried(known, confidence)
    return held, missed, refusal(known, held)


def _turned(held: HeldBack | None, higher: bool) -> HeldBack | None:
    if held is None or higher:
        return held
    return held.model_copy(update={"predicted": _negative(held.predicted), "found": -held.found})


def _negative(known: Interval) -> Interval:
    return Interval(estimate=-known.estimate, low=-known.high, high=-known.low)


def _within(values: Values, confidence: float, limits: tuple[float, float] = (-np.inf, np.inf)) -> Interval:
    middle, low, high = np.clip(ends(values, confidence), *limits)
    return Interval(estimate=float(middle), low=float(low), high=float(high))


def _line(allowed: Trajectories, farthest: int, curves: Curves, higher: bool) -> list[PredictedScore]:
    labels = np.geomspace(allowed.points.labels[0], farthest, STEPS).round()
    scores = allowed.scores(labels) if higher else -allowed.scores(labels)
    limits = uncertainty.limits(curves.decision.primary, curves.decision)
    return [
        PredictedScore(labels=int(count), score=_within(of_count, curves.decision.confidence, limits))
        for count, of_count in zip(labels, scores.T, strict=True)
    ]


def _more(allowed: Trajectories, curves: Curves) -> MoreLabels:
    more = next_labels(int(curves.pool.sum()))
    return MoreLabels(labels=more, gain=_within(allowed.gains(more), curves.decision.confidence))


def next_labels(rows: int) -> int:
    """Return how many more labels are asked about: a fifth of the rows, in two digits."""
    return max(_two_digits(NEXT * rows), 1)


def _two_digits(count: float) -> int:
    return int(float(f"{count:.2g}"))


def _needed(curves: Curves, gate: Gate, found: StudiedGate, reached: GateReached) -> LabelsNeeded:
    """Return from how many labels on the gate is predicted to be kept."""

    def needed(refused: str | None, *labels: int | None) -> LabelsNeeded:
        middle, low, high = labels or (None, None, None)
        named = {"title": found.title, "required": found.required}
        return LabelsNeeded(**named, refused=refused, labels=middle, low=low, high=high)

    largest = reached.sizes[-1]
    if largest.found is None:
        return needed(f"{largest.size} does not give it")
    sign = 1 if gate.at_least is not None else -1
    limits = uncertainty.limits(gate.metric, curves.decision) if gate.metric in METRICS else (0.0, 1.0)
    known = points(
        curves,
        reached.technique,
        lambda table: gates.of_gate(curves, gate, table),
        sign,
        limits[1] if sign > 0 else -limits[0],
    )
    _, missed, reason = judged(known, curves.decision.confidence)
    if known is None or reason is not None:
        return needed(reason)
    bound = gate.at_least if gate.at_least is not None else -float(gate.at_most or 0)
    reach = largest.found.estimate - largest.found.low if sign > 0 else largest.found.high - largest.found.estimate
    return needed(None, *_reaching(Trajectories(known, missed), bound + reach, curves.decision.confidence))


def _reaching(allowed: Trajectories, bound: float, confidence: float) -> list[int | None]:
    """Return with how many labels resamples reach a bound: the middle, and the ends of its interval."""
    labels = np.geomspace(1, FARTHEST, STEPS) * allowed.points.labels[-1]
    reached = allowed.scores(labels) >= bound
    first = np.where(reached.any(1), labels[reached.argmax(1)], np.inf)
    shares = [0.5, (1 - confidence) / 2, (1 + confidence) / 2]
    found = np.quantile(first, shares, method="inverted_cdf")
    return [_two_digits(count) if np.isfinite(count) else None for count in found]
