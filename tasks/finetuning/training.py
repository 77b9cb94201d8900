"""Fine-tuning with one seed: from tokenized rows to a trainer that holds the best epoch's model."""

from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import EvalPrediction, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from core.data import threshold_rows, tokenized_rows
from core.data.epochs import Epoch
from core.decision import scoring
from core.decision.decision import Decision
from core.decision.primary import Primary
from core.encoders import adapters, padded
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.device import be_deterministic, device, has_bf16
from core.encoders.networks import load_classifier, require_saved
from core.encoders.packed import packing
from core.encoders.params import Model
from core.encoders.random_streams import stream
from tasks.finetuning import linear_probing, trainable, weight_averaging
from tasks.finetuning.epoch_log import Progress, epoch_log
from tasks.finetuning.params import Finetuning
from tasks.finetuning.trainers import PackedTrainer, SharingTrainer, class_weights, mean_loss, sharing
from tasks.finetuning.weight_averaging import Averaging, BestEpoch


def arguments(section: Finetuning, seed: int, folder: Path, packed: bool, rows_at_a_time: int) -> TrainingArguments:
    """Return the Trainer's settings: an evaluation an epoch, nothing saved; a batch a step, some rows at a time."""
    settings = TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        learning_rate=section.learning_rate,
        num_train_epochs=section.epochs,
        per_device_train_batch_size=rows_at_a_time,  # of all processes: SharingTrainer
        per_device_eval_batch_size=4 * rows_at_a_time,
        gradient_accumulation_steps=section.batch_size // rows_at_a_time,
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


def scores(predictions: EvalPrediction, decision: Decision) -> dict[str, float]:
    """Return the mean cross-entropy (nats) of the rows and the primary metric, both as the Trainer names them."""
    labels = predictions.label_ids
    probabilities = torch.from_numpy(predictions.predictions).double().softmax(1).numpy()
    return {
        "loss": scoring.score("loss", labels, probabilities, decision),
        "primary": scoring.score(decision.primary, labels, probabilities, decision),
    }


def announce(network: Any, seed: int, method: str, packed: bool) -> None:
    """Print what is trained, on what and in which precision."""
    trained, total = (count / 1e6 for count in (network.config.trained_parameters, network.num_parameters()))
    precision = "bfloat16" if has_bf16() else "float32"
    weights = f"{trained:.1f} of {total:.1f} million weights trained"
    print(f"seed {seed} on {device()}, {precision}: {method}, {weights}", flush=True)
    if not packed:
        print(f"{network.config.model_type} is no architecture that can be packed: rows are padded, which takes longer")


def new_classifier(model: Model, section: Finetuning, seed: int, labels: list[str]) -> Any:
    """Return a new classifier of which nothing but what the method trains is trainable, packed where it can be."""
    network = load_classifier(model, labels, seed, section.attention_dropout)
    torch.manual_seed(stream(seed, "adapter"))
    trainable.prepare(network, model, section)
    return packing.pack(network) if packing.packs(network) else network


def callbacks(section: Finetuning, seed: int, decision: Decision, first: bool) -> list[TrainerCallback]:
    """Return what happens at an epoch's end; the first process alone prints."""
    # The mean of an adapter's factors is not that of what their product adds.
    averaged = section.average_from if section.method != "lora" else None
    return [
        *([Averaging(averaged)] if averaged else []),
        BestEpoch(decision),
        *([Progress(f"seed {seed}", decision)] if first else []),
    ]


def trainer_of(
    model: Model,
    section: Finetuning,
    chosen_by: Primary,
    seed: int,
    train: Dataset,
    validation: Dataset,
    folder: Path,
    rows_at_a_time: int | None = None,
) -> Trainer:
    """Return the trainer before its first step, which will average epochs and hold the best one's model at the end.

    Of `lora` there is no mean. Without `rows_at_a_time` a batch is computed at once; `folder` is made, and left empty.
    """
    tokenizer = load_tokenizer(locate(model))
    names = tokenized_rows.labels(train)
    decision = chosen_by.decision(names)
    network = new_classifier(model, section, seed, names)
    weights = class_weights(train["labels"], network.config.num_labels, section.class_weights)
    packed = packing.packs(network)
    settings = arguments(section, seed, folder, packed, rows_at_a_time or section.batch_size)
    if "windows" in train.column_names:  # of which a row may have many
        settings.per_device_eval_batch_size = settings.per_device_train_batch_size
    first = settings.process_index == 0
    if first:
        announce(network, seed, section.method, packed)
    collate = packing.collator(network) if packed else padded.collator(tokenizer)
    if section.head == "probed":
        linear_probing.probe(network, tokenizer, train, validation, weights)
    network.config.problem_type = "single_label_classification"  # a classifier notes it when the loss is its own
    trainer = (PackedTrainer if packed else SharingTrainer)(
        model=network,
        args=settings,
        train_dataset=tokenized_rows.inputs(train),
        eval_dataset=tokenized_rows.inputs(validation),
        processing_class=tokenizer,
        data_collator=sharing(collate, settings.process_index, settings.world_size),
        compute_loss_func=partial(mean_loss, weights=weights.to(device())),
        compute_metrics=partial(scores, decision=decision),
        callbacks=callbacks(section, seed, decision, first),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def finetune(
    model: Model,
    section: Finetuning,
    chosen_by: Primary,
    seed: int,
    train: Dataset,
    validation: Dataset,
    folder: Path,
    rows_at_a_time: int | None = None,
) -> Trainer:
    """Return the trainer after its last epoch, holding the best epoch's model, as `trainer_of` sets it up.

    Those of its encoder's weights that the checkpoint gave are interpolated with it (WiSE-FT); the head stays.
    """
    trainer = trainer_of(model, section, chosen_by, seed, train, validation, folder, rows_at_a_time)
    pretrained = weight_averaging.pretrained_weights(trainer.model, section.method)
    trainer.train()
    weight_averaging.interpolate(trainer.model, pretrained, section.interpolation)
    return trainer


def train(
    model: Model, section: Finetuning, chosen_by: Primary, seed: int, folder: Path, rows_at_a_time: int
) -> list[Epoch]:
    """Fine-tune with a seed, some rows at a time, and save the model in `folder`; return its epochs."""
    if section.deterministic:
        be_deterministic()
    splits = tokenized_rows.read("train"), tokenized_rows.read("validation")
    choosing = splits[1].select(threshold_rows.choosing(splits[1]))
    trainer = finetune(model, section, chosen_by, seed, splits[0], choosing, folder, rows_at_a_time)
    if trainer.is_world_process_zero():
        adapters.save(trainer.model.cpu(), folder)
        trainer.processing_class.save_pretrained(folder)
        require_saved(trainer.model, folder, model)
    return epoch_log(trainer.state.log_history, chosen_by.decision(tokenized_rows.labels(splits[0])))
