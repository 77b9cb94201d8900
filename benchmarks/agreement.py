"""Whether the fast way of fine-tuning is as accurate as the plain one: `python -m benchmarks.agreement` (two hours).

On validation rows of the development corpora of benchmarks/unseen_terms.py, by the recipe of params.yaml at its full
length: rows packed, in bfloat16 where the machine has it, without attention dropout; against transformers' own
classifier, Trainer and DataCollatorWithPadding in float32 with the model's own dropout. No test split is read.
`--seeds 21` makes it one seed.
"""

import math
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.nn.functional import cross_entropy
from transformers import DataCollatorWithPadding, PrinterCallback, Trainer, TrainingArguments

from benchmarks import processor
from benchmarks.trainers import SILENT
from benchmarks.unseen_terms import CORPORA, corpus, drawn, training_vocabulary
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data import tokenized_rows
from core.decision import scoring
from core.decision.decision import Decision
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.device import device, has_bf16
from core.encoders.networks import load_classifier
from core.reporting.markdown import table
from tasks import params
from tasks.finetuning import linear_probing, weight_averaging
from tasks.finetuning.trainers import class_weights
from tasks.finetuning.training import finetune, scores
from tasks.finetuning.weight_averaging import Averaging, BestEpoch

RESULT = Path("benchmarks/agreement.md")
SEEDS = (21, 22, 23, 24, 25)  # of their own
OURS, STOCK = "ours", "stock, float32"
Splits = dict[str, Dataset]  # train and validation
Scores = dict[str, float]


