"""The pretrained encoder, fine-tuned on the domain's training rows with one seed: `python -m tasks.finetuning 11`."""

import math
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.nn.functional import cross_entropy
from transformers import EvalPrediction, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from core import adapters, interpolation, launch, linear_probing, memory, packing, padding, params, rates, tokenized
from core.averaging import Averaging, BestEpoch
from core.checkpoint import load_tokenizer, locate
from core.curve import Progress, curve
from core.device import be_deterministic, device, has_bf16, take_card
from core.encoder import load_classifier, require_saved
from core.errors import UserError, run
from core.files import replacing, write_json
from core.streams import stream
from core.trainer import PackedTrainer, SharingTrainer, class_weights, mean_loss, sharing

MODELS = Path("models/seeds")
CURVES = Path("reports/training")


def arguments(section: params.Finetuning, seed: int, folder: Path, packed: bool, rows: int) -> TrainingArguments:
    """Return the Trainer's settings: an evaluation an epoch, nothing saved; a step sees a batch, `rows` at a time."""
    settings = TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        learning_rate=section.learning_rate,
        num_train_epochs=section.epochs,
        per_device_train_batch_size=rows,  # of all processes: SharingTrainer
        per_device_eval_batch_size=4 * rows,
        gradient_accumulation_steps=section.batch_size // rows,
        weight_decay=section.weight_decay,
        warmup_steps=section.warmup,
        train_sampling_strategy="random" if packed else "group_by_length",
        bf16=has_bf16() and not packed,  # PackedTrainer's own way is faster
        use_cpu=device().type == "cpu",
        dataloader_pin_memory=device().type != "cpu",
        accelerator_config={"non_blocking": True},  # batches travel to the device while it computes
        eval_strategy="epoch",
        save_strategy="no",  # BestEpoch keeps what is scored
        logging_strategy="epoch",
        logging_nan_inf_filter=False,  # it waits for the device after each step; `main` looks at the losses
        remove_unused_columns=False,  # else `windows` would go
        report_to="none",
        disable_tqdm=True,  # Progress says what matters
        ddp_find_unused_parameters=True,  # XLNet has some
    )
    settings._n_gpu = min(settings.n_gpu, 1)  # else one process would split packed rows among all GPUs
    return settings


def scores(predictions: EvalPrediction) -> dict[str, float]:
    """Return the mean cross-entropy (nats) of the rows, and the share of those whose largest logit is the label's."""
    logits, labels = predictions.predictions, predictions.label_ids
    return {
        "loss": float(cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels))),
        "accuracy": float((np.argmax(logits, axis=1) == labels).mean()),
    }


def announce(model: Any, seed: int, method: str, packed: bool) -> None:
    """Print what is trained, on what and in which precision."""
    trained, total = (count / 1e6 for count in (model.config.trained_parameters, model.num_parameters()))
    precision = "bfloat16" if has_bf16() else "float32"
    weights = f"{trained:.1f} of {total:.1f} million weights trained"
    print(f"seed {seed} on {device()}, {precision}: {method}, {weights}", flush=True)
    if not packed:
        print(f"{model.config.model_type} is no architecture that can be packed: rows are padded, which takes longer")


def prepared(chosen: params.Params, seed: int, labels: list[str]) -> Any:
    """Return a new classifier of which nothing but what the method trains is trainable, packed where it can be."""
    section = chosen.finetuning
    model = load_classifier(chosen.model, labels, seed, section.attention_dropout)
    torch.manual_seed(stream(seed, "adapter"))
    adapters.prepare(model, chosen.model, section)
    return packing.pack(model) if packing.packs(model) else model


def callbacks(section: params.Finetuning, seed: int, first: bool) -> list[TrainerCallback]:
    """Return what happens at an epoch's end; the first process alone prints."""
    # The mean of an adapter's factors is not that of what their product adds.
    averaged = section.average_from if section.method != "lora" else None
    return [
        *([Averaging(averaged)] if averaged else []),
        BestEpoch(),
        *([Progress(f"seed {seed}")] if first else []),
    ]


