"""The report's section on the ladder: every baseline and every seed, as markdown."""

from core.data.ladder import Ladder
from core.reporting.markdown import interval, points, score, table
from core.scores.metrics import Metrics
from core.scores.tallied import METRICS


def ladder(metrics: Metrics, rungs: Ladder, confidence: float) -> str:
    """Return every rung and every seed with test scores and what it was chosen by, and how far these lie apart."""
    models = metrics.ladder | {_finetuned(seed): scores for seed, scores in metrics.seeds.items()}
    best = (metrics.baseline.name, _finetuned(metrics.finetuned.published_seed))
    rows = [
        [f"**{name}**" if name in best else name]
        + [score(scores.of(metric)) for metric in METRICS]
        + [score(scores.validation_accuracy)]
        for name, scores in models.items()
    ]
    header = ["model", *(metric.title for metric in METRICS.values()), "validation accuracy"]
    meanings = "\n".join(f"- *{rung.name}*: {rung.description}" for rung in rungs.rungs)
    return (
        "## The ladder\n\nThe baselines are the rungs of a ladder. The one that stands for *no fine-tuning*, and the "
        "seed that is published in `models/finetuned/`, are those with the best validation accuracy, of equal ones "
        f"the lower log loss (bold).\n\n{table(header, rows)}\n\n{meanings}\n\n"
        f"{_from_validation_to_test(metrics, confidence)}"
    )


def _finetuned(seed: int | str) -> str:
    return f"fine-tuned, seed {seed}"


def _from_validation_to_test(metrics: Metrics, confidence: float) -> str:
    change, published = metrics.from_validation, f"seed {metrics.finetuned.published_seed}"
    changes = " and ".join(
        f"by {interval(of_model, points)} points for {model}"
        for of_model, model in ((change.finetuned, published), (change.baseline, metrics.baseline.name))
    )
    lower = (
        f" So {published} does worse on test rows than on those it was chosen on: it is overfitted to these, or test "
        "is harder; a temperature or a threshold that is fitted on validation may not hold on test."
        if change.finetuned.high < 0
        else ""
    )
    return f"From validation to test, accuracy changes {changes}; in brackets {confidence:.0%} intervals.{lower}"
