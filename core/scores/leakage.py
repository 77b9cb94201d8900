"""What the scores are without suspect rows: those with a near twin that models learn from or are chosen by."""

from typing import TYPE_CHECKING

import numpy as np

from core.base.results import Result
from core.scores.clusters import numbered
from core.scores.intervals import Interval
from core.scores.parts import at
from core.scores.statistics import with_interval
from core.scores.uncertainty import of_model
from core.scores.verdict import Verdict, judge

if TYPE_CHECKING:
    from core.scores.evidence import Evidence


class WithoutSuspects(Result):
    """What is measured on the scored rows that are not suspect."""

    rows: int
    """How many there are."""
    published: Interval
    """The published model's primary score on them, in the metric's unit."""
    gains: dict[str, Interval]
    """By how much the published model's primary score is better than each baseline's on them; by its name."""
    verdict: Verdict
    """What the verdict would be on them alone."""


class Leakage(Result):
    """How far the scores rest on suspect rows: those with a near twin that models learn from or are chosen by."""

    suspects: int
    """Scored rows that are suspect: of validation those with a near twin in train, of test in train or validation; 0 or
    more. data/suspects.parquet names them and their near twins."""
    without: WithoutSuspects | None
    """What the others say; null where no row is suspect, or the others are of a single class or group."""


def leakage(evidence: "Evidence") -> Leakage:
    """Return what remains of the scores without the suspect rows."""
    suspects, others = int(evidence.suspects.sum()), ~evidence.suspects
    labels, groups = evidence.labels[evidence.split][others], evidence.groups[evidence.split][others]
    if not suspects or len(np.unique(labels)) < 2 or len(np.unique(groups)) < 2:
        return Leakage(suspects=suspects, without=None)
    decision, second = evidence.decision, at(evidence.clusters, others)
    if second is not None and numbered(second)[0] < 2:
        second = None
    published = evidence.seeds[evidence.published][evidence.split][others]
    baselines = {name: splits[evidence.split][others] for name, splits in evidence.ladder.items()}
    judged = judge(labels, baselines, published, groups, decision, second)
    score = of_model(decision.primary, labels, published, groups, decision, second)
    return Leakage(
        suspects=suspects,
        without=WithoutSuspects(
            rows=len(labels),
            published=with_interval(score, decision.confidence),
            gains={name: each.gain for name, each in judged.against.items()},
            verdict=judged.verdict,
        ),
    )