def trainer_of(
    chosen: params.Params, seed: int, train: Dataset, validation: Dataset, folder: Path, rows: int | None = None
) -> Trainer:
    """Return the trainer before its first step, which will average epochs and hold the best one's model at the end.

    Of `lora` there is no mean. `rows` are computed at a time, else a batch; `folder` is made, and left empty.
    """
    section = chosen.finetuning
    tokenizer = load_tokenizer(locate(chosen.model))
    model = prepared(chosen, seed, tokenized.labels(train))
    weights = class_weights(train["labels"], model.config.num_labels, section.class_weights)
    packed = packing.packs(model)
    settings = arguments(section, seed, folder, packed, rows or section.batch_size)
    if "windows" in train.column_names:  # of which a row may have many
        settings.per_device_eval_batch_size = settings.per_device_train_batch_size
    first = settings.process_index == 0
    if first:
        announce(model, seed, section.method, packed)
    collate = packing.collator(model) if packed else padding.collator(tokenizer)
    if section.head == "probed":
        linear_probing.probe(model, tokenizer, train, validation, weights)
    model.config.problem_type = "single_label_classification"  # a classifier notes it when the loss is its own
    trainer = (PackedTrainer if packed else SharingTrainer)(
        model=model,
        args=settings,
        train_dataset=tokenized.inputs(train),
        eval_dataset=tokenized.inputs(validation),
        processing_class=tokenizer,
        data_collator=sharing(collate, settings.process_index, settings.world_size),
        compute_loss_func=partial(mean_loss, weights=weights.to(device())),
        compute_metrics=scores,
        callbacks=callbacks(section, seed, first),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def finetune(
    chosen: params.Params, seed: int, train: Dataset, validation: Dataset, folder: Path, rows: int | None = None
) -> Trainer:
    """Return the trainer after its last epoch, holding the best epoch's model, as `trainer_of` sets it up.

    What of its encoder came from the checkpoint is drawn back towards that, and the head stays.
    """
    section = chosen.finetuning
    trainer = trainer_of(chosen, seed, train, validation, folder, rows)
    general = interpolation.weights(trainer.model, section.method)
    trainer.train()
    interpolation.draw_back(trainer.model, general, section.interpolation)
    return trainer


def read_seed(given: str, seeds: list[int]) -> int:
    """Return the seed named on the command line. Raises UserError where it is none of params.yaml's."""
    if given not in [str(seed) for seed in seeds]:
        raise UserError(
            f"{f'{given} is not in finetuning.seeds' if given else 'no seed given'}: "
            f"`python -m tasks.finetuning SEED`, where SEED is one of {', '.join(map(str, seeds))}"
        )
    return int(given)


def train(chosen: params.Params, seed: int, folder: Path, rows: int) -> list[dict[str, float]]:
    """Return the curve of a seed, trained with `rows` at a time; the model lies in `folder`."""
    if chosen.finetuning.deterministic:
        be_deterministic()
    trainer = finetune(chosen, seed, tokenized.read("train"), tokenized.read("validation"), folder, rows)
    if trainer.is_world_process_zero():
        adapters.save(trainer.model.cpu(), folder)
        trainer.processing_class.save_pretrained(folder)
        require_saved(trainer.model, folder, chosen.model)
    return curve(trainer.state.log_history)


def main(*given: str) -> None:
    chosen = params.load()
    section = chosen.finetuning
    seed = read_seed(" ".join(given), section.seeds)
    if section.processes == 1:
        take_card()
    with replacing(MODELS / str(seed)) as partial:

        def attempt(rows: int) -> list[dict[str, float]]:
            shutil.rmtree(partial, ignore_errors=True)
            return launch.together(section.processes, train, chosen, seed, partial, rows)

        epochs = memory.fitting(attempt, f"seed {seed}", section.batch_size, section.processes)
        if not all(math.isfinite(epoch["validation_loss"]) for epoch in epochs):
            raise UserError(
                f"seed {seed} diverged, its validation loss is not finite: learning rate too high. Lower "
                f"finetuning.learning_rate, now {section.learning_rate:g}: try "
                f"{rates.lower(section.learning_rate, section.method):g}"
            )
    write_json(CURVES / f"{seed}.json", epochs)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
