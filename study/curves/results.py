"""reports/study: all that a study says, from predictions and labels alone."""

from collections.abc import Sequence

from core.base.results import Result
from core.decision.gates import Gate
from core.decision.scoring import METRICS
from core.scores.rounding import rounded
from study.curves import estimates, gates, pairs
from study.curves.estimates import AtSize
from study.curves.evidence import Curves
from study.curves.forecasts import Forecast, forecast
from study.curves.gates import StudiedGate
from study.curves.pairs import Overtaking, Pair


class StudiedSize(Result):
    """One size of the draws."""

    size: str
    """What it is called: 8 a class, or 25%."""
    labels: int
    """How many labels such a draw has cost."""
    overlap: float
    """Share of a draw's rows that another draw of the size has too, on average: 0 to 1. Where it is high, draws differ
    less than new ones would."""
    all_rows: bool
    """Whether each draw is all training rows, so that no more than the seed tells two models apart."""


class Curve(Result):
    """One technique's scores by the number of labels."""

    technique: str
    """Its name, that of its file in study/techniques."""
    sizes: list[AtSize]
    """Each size of which there is a draw, from the smallest."""


class StudyScores(Result):
    """What a study says. Floats are rounded to 6 decimals."""

    split: str
    """The scored rows: the test split, or while `evaluation.test` is sealed the validation split."""
    primary: str
    """The metric that decides, `evaluation.primary`."""
    confidence: float
    """That of all intervals, `evaluation.confidence`."""
    classes: list[str]
    """Their names, in the order of their ids."""
    scored_rows: int
    """How many rows are scored."""
    pool: int
    """How many training rows draws are made from."""
    sizes: list[StudiedSize]
    """The sizes, from the smallest."""
    curves: list[Curve]
    """Each technique, in the order of `study.techniques`."""
    best: str
    """The technique of the best mean at the largest size, of those that have it: of equal ones the first."""
    as_good: list[str]
    """Techniques that are not shown to be worse than it at this size."""
    pairs: list[Pair]
    """The techniques against each other, size by size."""
    augmentation: list[Pair]
    """What augmented copies bring fine-tuning, by size; none where the study lacks a technique for it."""
    overtakings: list[Overtaking]
    """Where one technique passes another as labels grow."""
    gates: list[StudiedGate]
    """How many labels each gate takes."""
    forecasts: list[Forecast]
    """What more labels are predicted to bring each technique, in the same order as its curves."""

    def curve(self, technique: str) -> Curve:
        """Return the curve of a technique."""
        return next(curve for curve in self.curves if curve.technique == technique)

    def forecast(self, technique: str) -> Forecast:
        """Return what is predicted of a technique."""
        return next(forecast for forecast in self.forecasts if forecast.technique == technique)


def measured(curves: Curves, asked: Sequence[Gate]) -> StudyScores:
    """Return all that a study says; `asked` are the gates of params.yaml."""
    of_each = [_curve(curves, technique) for technique in curves.tables]
    of_pairs = pairs.at_each_size(curves)
    of_gates = gates.studied(curves, asked)
    largest, best = _best(curves, of_each)
    return rounded(
        StudyScores(
            split=curves.split,
            primary=curves.decision.primary,
            confidence=curves.decision.confidence,
            classes=list(curves.names),
            scored_rows=len(curves.labels),
            pool=int(curves.pool.sum()),
            sizes=[_size(curves, size) for size in curves.sizes],
            curves=of_each,
            best=best,
            as_good=_as_good(of_pairs, largest, best),
            pairs=of_pairs,
            augmentation=pairs.augmentation(of_pairs),
            overtakings=pairs.overtakings(curves, of_pairs),
            gates=of_gates,
            forecasts=[forecast(curves, each.technique, asked, of_gates) for each in of_each if each.sizes],
        )
    )


def _size(curves: Curves, size: str) -> StudiedSize:
    return StudiedSize(
        size=size, labels=curves.cost(size), overlap=curves.overlap(size), all_rows=curves.takes_all(size)
    )


def _curve(curves: Curves, technique: str) -> Curve:
    found = [estimates.at_size(curves, technique, size) for size in curves.sizes]
    return Curve(technique=technique, sizes=[each for each in found if each])


def _best(curves: Curves, of_each: Sequence[Curve]) -> tuple[str, str]:
    """Return the largest size that any technique has a score at, and the best technique there."""
    metric = METRICS[curves.decision.primary]
    known = {curve.technique: {each.size: each.score for each in curve.sizes if each.score} for curve in of_each}
    largest = next(size for size in reversed(curves.sizes) if any(size in scores for scores in known.values()))
    there = {name: scores[largest].estimate for name, scores in known.items() if largest in scores}
    return largest, list(there)[metric.best(list(there.values()))]


def _as_good(of_pairs: Sequence[Pair], size: str, best: str) -> list[str]:
    there = [pair for pair in of_pairs if pair.size == size and best in (pair.first, pair.second) and not pair.shown]
    return [pair.first if pair.second == best else pair.second for pair in there]
