"""The pretrained encoder, fine-tuned on the domain's training rows with one seed: `python -m tasks.finetuning 11`."""

import math
import shutil
import sys
from pathlib import Path

import numpy as np
from datasets import Dataset
from transformers import DataCollatorWithPadding, EvalPrediction, PrinterCallback, Trainer, TrainingArguments

from core import adapters, interpolation, packing, params, tokenized
from core.curve import Progress, curve
from core.device import device, has_bf16
from core.encoder import load_classifier, load_tokenizer, locate
from core.errors import UserError, run
from core.files import replacing, write_json
from core.trainer import PackedTrainer

MODELS = Path("models/seeds")
CURVES = Path("reports/training")


def arguments(section: params.Finetuning, seed: int, folder: Path, packed: bool) -> TrainingArguments:
    """Return the Trainer's settings: an evaluation per epoch, the best epoch by validation accuracy kept."""
    return TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        learning_rate=section.learning_rate,
        num_train_epochs=section.epochs,
        per_device_train_batch_size=section.batch_size,
        per_device_eval_batch_size=4 * section.batch_size,
        weight_decay=section.weight_decay,
        warmup_steps=section.warmup,
        train_sampling_strategy="random" if packed else "group_by_length",
        bf16=has_bf16() and not packed,  # PackedTrainer's own way is faster
        use_cpu=device().type == "cpu",
        dataloader_pin_memory=device().type != "cpu",
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=True,
        metric_for_best_model="accuracy",
        report_to="none",
        disable_tqdm=True,  # Progress says what matters
    )


def accuracy(predictions: EvalPrediction) -> dict[str, float]:
    """Return the share of rows whose largest logit is the label's."""
    return {"accuracy": float((np.argmax(predictions.predictions, axis=1) == predictions.label_ids).mean())}


def finetune(chosen: params.Params, seed: int, train: Dataset, validation: Dataset, folder: Path) -> Trainer:
    """Return the trainer after its last epoch, holding the best epoch's model; checkpoints go below `folder`.

    The encoder is drawn back towards the general one; the head stays.
    """
    section = chosen.finetuning
    tokenizer = load_tokenizer(locate(chosen.model))
    model = load_classifier(chosen.model, tokenized.labels(train), seed, section.attention_dropout)
    total = model.num_parameters()
    adapters.prepare(model, chosen.model, section)
    print(
        f"seed {seed} on {device()}, {'bfloat16' if has_bf16() else 'float32'}: {section.method}, "
        f"{model.config.trained_parameters / 1e6:.1f} of {total / 1e6:.1f} million weights trained",
        flush=True,
    )
    general = interpolation.weights(model.base_model, section.method)
    packed = packing.packs(model)
    if packed:
        packing.pack(model)
    else:
        print(f"{model.config.model_type} is no architecture that can be packed: rows are padded, which takes longer")
    trainer = (PackedTrainer if packed else Trainer)(
        model=model,
        args=arguments(section, seed, folder, packed),
        train_dataset=train,
        eval_dataset=validation,
        processing_class=tokenizer,
        data_collator=packing.collator(model) if packed else DataCollatorWithPadding(tokenizer),
        compute_metrics=accuracy,
        callbacks=[Progress(f"seed {seed}")],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    interpolation.draw_back(model.base_model, general, section.interpolation)
    return trainer


def read_seed(given: str | None, seeds: list[int]) -> int:
    """Return the seed named on the command line. Raises UserError where it is none of params.yaml's."""
    if given not in [str(seed) for seed in seeds]:
        raise UserError(
            f"{'no seed given' if given is None else f'{given} is not in finetuning.seeds'}: "
            f"`python -m tasks.finetuning SEED`, where SEED is one of {', '.join(map(str, seeds))}"
        )
    return int(given)


def main(given: str | None = None) -> None:
    chosen = params.load()
    seed = read_seed(given, chosen.finetuning.seeds)
    with replacing(MODELS / str(seed)) as partial:
        trainer = finetune(chosen, seed, tokenized.read("train"), tokenized.read("validation"), partial)
        epochs = curve(trainer.state.log_history)
        if not all(math.isfinite(epoch["validation_loss"]) for epoch in epochs):
            rate = chosen.finetuning.learning_rate
            raise UserError(
                f"seed {seed} diverged, its validation loss is not finite: learning rate too high. Lower "
                f"finetuning.learning_rate, now {rate:g}: try {min(rate / 10, 5e-5):g}"
            )
        shutil.rmtree(partial)  # the checkpoints
        adapters.save(trainer.model, partial)
        trainer.processing_class.save_pretrained(partial)
    write_json(CURVES / f"{seed}.json", epochs)


if __name__ == "__main__":
    run(main, *sys.argv[1:2])