def stock_trainer(chosen: params.Params, seed: int, splits: Splits) -> Trainer:
    """Return the stock Trainer of the recipe before its first step: transformers' own network, Trainer and collator.

    Of the recipe, and not of how it is computed, are the head's start and pooling, the classes' weights, what is
    averaged over epochs and which epoch is kept: they are ours' own.
    """
    section, tokenizer = chosen.finetuning, load_tokenizer(locate(chosen.model))
    names = tokenized_rows.labels(splits["train"])
    network, decision = load_classifier(chosen.model, names, seed), chosen.evaluation.decision(names)
    weights = class_weights(splits["train"]["labels"], network.config.num_labels, section.class_weights)
    if section.head == "probed":
        start_as_probed(network, chosen, seed, splits, weights)
    network.get_input_embeddings().requires_grad_(not section.freeze_embeddings)
    settings: dict[str, Any] = SILENT | {"eval_strategy": "epoch", "use_cpu": device().type == "cpu"}
    trainer = Trainer(
        network,
        TrainingArguments(
            output_dir=tempfile.gettempdir(),
            seed=seed,
            learning_rate=section.learning_rate,
            num_train_epochs=section.epochs,
            per_device_train_batch_size=section.batch_size,
            per_device_eval_batch_size=4 * section.batch_size,
            weight_decay=section.weight_decay,
            warmup_steps=section.warmup,
            **settings,
        ),
        DataCollatorWithPadding(tokenizer),
        splits["train"],
        splits["validation"],
        processing_class=tokenizer,
        compute_loss_func=partial(mean_cross_entropy, weights.to(device())),
        compute_metrics=partial(scores, decision=decision),
        callbacks=[*([Averaging(section.average_from)] if section.average_from else []), BestEpoch(decision)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def mean_cross_entropy(
    weights: torch.Tensor, outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None
) -> torch.Tensor:
    return cross_entropy(outputs["logits"], labels, weights, reduction="sum") / len(labels)


def start_as_probed(network: Any, chosen: params.Params, seed: int, splits: Splits, weights: torch.Tensor) -> None:
    """Give a network the head that ours starts with. It is probed on another one, which that packs."""
    probed = load_classifier(chosen.model, tokenized_rows.labels(splits["train"]), seed)
    tokenizer = load_tokenizer(locate(chosen.model))
    linear_probing.probe(probed, tokenizer, splits["train"], splits["validation"], weights)
    name = linear_probing.last_layer(network)
    network.get_submodule(name).load_state_dict(probed.get_submodule(name).state_dict())


def by_stock(chosen: params.Params, seed: int, splits: Splits) -> Trainer:
    """Return the stock Trainer after the recipe's last step."""
    trainer = stock_trainer(chosen, seed, splits)
    general = weight_averaging.pretrained_weights(trainer.model, "full")
    trainer.train()
    weight_averaging.interpolate(trainer.model, general, chosen.finetuning.interpolation)
    return trainer


def by_ours(chosen: params.Params, seed: int, splits: Splits) -> Trainer:
    with tempfile.TemporaryDirectory() as folder:
        return finetune(
            chosen.model,
            chosen.finetuning,
            chosen.evaluation,
            seed,
            splits["train"],
            splits["validation"],
            Path(folder),
        )


def measure(chosen: params.Params, splits: Splits, seed: int) -> dict[str, Scores]:
    """Return each way's accuracy, macro F1 and loss on the validation rows."""
    found = {}
    for way, train in {OURS: by_ours, STOCK: by_stock}.items():
        trainer = train(chosen, seed, splits)
        predicted = trainer.predict(splits["validation"])  # each by its own Trainer; rows come in its order
        probabilities = torch.from_numpy(predicted.predictions).double().softmax(-1).numpy()
        decision = Decision("accuracy", classes=probabilities.shape[1])
        found[way] = {
            name: scoring.score(name, predicted.label_ids, probabilities, decision)
            for name in ("accuracy", "macro_f1", "loss")
        }
        print(seed, way, found[way], flush=True)
    return found


def written(chosen: params.Params, found: dict[tuple[int, int], dict[str, Scores]], rows: Sequence[int]) -> str:
    """Return the result as markdown, of scores by corpus and seed."""
    cells = [
        [
            str(number),
            str(seed),
            way,
            *(f"{one[name]:.3f}" for name in ("accuracy", "macro_f1", "loss")),
        ]
        for (number, seed), ways in found.items()
        for way, one in ways.items()
    ]
    gaps = np.asarray([ways[OURS]["accuracy"] - ways[STOCK]["accuracy"] for ways in found.values()])
    error = f"{100 * gaps.std(ddof=1) / math.sqrt(len(gaps)):.1f}" if len(gaps) > 1 else "not known from one"
    return (
        f"# Agreement\n\n{chosen.model.name}, {chosen.finetuning.epochs} epochs, on {processor.described()}, ours in "
        f"{'bfloat16' if has_bf16() else 'float32'}; development corpora from what draw {drawn()} trains on, with "
        f"{' and '.join(map(str, rows))} validation rows of at most {chosen.tokenization.max_length} tokens. "
        f"Ours - stock: {100 * gaps.mean():+.1f} points of accuracy, standard error over runs {error}. "
        f"Written by `python -m benchmarks.agreement`.\n\n"
        f"{table(['corpus', 'seed', 'way', 'accuracy', 'macro F1', 'loss'], cells)}\n"
    )


def compare(chosen: params.Params, corpora: Sequence[Splits], seeds: Sequence[int], result: Path) -> None:
    """Compare both ways on corpora, each with its splits train and validation; write the result after each run."""
    found = {}
    for seed in seeds:
        for number, splits in enumerate(corpora):
            found[number, seed] = measure(chosen, splits, seed)
            with replacing(result) as partial:  # after each, so that an interrupted run leaves what it found
                partial.write_text(written(chosen, found, [len(each["validation"]) for each in corpora]), "utf-8")


def read_seeds(words: Sequence[str]) -> tuple[int, ...]:
    """Return the seeds that the command line names, else SEEDS. Raises UserError where it is not understood."""
    if not words:
        return SEEDS
    if words[0] != "--seeds" or len(words) < 2 or not all(word.isdecimal() for word in words[1:]):
        raise UserError(f"{' '.join(words)} is not understood: `python -m benchmarks.agreement --seeds 21 22`")
    return tuple(map(int, words[1:]))


def of_corpora(chosen: params.Params) -> params.Params:
    """Return the parameters as they are for the corpora, whose classes are their own.

    Raises UserError where the method is another than `full`: stock trains all weights.
    """
    if chosen.finetuning.method != "full":
        raise UserError(
            f"params.yaml: finetuning.method is {chosen.finetuning.method}, and stock trains all weights: set full to "
            "compare the two"
        )
    own = {"primary": "balanced_accuracy", "positive": None, "cost": None}
    return chosen.model_copy(update={"evaluation": chosen.evaluation.model_copy(update=own)})


def main(*words: str) -> None:
    seeds, chosen = read_seeds(words), of_corpora(params.load())
    made = [corpus(chosen, training_vocabulary(), seed) for seed in CORPORA]
    corpora = [{split: splits[split] for split in ("train", "validation")} for splits in made]
    compare(chosen, corpora, seeds, RESULT)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
