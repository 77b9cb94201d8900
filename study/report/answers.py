"""The answer in a sentence or two, for people and for the root's report. Its text is templates/answer.md.j2."""

from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import FileSystemLoader

from core.decision.scoring import METRICS
from core.reporting import documents, headline
from core.scores.learning_curve import Answer
from study.curves.pairs import Overtaking
from study.curves.results import StudyScores
from study.curves.trajectories import FLAT
from study.report.cells import Studied
from study.techniques.technique import technique

FROZEN = "frozen_encoder"  # what a team has without fine-tuning: others are compared with it
TEMPLATES = documents.environment(FileSystemLoader(Path(__file__).parent / "templates"))


def answer(studied: Studied, scores: StudyScores) -> Answer:
    """Return what more labelled rows would bring, by the technique that is best at the largest size."""
    forecast = scores.forecast(scores.best)
    more = forecast.more
    lacks = None if more else "not all training rows were drawn"
    return Answer(
        training=studied.training,
        split=studied.rows.split,
        primary=scores.primary,
        confidence=scores.confidence,
        technique=technique(scores.best).title,
        labels=scores.curve(scores.best).sizes[-1].labels,
        more=more.labels if more else None,
        gain=more.gain if more else None,
        flat=forecast.refused == FLAT,
        unpredicted=forecast.refused or lacks,
        sentence=sentence(scores),
    )


def sentence(scores: StudyScores) -> str:
    """Return what to tell whoever asks how many labels are needed."""
    more = scores.forecast(scores.best).more
    known: dict[str, Any] = {
        "scores": scores,
        "forecast": scores.forecast(scores.best),
        "gain": headline.gain(scores.primary, more.gain, scores.confidence) if more else "",
        "title": lambda name: technique(name).title,
        "flat": FLAT,
        "rise": rise(scores),
        "overtaking": overtaking(scores),
        "about": about,
        "is_best_throughout": best_throughout(scores),
    }
    return documents.rendered(TEMPLATES, "answer.md.j2", **known).strip()


def about(count: float) -> str:
    """Return a number of rows in two digits, or as it is where it has fewer."""
    return f"{float(f'{count:.2g}'):,.0f}"


class Rise(NamedTuple):
    """What the last step of a curve was seen to bring, scores as the report writes them."""

    rows: int
    more_rows: int
    score: str
    higher: str


def rise(scores: StudyScores) -> Rise | None:
    """Return how the best technique's mean rose from the second largest size to the largest; None where it did not."""
    sizes = [(size.labels, size.score.estimate) for size in scores.curve(scores.best).sizes if size.score]
    if len(sizes) < 2 or METRICS[scores.primary].gain(sizes[-2][1], sizes[-1][1]) <= 0:
        return None
    form = headline.form(scores.primary)
    (rows, low), (more_rows, high) = sizes[-2:]
    return Rise(rows, more_rows, form(low), form(high))


def overtaking(scores: StudyScores) -> Overtaking | None:
    """Return where the best technique overtakes the frozen encoder; else the other one that it overtakes last."""
    passed = [each for each in scores.overtakings if each.technique == scores.best]
    return max(passed, key=lambda each: (each.other == FROZEN, each.labels), default=None)


def best_throughout(scores: StudyScores) -> bool:
    """Return whether no other technique has a better mean at any size that the best one was tried on."""
    against = [pair for pair in scores.pairs if scores.best in (pair.first, pair.second)]
    return bool(against) and all(
        (pair.gain.estimate >= 0) == (pair.second == scores.best) or pair.gain.estimate == 0 for pair in against
    )
