"""The report's section on training: the curves, the epoch that each seed kept, and what its model is made of."""

from typing import Any

from core.reporting.markdown import table
from tasks.finetuning.params import Finetuning

Json = dict[str, Any]


def training(curves: dict[str, list[Json]], section: Finetuning) -> str:
    """Return the training curves, the epoch that each seed kept, and how far its encoder was drawn back."""
    rows = []
    for seed, epochs in curves.items():
        kept = max(epochs, key=lambda epoch: epoch["validation_accuracy"])  # the first of equals, as BestEpoch does
        rows.append([seed, f"{kept['epoch']} of {len(epochs)}", f"{kept['validation_accuracy']:.3f}"])
    return (
        "## Training\n\n![Line charts: loss and validation accuracy of each seed by epoch](figures/training.svg)\n\n"
        f"{table(['seed', 'epoch kept', 'validation accuracy'], rows)}\n\n{_kept(section)}"
    )


def _kept(section: Finetuning) -> str:
    started = (
        "The classification head started as logistic regression on the frozen encoder (`finetuning.head`). "
        if section.head == "probed"
        else ""
    )
    started += (
        "Each class counted alike, however rare, which makes its probabilities too high (`finetuning.class_weights`). "
        if section.class_weights == "balanced"
        else ""
    )
    averaged = started + (
        f"From epoch {section.average_from} on, an epoch's model is the mean of the weights at the ends of the epochs "
        "since then (`finetuning.average_from`). "
        if section.average_from and section.average_from < section.epochs and section.method != "lora"
        else ""
    )
    if section.method == "head":
        head = "The encoder stayed the general one: the classification head alone was trained (`finetuning.method`)."
        return averaged + head
    tuned = "fine-tuned" if section.method == "full" else "fine-tuned, by a LoRA adapter (`finetuning.method`),"
    return (
        f"{averaged}These are training's own figures. In the models that are scored everywhere else, "
        f"{section.interpolation:.0%} of each encoder is {tuned} and {1 - section.interpolation:.0%} the general one "
        "(`finetuning.interpolation`)."
    )
