"""The published model's card: Hugging Face's metadata, then what the model is for, how good it is, and its limits."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from huggingface_hub import EvalResult, ModelCardData

from core.base import params, paths
from core.data.validation_counts import ValidationCounts
from core.decision.scoring import METRICS
from core.encoders.params import Model
from core.reporting.headline import headline
from core.reporting.markdown import code, interval, plain, score, table
from core.scores.metrics import Metrics
from tasks.evaluation.params import Evaluation
from tasks.evaluation.usage import reading, snippet
from tasks.finetuning.params import Finetuning
from tasks.tokenization.params import Tokenization
from tasks.validation.params import Validation

NO_PIPELINE = (
    "\n\nIt is saved as a classifier of tokens: a text's logits are the mean of theirs. "
    '`pipeline("text-classification")` would fill in a random head for it, with no more than a warning.'
)


class Settings(NamedTuple):
    """The sections of params.yaml that the card speaks of."""

    model: Model
    validation: Validation
    tokenization: Tokenization
    finetuning: Finetuning
    evaluation: Evaluation


def settings() -> Settings:
    """Return those of params.yaml. Raises UserError with every problem of it at once."""
    return Settings(
        params.load(Model),
        params.load(Validation),
        params.load(Tokenization),
        params.load(Finetuning),
        params.load(Evaluation),
    )


def text(
    settings: Settings,
    metrics: Metrics,
    validation: ValidationCounts,
    labels: Sequence[str],
    apart: float,
    pools_mean: bool = False,
) -> str:
    """Return README.md of the model: no text of the data, and its labels as plain text.

    `apart` is by how much a probability of a scored row differs at most where all is computed in float32, as the card's
    code does. `pools_mean` says that a text's logits are the mean of its tokens': core/encoders/mean_pooling.py.
    """
    return "\n\n".join(
        [
            f"---\n{metadata(settings, metrics).strip()}\n---",
            f"# {plain(settings.model.name)}, fine-tuned to tell {len(labels)} classes apart",
            "\n".join(headline(metrics, settings.evaluation.decision(labels), None).sentences),
            _use(settings, labels, pools_mean),
            _rounding(metrics, apart),
            _figures(settings, metrics),
            _data(validation),
            _limits(settings, metrics),
            _training(settings, metrics),
        ]
    )


def metadata(settings: Settings, metrics: Metrics) -> str:
    """Return the card's metadata as YAML, with the published model's scores."""
    scored = {name: metric for name, metric in METRICS.items() if metrics.published.scores.of(name)}
    on_hub = {name: metric.on_hub for name, metric in scored.items() if metric.on_hub}
    results = [
        EvalResult(
            "text-classification",
            "private",
            f"the domain's {metrics.split} split",
            kind,
            metrics.published.of(name).estimate,
            dataset_split=metrics.split,
        )  # fmt: skip
        for name, kind in on_hub.items()
    ]
    return ModelCardData(
        base_model=settings.model.name,
        library_name="transformers",
        pipeline_tag="text-classification",
        metrics=list(on_hub.values()),
        model_name="acclimate",
        eval_results=results,
    ).to_yaml()


def _use(settings: Settings, labels: Sequence[str], pools_mean: bool) -> str:
    code_example = snippet(settings.validation, settings.tokenization, pools_mean)
    text = "pair of texts" if len(settings.validation.texts) == 2 else "text"
    return (
        f"## Intended use\n\nIt gives each {text} of its domain a probability for each of these classes: "
        f"{', '.join(map(code, labels))}. It is meant to help people who can judge such texts, in the domain and "
        "language that it was fine-tuned on, and for nothing else.\n\n"
        f"```python\n{code_example}\n```{NO_PIPELINE if pools_mean else ''}"
    )


def _rounding(metrics: Metrics, apart: float) -> str:
    most = max(math.ceil(apart * 1000 - 1e-3), 1) / 1000  # float32 itself leaves a millionth
    return (
        f"This code computes in float32: on the {metrics.rows.rows} {metrics.split} rows its probabilities are those "
        f"that were scored, to within {most:.3f}. `python -m tasks.predict` of the project that made it computes as "
        "the evaluation did."
    )


def _figures(settings: Settings, metrics: Metrics) -> str:
    models = [metrics.published, metrics.ladder[metrics.baseline]]
    rows = [
        [METRICS[name].title, *(interval(model.of(name), score) for model in models)]
        for name in METRICS
        if metrics.published.scores.of(name)
    ]
    header = ["", "this model", f"without fine-tuning ({metrics.baseline})"]
    return (
        f"## How good it is\n\nOn {metrics.rows.rows} {metrics.split} rows; in brackets, "
        f"{settings.evaluation.confidence:.0%} intervals. Loss is the mean log loss in nats.\n\n"
        f"{table(header, rows)}\n\n"
        f"`{paths.REPORT}` of the project that made it says more: classes, mistakes, and what was compared."
    )


def _data(validation: ValidationCounts) -> str:
    description = f"> {plain(validation.description)}\n\n" if validation.description else ""
    rows = [[split, str(counts.usable)] for split, counts in validation.rows.items()]
    return f"## Data\n\n{description}{table(['split', 'rows'], rows)}"


def _limits(settings: Settings, metrics: Metrics) -> str:
    selection, target = metrics.selection.published, f"{metrics.selection.target_error:.0%}"
    to_person = (
        f"- Nothing is shown to be safe to leave to it ({selection.refused} on validation): a person decides."
        if selection.threshold is None
        else f"- Where its highest probability is under {selection.threshold:.3f}, a person decides: validation shows "
        f"that of its other answers at most {target} are wrong."
    )
    return (
        "## Limits\n\n"
        "- Its figures hold for texts like those of the test split: another source, time or language can make it "
        "worse, and nothing here measures by how much.\n"
        f"- {reading(settings.validation, settings.tokenization)}\n"
        f"{to_person}\n"
        "- It is wrong on some texts with a high probability: the report lists such rows.\n"
        "- It may carry on what is one-sided in its data and in the pretrained model it comes from.\n"
        "- Weights can keep traces of the texts they were fine-tuned on: share them as you would share the texts."
    )


def _training(settings: Settings, metrics: Metrics) -> str:
    section = settings.finetuning
    rows = [
        ["pretrained model", f"{code(settings.model.name)}, revision {code(settings.model.revision or '-')}"],
        ["seed", f"{metrics.published_seed}, chosen on validation"],
        *(
            [name.replace("_", " "), str(value)]
            for name, value in section.model_dump(exclude={"seeds", "lora"}).items()
        ),
        *([["lora", f"rank {section.lora.rank}, alpha {section.lora.alpha}"]] if section.method == "lora" else []),
    ]
    return f"## How it was made\n\n{table(['', ''], rows)}\n"
