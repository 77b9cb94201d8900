"""Whether the published model keeps the bounds that params.yaml asks for, each held against the end of its interval."""

from collections.abc import Sequence

from core.base.results import Result
from core.decision.gates import Gate
from core.decision.scoring import METRICS
from core.scores.forgetting import ForgettingScores
from core.scores.intervals import Interval
from core.scores.metrics import Metrics

TITLES = {"topic_probe": "change of the topic probe"} | {name: metric.title for name, metric in METRICS.items()}


class Judged(Result):
    """One gate, and what the published model shows of it."""

    title: str
    """What is asked for, in words."""
    required: str
    """The bound, in words."""
    found: Interval | None
    """The published model's figure with its interval; null where these rows do not give one, or all of them are given
    one class."""
    passed: bool
    """Whether the end of the interval that lies towards the bound keeps it; false where there is none."""


def judge(gates: Sequence[Gate], metrics: Metrics, probed: ForgettingScores, positive: str | None) -> list[Judged]:
    """Return each gate and whether it holds, in the order of params.yaml; none of a model that answers with one class.

    Where a class is rare such a model has a high accuracy and a low loss, and is of no use to anybody.
    """
    constant = any(each.called == metrics.rows.rows for each in metrics.classes.published)
    found = [None if constant else asked(gate, metrics, probed, positive) for gate in gates]
    return [_judged(gate, each, positive) for gate, each in zip(gates, found, strict=True)]


def _judged(gate: Gate, found: Interval | None, positive: str | None) -> Judged:
    if gate.at_least is not None:
        passed, required = found is not None and found.low >= gate.at_least, f"at least {gate.at_least:g}"
    else:
        assert gate.at_most is not None
        passed, required = found is not None and found.high <= gate.at_most, f"at most {gate.at_most:g}"
    return Judged(title=title(gate, positive), required=required, found=found, passed=passed)


def title(gate: Gate, positive: str | None) -> str:
    """Return what a gate asks for, in words."""
    name = TITLES.get(gate.metric, gate.metric.replace("_", " "))
    if gate.slice is not None:
        return f"{name} where " + ", ".join(f"{column} is {value}" for column, value in gate.slice.items())
    of_class = gate.of_class or positive
    return f"{name} of {of_class}" if gate.metric not in TITLES and of_class else name


def asked(gate: Gate, metrics: Metrics, probed: ForgettingScores, positive: str | None) -> Interval | None:
    """Return the published model's figure that a gate asks for, or None where the scored rows do not give it."""
    if gate.metric == "topic_probe":
        return probed.seeds[str(metrics.published_seed)].rise
    if gate.slice is not None:
        wanted = next(iter(gate.slice.items()))
        return next((part.accuracy for part in metrics.slices.columns.slices if (part.by, part.slice) == wanted), None)
    if gate.metric in METRICS:
        return metrics.published.scores.of(gate.metric)
    names = [each.name for each in metrics.classes.published]
    name = gate.of_class or positive
    if name not in names:
        return None
    number = names.index(name)
    if gate.metric.startswith("calibration_"):
        by_class = metrics.calibration.published.raw.by_class
        field = gate.metric.removeprefix("calibration_")
        return next((getattr(each, field) for each in by_class if each.label == number), None)
    found: Interval | None = getattr(metrics.classes.published[number], gate.metric)
    return found
