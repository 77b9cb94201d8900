"""The report's section on training: the curves, the epoch that each seed kept, and what its model is made of."""

from collections.abc import Mapping, Sequence

from core.data.epochs import Epoch, best
from core.reporting.markdown import table
from tasks.finetuning.params import Finetuning


def training(epochs_by_seed: Mapping[str, Sequence[Epoch]], section: Finetuning) -> str:
    """Return the epoch that each seed kept, and what its model is made of."""
    rows = []
    for seed, epochs in epochs_by_seed.items():
        kept = best(epochs)
        rows.append([seed, f"{kept.epoch} of {len(epochs)}", f"{kept.validation_primary:.3f}"])
    listed = table(["seed", "epoch kept", "validation score"], rows)
    return f"## Training\n\n{listed}\n\n{_made_of(section)}"


def _made_of(section: Finetuning) -> str:
    start = (
        "The classification head started as logistic regression on the frozen encoder (`finetuning.head`). "
        if section.head == "probed"
        else ""
    )
    weighted = (
        "Each class counted alike, however rare, which makes its probabilities too high (`finetuning.class_weights`). "
        if section.class_weights == "balanced"
        else ""
    )
    averaged = (
        f"From epoch {section.average_from} on, an epoch's model is the mean of the weights at the ends of the epochs "
        "since then (`finetuning.average_from`). "
        if section.average_from and section.average_from < section.epochs and section.method != "lora"
        else ""
    )
    return start + weighted + averaged + _interpolated(section)


def _interpolated(section: Finetuning) -> str:
    if section.method == "head":
        return "The encoder stayed the pretrained one: the classification head alone was trained (`finetuning.method`)."
    tuned = "fine-tuned" if section.method == "full" else "fine-tuned, by a LoRA adapter (`finetuning.method`),"
    return (
        "These are training's own figures. The models that are scored everywhere else are made by weight interpolation "
        f"(WiSE-FT): {section.interpolation:.0%} of each encoder is {tuned} and {1 - section.interpolation:.0%} "
        "pretrained (`finetuning.interpolation`)."
    )
