"""Whether the fast way of fine-tuning is as accurate as the plain one: `python -m benchmarks.agreement` (an hour).

On the tokenized rows of the workspace, whatever their domain, with the settings of params.yaml: rows packed in
bfloat16 without attention dropout, against the stock Trainer on padded rows in float32 with the model's own dropout.
"""

import math
import tempfile
import time
from pathlib import Path

import numpy as np
from datasets import Dataset
from transformers import DataCollatorWithPadding, PrinterCallback, Trainer

from core import interpolation, params, statistics, tokenized
from core.averaging import Averaging
from core.checkpoint import load_tokenizer, locate
from core.device import device, has_bf16
from core.encoder import load_classifier
from core.errors import run
from core.files import replacing
from core.inference import probabilities
from core.markdown import table
from tasks.finetuning import arguments, finetune, scores

RESULT = Path("benchmarks/agreement.md")
SEEDS = (21, 22, 23, 24, 25)  # of their own, so that the test rows tell nothing about the committed ones
Splits = dict[str, Dataset]


def plain(chosen: params.Params, seed: int, train: Dataset, validation: Dataset, folder: Path) -> Trainer:
    """Return what `tasks.finetuning.finetune` does, by the stock Trainer."""
    section, tokenizer = chosen.finetuning, load_tokenizer(locate(chosen.model))
    model = load_classifier(chosen.model, tokenized.labels(train), seed)
    model.get_input_embeddings().requires_grad_(not section.freeze_embeddings)
    general = interpolation.weights(model, "full")
    trainer = Trainer(
        model=model,
        args=arguments(section, seed, folder, packed=True, rows=section.batch_size),  # in random order, in float32
        train_dataset=train,
        eval_dataset=validation,
        processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=scores,
        callbacks=[Averaging(section.average_from)] if section.average_from else [],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    interpolation.draw_back(model, general, section.interpolation)
    return trainer


def measure(chosen: params.Params, splits: Splits, seed: int) -> dict[str, dict[str, float]]:
    """Return each way's accuracy and loss on the test rows, and the seconds that it trained."""
    found = {}
    for way, train in {"ours": finetune, "stock, float32": plain}.items():
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            trainer = train(chosen, seed, splits["train"], splits["validation"], Path(folder))
        seconds = time.monotonic() - started
        rows = splits["test"]
        predicted = probabilities(trainer.model, trainer.processing_class, tokenized.inputs(rows))
        scored = statistics.scores(np.asarray(rows["labels"]), predicted)
        found[way] = {"accuracy": scored["accuracy"], "loss": scored["loss"], "seconds": seconds}
        print(seed, way, found[way], flush=True)
    return found


def written(chosen: params.Params, rows: int, found: dict[int, dict[str, dict[str, float]]]) -> str:
    """Return the result as markdown."""
    cells = [
        [str(seed), way, f"{one['accuracy']:.3f}", f"{one['loss']:.3f}", f"{one['seconds']:.0f}"]
        for seed, ways in found.items()
        for way, one in ways.items()
    ]
    gaps = np.asarray([ways["ours"]["accuracy"] - ways["stock, float32"]["accuracy"] for ways in found.values()])
    faster = np.median([ways["stock, float32"]["seconds"] / ways["ours"]["seconds"] for ways in found.values()])
    error = f"{100 * gaps.std(ddof=1) / math.sqrt(len(gaps)):.1f}" if len(gaps) > 1 else "not known from one"
    return (
        f"# Agreement\n\n{chosen.model.name}, {chosen.finetuning.epochs} epochs, on {device()}, "
        f"{'bfloat16' if has_bf16() else 'float32'}; {rows} test rows of at most {chosen.tokenization.max_length} "
        f"tokens. Ours - stock: {100 * gaps.mean():+.1f} points of accuracy, standard error over seeds "
        f"{error}; ours took {faster:.1f} times less. Written by `python -m benchmarks.agreement`.\n\n"
        f"{table(['seed', 'way', 'accuracy', 'loss', 'seconds'], cells)}\n"
    )


def main() -> None:
    chosen = params.load()
    splits = {split: tokenized.read(split) for split in ("train", "validation", "test")}
    found = {}
    for seed in SEEDS:
        found[seed] = measure(chosen, splits, seed)
        with replacing(RESULT) as partial:  # after each, so that an interrupted run leaves what it found
            partial.write_text(written(chosen, len(splits["test"]), found), encoding="utf-8")


if __name__ == "__main__":
    run(main)
