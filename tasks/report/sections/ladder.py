"""What the report shows of the ladder: every baseline and every seed."""

from typing import NamedTuple

from core.data.ladder import Ladder, RungDescription
from core.decision.scoring import METRICS
from core.reporting.markdown import interval, score
from core.scores.metrics import Metrics


class LadderTable(NamedTuple):
    """What templates/sections/ladder.md.j2 shows."""

    header: list[str]
    rows: list[list[str]]
    rungs: list[RungDescription]


def ladder(metrics: Metrics, rungs: Ladder) -> LadderTable:
    """Return every rung and every seed with its scores and what it was chosen by; what was chosen is bold."""
    models = metrics.ladder | {named(seed): scores for seed, scores in metrics.seeds.items()}
    best = (metrics.baseline, named(metrics.published_seed))
    others = [name for name in METRICS if name != metrics.primary and metrics.published.scores.of(name)]
    rows = [
        [f"**{name}**" if name in best else name, score(model.validation), interval(model.of(metrics.primary), score)]
        + [score(model.of(metric).estimate) for metric in others]
        for name, model in models.items()
    ]
    primary = METRICS[metrics.primary].title
    return LadderTable(
        ["model", f"{primary} on validation", primary, *(METRICS[name].title for name in others)], rows, rungs.rungs
    )


def named(seed: int | str) -> str:
    """Return what the report calls a fine-tuned model."""
    return f"fine-tuned, seed {seed}"
