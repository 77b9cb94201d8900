"""The verdict in a few sentences, the same in report, terminal and gate and on the model's card.

Their text is templates/headline.md.j2: a macro is a sentence.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import FileSystemLoader

from core.data.group_counts import FEWEST
from core.data.ladder import MAJORITY
from core.decision.decision import Decision
from core.decision.scoring import METRICS
from core.reporting import documents
from core.reporting.markdown import code, interval, percent, score
from core.reporting.other_metrics import contradicting
from core.scores.forgetting import ForgettingScores
from core.scores.gates import Judged
from core.scores.intervals import Interval
from core.scores.metrics import Metrics
from core.scores.verdict import Against

SHORT = {
    "adapted": "Yes",
    "no worse": "No worse",
    "not shown": "Not shown",
    "harmed": "No",
    "too few groups": "Too few groups",
}
IN_POINTS = ("balanced_accuracy", "accuracy", "macro_f1", "roc_auc", "average_precision")
ALIKE = ("balanced_accuracy", "macro_f1")  # count each class alike, however few its rows
LISTED = 2  # classes with few rows, and metrics, by name
TEMPLATES = documents.environment(FileSystemLoader(Path(__file__).parent / "templates"))


class Headline(NamedTuple):
    """The sentences on the scores; empty where there is nothing to say."""

    title: str
    answer: str
    level: str
    missed: str
    another_run: str
    leakage: str
    reading: str
    warnings: list[str]

    @property
    def sentences(self) -> list[str]:
        """Return all but the title, in their order."""
        said = (self.answer, self.level, self.missed, self.another_run, self.leakage, self.reading)
        return [sentence for sentence in (*said, *self.warnings) if sentence]


def headline(metrics: Metrics, decision: Decision, reading: int | None) -> Headline:
    """Return what the scores say; `reading` is the number of this reading of the test split, where it was read."""
    closest = deciding(metrics)
    known: dict[str, Any] = {
        "metrics": metrics,
        "decision": decision,
        "number": reading,
        "short": SHORT[metrics.verdict],
        "primary": METRICS[metrics.primary].title,
        "of": form(metrics.primary),
        "amount": lambda value: amount(metrics.primary, value),
        "gain": gain(metrics.primary, metrics.against[closest].gain, decision.confidence),
        "closest": closest,
        "is_above": metrics.against[closest].gain.low > decision.margin,
        "is_below": metrics.against[closest].gain.high <= decision.margin,
        "is_loss": metrics.against[closest].gain.high < 0,
        "fewest": FEWEST,
        "without": metrics.leakage.without,
        "majority": metrics.ladder[MAJORITY].of(metrics.primary),
        "published": metrics.published.of(metrics.primary),
        "rare": rare(metrics) if metrics.primary in ALIKE else "",
        "worse": worse(metrics, decision.confidence),
    }
    said: dict[str, Any] = {name: _said(name, **known) for name in Headline._fields}
    return Headline(**said | {"warnings": said["warnings"].splitlines()})


def deciding(metrics: Metrics) -> str:
    """Return the baseline that the verdict hangs on: of those that it is about, the one of the smallest gain."""
    against = metrics.against
    about = [name for name, each in against.items() if _is_about(metrics.verdict, each)]
    return min(about or against, key=lambda name: against[name].gain.estimate)


def _is_about(verdict: str, against: Against) -> bool:
    if verdict == "harmed":
        return against.worse
    return verdict in ("adapted", "too few groups") or not against.better


def _said(sentence: str, *arguments: Any, **known: Any) -> str:
    """Return a sentence of the template."""
    macros = TEMPLATES.get_template("headline.md.j2").make_module(known)
    return documents.set_as_lines(str(getattr(macros, sentence)(*arguments)).strip())


def topic_probe(probed: ForgettingScores, published_seed: int) -> str:
    """Return what the topic probe says of the published model."""
    return _said("topic_probe", probed.seeds[str(published_seed)], probed.margin)


def gates(judged: Sequence[Judged]) -> str:
    """Return whether the gates hold, and which do not; nothing where there are none."""
    return _said("gates", judged)


def form(metric: str) -> Callable[[float], str]:
    """Return how reports write a score of a metric."""
    return percent if metric in IN_POINTS else score


def amount(metric: str, value: float) -> str:
    """Return a gain by a metric in words, such as 2.0 points of accuracy."""
    title = METRICS[metric].title
    return f"{100 * value:.1f} points of {title}" if metric in IN_POINTS else f"{value:.3f} of {title}"


def gain(metric: str, difference: Interval, confidence: float) -> str:
    """Return a gain with its interval in words."""
    times, form = (100, "{:.1f}") if metric in IN_POINTS else (1, "{:.3f}")
    low, high = (form.format(times * end) for end in (difference.low, difference.high))
    sign, less = "+" if difference.estimate >= 0 else "-", "" if METRICS[metric].higher_is_better else " saved"
    return f"{sign}{amount(metric, abs(difference.estimate))}{less} ({confidence:.0%} CI {low} to {high})"


def rare(metrics: Metrics) -> str:
    """Return the classes with too few rows to be counted alike, in words; nothing where there are none."""
    classes = metrics.slices.rare_classes
    named = ", ".join(f"{code(name)} ({rows})" for name, rows in list(classes.items())[:LISTED])
    return f"{named} and {counted(len(classes) - LISTED, 'class', 'classes')}" if len(classes) > LISTED else named


def worse(metrics: Metrics, confidence: float) -> str:
    """Return by which other metrics the published model is clearly worse, in words; nothing where by none."""
    differences = {name: change for name in METRICS if (change := metrics.difference.of(name))}
    found = contradicting(differences, metrics.primary, metrics.verdict, confidence)
    named = ", ".join(
        f"{METRICS[name].title} {interval(change, '{:+.3f}'.format)}" for name, change in list(found.items())[:LISTED]
    )
    return f"{named} and {counted(len(found) - LISTED, 'metric', 'metrics')}" if len(found) > LISTED else named


def counted(others: int, one: str, many: str) -> str:
    """Return how many others there are, in words."""
    return f"{others} other {one if others == 1 else many}"
