"""What the report shows of the ladder: every baseline and every seed."""

from typing import NamedTuple

from core.data.ladder import Ladder, RungDescription
from core.reporting.markdown import score
from core.scores.metrics import Metrics
from core.scores.tallied import METRICS


class LadderTable(NamedTuple):
    """What templates/sections/ladder.md.j2 shows."""

    header: list[str]
    rows: list[list[str]]
    rungs: list[RungDescription]


def ladder(metrics: Metrics, rungs: Ladder) -> LadderTable:
    """Return every rung and every seed with test scores and what it was chosen by; what was chosen is bold."""
    models = metrics.ladder | {_finetuned(seed): scores for seed, scores in metrics.seeds.items()}
    best = (metrics.baseline.name, _finetuned(metrics.finetuned.published_seed))
    rows = [
        [f"**{name}**" if name in best else name]
        + [score(scores.of(metric)) for metric in METRICS]
        + [score(scores.validation_accuracy)]
        for name, scores in models.items()
    ]
    return LadderTable(
        ["model", *(metric.title for metric in METRICS.values()), "validation accuracy"], rows, rungs.rungs
    )


def _finetuned(seed: int | str) -> str:
    return f"fine-tuned, seed {seed}"
