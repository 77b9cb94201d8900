"""The pretrained encoder, fine-tuned by the recipe of params.yaml's section `finetuning`."""

import gc
from contextlib import redirect_stdout
from os import devnull
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from accelerate.utils.memory import clear_device_cache
from datasets import Dataset, concatenate_datasets
from transformers import Trainer
from transformers.trainer_utils import IntervalStrategy

from core.base import params
from core.data import tokenized_rows
from core.decision.primary import Primary
from core.decision.scoring import Table
from core.encoders import out_of_memory
from core.encoders.device import be_deterministic
from core.encoders.inference import probabilities
from core.encoders.params import Model
from study.techniques.probing import probe
from study.techniques.technique import Material, Technique
from tasks.finetuning import weight_averaging
from tasks.finetuning.epoch_log import Progress
from tasks.finetuning.params import Finetuning
from tasks.finetuning.trainers import class_weights
from tasks.finetuning.training import trainer_of
from tasks.finetuning.weight_averaging import BestEpoch

STEPS = 8  # of an epoch, at least


def recipe() -> Finetuning:
    """Return the section `finetuning`, without what makes no difference to a cell."""
    return params.load(Finetuning).model_copy(update={"seeds": [], "processes": 1})


def batch_size(rows: int, section: Finetuning) -> int:
    """Return how many rows a step has: of few rows fewer than the section says, a power of two, 2 at least.

    An epoch then has some steps all the same: it is few steps that few-sample fine-tuning suffers from, more than few
    rows. Mosbach et al., On the Stability of Fine-tuning BERT (ICLR 2021).
    """
    most = max(rows // STEPS, 2)
    return section.batch_size if section.batch_size <= most else int(2 ** (most.bit_length() - 1))


def finetuned(material: Material, copies: Dataset) -> Table:
    """Return the probabilities of a model that is fine-tuned on the rows drawn and on such copies of them."""
    section = recipe()
    section = section.model_copy(update={"batch_size": batch_size(len(material.rows) + len(copies), section)})
    if section.deterministic:
        be_deterministic()

    def attempt(rows_at_a_time: int) -> Table:
        trainer = trained(material, copies, section, rows_at_a_time)
        return probabilities(trainer.model, trainer.processing_class, tokenized_rows.inputs(material.scored))

    try:
        return out_of_memory.fitting(attempt, "fine-tuning", section.batch_size, section.processes)
    finally:
        gc.unfreeze()  # what PackedTrainer froze; the next cell of this process needs the memory
        clear_device_cache(garbage_collection=True)


def trained(material: Material, copies: Dataset, section: Finetuning, rows_at_a_time: int) -> Trainer:
    """Return the trainer after its last epoch. It holds that epoch's model: none is chosen, for want of other rows."""
    rows = concatenate_datasets([material.rows, copies]) if len(copies) else material.rows
    with TemporaryDirectory() as folder, open(devnull, "w") as nowhere, redirect_stdout(nowhere):
        # The section's head, where it is probed, is probed below: here that would read validation rows.
        unprobed = section.model_copy(update={"head": "random"})
        model, chosen_by = params.load(Model), params.load(Primary)
        trainer = trainer_of(model, unprobed, chosen_by, material.seed, rows, rows, Path(folder), rows_at_a_time)
        for callback in (BestEpoch, Progress):
            trainer.remove_callback(callback)
        trainer.args.eval_strategy = trainer.args.logging_strategy = IntervalStrategy.NO
        if section.head == "probed":
            weights = class_weights(rows["labels"], material.decision.classes, section.class_weights)
            probe(trainer.model, trainer.processing_class, material.rows, copies, weights, material.seed)
        pretrained = weight_averaging.pretrained_weights(trainer.model, section.method)
        trainer.train()
    weight_averaging.interpolate(trainer.model, pretrained, section.interpolation)
    return trainer


def predict(material: Material) -> Table:
    """Return the probabilities of a model that is fine-tuned on the draw."""
    nothing: Any = material.copies.select([])
    return finetuned(material, nothing)


TECHNIQUE = Technique(
    title="fine-tuning",
    description="the pretrained model, fine-tuned",
    parameters=lambda: (params.load(Model), recipe()),
    predict=predict,
    seeded=True,
)
