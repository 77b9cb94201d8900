"""How many labels each technique needs to keep each bound that params.yaml asks for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.base.results import Result
from core.decision.gates import Gate
from core.decision.scoring import METRICS, Table
from core.scores import uncertainty
from core.scores.clusters import Influence
from core.scores.gates import title
from core.scores.influence import of_metric
from core.scores.intervals import Interval
from core.scores.statistics import with_interval
from study.curves.estimates import of_mean
from study.curves.evidence import Curves

OF_CLASS = ("sensitivity", "specificity", "positive_predictive_value", "negative_predictive_value")


class GateAtSize(Result):
    """What one technique shows of a gate at one size."""

    size: str
    """The size of the draws: 8 a class, or 25%."""
    labels: int
    """How many labels such a draw has cost."""
    found: Interval | None
    """The mean over draws, with the interval over draws and test rows; null where some draw does not give it, or its
    model answers with one class."""
    kept: bool
    """Whether the end of the interval that lies towards the bound keeps it; false where there is none."""


class GateReached(Result):
    """How many labels one technique needs to keep a gate."""

    technique: str
    """The name of the technique."""
    size: str | None
    """The smallest size from which on it keeps the bound at every size; null where it does not at the largest."""
    labels: int | None
    """How many labels a draw of this size has cost."""
    lost_again: list[str]
    """The smaller sizes that keep it, before one that does not; none where it is kept from one size on."""
    sizes: list[GateAtSize]
    """Each size that the technique has draws of, from the smallest."""


class StudiedGate(Result):
    """One gate, and how many labels it takes."""

    title: str
    """What is asked for, in words."""
    required: str
    """The bound, in words."""
    unmeasured: str | None
    """Why the study does not measure it; null where it does."""
    reached: list[GateReached]
    """Each technique, in the order of `study.techniques`; none where it is not measured."""


def studied(curves: Curves, gates: Sequence[Gate]) -> list[StudiedGate]:
    """Return each gate of params.yaml, and how many labels each technique needs to keep it."""
    return [_studied(curves, gate) for gate in gates]


def _studied(curves: Curves, gate: Gate) -> StudiedGate:
    bound = f"at least {gate.at_least:g}" if gate.at_least is not None else f"at most {gate.at_most:g}"
    reason = unmeasured(curves, gate)
    return StudiedGate(
        title=title(gate, _positive(curves)),
        required=bound,
        unmeasured=reason,
        reached=[] if reason else [_reached(curves, gate, technique) for technique in curves.tables],
    )


def _positive(curves: Curves) -> str | None:
    return None if curves.decision.positive is None else curves.names[curves.decision.positive]


def unmeasured(curves: Curves, gate: Gate) -> str | None:
    """Return why the study does not measure what a gate asks for, or None where it does."""
    if gate.slice is not None:
        return "the study measures no slices"
    if gate.metric in METRICS:
        applies = METRICS[gate.metric].applies(curves.decision)
        return None if applies else "the metric does not apply to these classes"
    if gate.metric not in OF_CLASS:
        return "the study measures neither calibration nor the topic probe"
    name = gate.of_class or _positive(curves)
    if name is None:
        return "it names no class, and evaluation.positive is null"
    if name not in curves.names:
        return f"no class is called {name}"
    number = list(curves.names).index(name)
    return None if (curves.labels == number).any() else f"no scored row is of the class {name}"


def _reached(curves: Curves, gate: Gate, technique: str) -> GateReached:
    sizes = [_at_size(curves, gate, technique, size) for size in curves.sizes if curves.draws(technique, size)]
    kept = [each.kept for each in sizes]
    start = next((place for place in range(len(kept)) if all(kept[place:])), None)
    return GateReached(
        technique=technique,
        size=None if start is None else sizes[start].size,
        labels=None if start is None else sizes[start].labels,
        lost_again=[each.size for each in sizes[:start] if each.kept],
        sizes=sizes,
    )


def _at_size(curves: Curves, gate: Gate, technique: str, size: str) -> GateAtSize:
    found = measured(curves, gate, technique, size)
    if gate.at_least is not None:
        kept = found is not None and found.low >= gate.at_least
    else:
        assert gate.at_most is not None
        kept = found is not None and found.high <= gate.at_most
    return GateAtSize(size=size, labels=curves.cost(size), found=found, kept=kept)


def measured(curves: Curves, gate: Gate, technique: str, size: str) -> Interval | None:
    """Return the mean over draws of what a gate asks for, or None where some draw does not give it."""
    tables = list(curves.draws(technique, size).values())
    if any(len(np.unique(table.argmax(1))) == 1 for table in tables):
        return None
    influences = [of_gate(curves, gate, table) for table in tables]
    if not np.isfinite([each.value for each in influences]).all():
        return None
    limits = uncertainty.limits(gate.metric, curves.decision) if gate.metric in METRICS else (0.0, 1.0)
    return with_interval(of_mean(curves, influences, limits), curves.decision.confidence)


def of_gate(curves: Curves, gate: Gate, table: Table) -> Influence:
    """Return one draw's figure that a gate asks for, and what each test row adds to it."""
    if gate.metric in METRICS:
        return of_metric(gate.metric, curves.labels, table, curves.decision)
    name = gate.of_class or _positive(curves)
    assert name is not None  # unmeasured has refused it
    number = list(curves.names).index(name)
    of_class, called = curves.labels == number, table.argmax(1) == number
    among = {
        "sensitivity": of_class,
        "specificity": ~of_class,
        "positive_predictive_value": called,
        "negative_predictive_value": ~called,
    }[gate.metric]
    return of_share(of_class == called, among)


def of_share(right: NDArray[np.bool_], among: NDArray[np.bool_]) -> Influence:
    """Return the share of some rows that hold, and what each row adds to it; NaN of no rows.

    Which rows count may differ from draw to draw, so all are of one kind: one more row is one of those that count.
    """
    rows = int(among.sum())
    value = float(right[among].mean()) if rows else np.nan
    adds = among * (right - value) / rows if rows else np.zeros(len(among))
    ends = np.array([1 - value]) / max(rows, 1), np.array([-value]) / max(rows, 1)
    return Influence(value, adds, np.zeros(len(among), dtype=np.int64), *ends, added=1.0, of_class=False)
