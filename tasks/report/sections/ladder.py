"""The report's section on the ladder: every baseline and every seed, as markdown."""

from typing import Any

from core.reporting.markdown import interval, points, table
from core.scores import statistics

Json = dict[str, Any]

LADDER = {
    "majority": "the share of each class in training, for every row",
    "tf-idf": "logistic regression on words and word pairs",
    "untrained head": "the general model as downloaded, its classification head untrained",
    "frozen encoder": "logistic regression on the general model's frozen states",
}


def ladder(metrics: Json, confidence: float) -> str:
    """Return every rung and every seed with test scores and what it was chosen by, and how far these lie apart."""
    models = metrics["ladder"] | {f"fine-tuned, seed {seed}": found for seed, found in metrics["seeds"].items()}
    chosen = (metrics["baseline"]["name"], f"fine-tuned, seed {metrics['finetuned']['published_seed']}")
    rows = [
        [f"**{name}**" if name in chosen else name]
        + [f"{found[key]:.3f}" for key in (*statistics.METRICS, "validation_accuracy")]
        for name, found in models.items()
    ]
    meanings = "\n".join(f"- *{name}*: {meaning}" for name, meaning in LADDER.items())
    return (
        "## The ladder\n\nThe rung that stands for *no fine-tuning*, and the seed that is published in "
        "`models/finetuned/`, are those with the best validation accuracy, of equal ones the lower loss (bold).\n\n"
        f"{table(['model', *statistics.NAMES.values(), 'validation accuracy'], rows)}\n\n{meanings}\n\n"
        f"{_from_validation_to_test(metrics, confidence)}"
    )


def _from_validation_to_test(metrics: Json, confidence: float) -> str:
    found = metrics["from_validation"]
    name, published = metrics["baseline"]["name"], f"seed {metrics['finetuned']['published_seed']}"
    changes = " and ".join(
        f"by {interval(found[side], points)} points for {model}"
        for side, model in (("finetuned", published), ("baseline", name))
    )
    lower = (
        f" So {published} does worse on test rows than on those it was chosen on, as it fits these or they are easier; "
        "a temperature or a threshold that is fitted on validation may suit test less."
        if found["finetuned"]["high"] < 0
        else ""
    )
    return f"From validation to test, accuracy changes {changes}; in brackets {confidence:.0%} intervals.{lower}"
