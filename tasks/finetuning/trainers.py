"""The stock Trainer over rows that processes share, and over packed rows."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from accelerate.data_loader import BatchSamplerShard
from torch.nn.functional import cross_entropy
from torch.utils.data import Sampler
from transformers import Trainer
from transformers.trainer_pt_utils import get_length_grouped_indices

from core.encoders import windows
from core.encoders.device import has_bf16
from core.encoders.packed import attention, packing
from core.encoders.random_streams import stream
from tasks.finetuning.recorded_steps import RecordedSteps

WEIGHTLESS = -100  # the label that cross_entropy and the Trainer leave out
Rows = Sequence[Mapping[str, Any]]


def share(rows: Rows, process: int, processes: int) -> Rows:
    """Return the rows of one process: as many as any other's, filled up with rows that weigh nothing."""
    size = -(-len(rows) // processes)
    own = rows[process * size : (process + 1) * size]
    # The shortest: it costs least, and `collate` leaves it last, where gather_for_metrics cuts what is too much.
    filling = {**min(rows, key=lambda row: len(row["input_ids"])), "labels": WEIGHTLESS}
    return [*own, *[filling] * (size - len(own))]


def sharing(collate: Callable[[Rows], Any], process: int, processes: int) -> Callable[[Rows], Any]:
    """Return a collator of one process's share of a batch."""
    return lambda rows: collate(share(rows, process, processes))


def class_weights(labels: Sequence[int], classes: int, kind: str) -> torch.Tensor:
    """Return what a row of each class weighs in training: float32, shape (classes); the mean over the rows is 1.

    `none` weighs all rows alike; `balanced` all classes, as scikit-learn does: rows / (classes * rows of the class).
    """
    if kind == "none":
        return torch.ones(classes)
    rows = torch.bincount(torch.tensor(labels), minlength=classes)
    return len(labels) / (classes * rows.clamp(min=1))


def mean_loss(
    outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the cross-entropy (nats) of some rows of a step, weighted by class and summed, over the number of all.

    A classifier's own loss is the mean of the rows at hand: neither accumulated nor over processes would it be exact.
    """
    return cross_entropy(outputs["logits"], labels, weights, reduction="sum") / num_items_in_batch


class Order(Sampler[int]):
    """The rows by chance, in another order each epoch; where a batch is given, rows of like length in each.

    It hangs on the seed and the epoch alone: not on what dropout has drawn, nor on how many processes share a batch.
    """

    def __init__(self, lengths: Sequence[int], seed: int, grouped_by: int | None = None) -> None:
        self.lengths, self.seed, self.grouped_by, self.epoch = lengths, seed, grouped_by, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        drawn = stream(self.seed, "order", self.epoch)
        if self.grouped_by is None:
            return iter(np.random.default_rng(drawn).permutation(len(self)).tolist())
        generator = torch.Generator().manual_seed(drawn)
        return iter(get_length_grouped_indices(self.lengths, self.grouped_by, generator=generator))


class SharingTrainer(Trainer):
    """The Trainer whose processes each get whole batches, so that a step has the same rows however many share it.

    Order and dropout are streams of the seed; of dropout, each process has its own.
    """

    def train(self, *arguments: Any, **keywords: Any) -> Any:
        torch.manual_seed(stream(self.args.seed, "dropout", self.args.process_index))
        return super().train(*arguments, **keywords)

    def _get_train_sampler(self, train_dataset: Any = None) -> Order:
        grouped = self.args.train_sampling_strategy == "group_by_length"
        batch = self.args.per_device_train_batch_size * self.args.gradient_accumulation_steps
        return Order(_lengths(train_dataset), self.args.seed, batch if grouped else None)

    def _get_eval_sampler(self, eval_dataset: Any) -> Any:
        lengths = _lengths(eval_dataset)
        return sorted(range(len(lengths)), key=lambda row: -lengths[row])  # like lengths pad little

    def get_train_dataloader(self) -> Any:
        return _whole(super().get_train_dataloader())

    def get_eval_dataloader(self, *arguments: Any, **keywords: Any) -> Any:
        return _whole(super().get_eval_dataloader(*arguments, **keywords))

    def compute_loss(self, model: Any, *arguments: Any, **keywords: Any) -> Any:
        return super().compute_loss(partial(windows.classify, model), *arguments, **keywords)

    def floating_point_ops(self, inputs: Any) -> int:
        return 0  # nobody reads their sum, for which all weights are counted at each step

    def prediction_step(self, *arguments: Any, **keywords: Any) -> Any:
        # The loss is left to compute_metrics: gathered by batch, the last one's would not weigh what its rows do.
        return None, *super().prediction_step(*arguments, **keywords)[1:]


def _lengths(rows: Any) -> list[int]:
    return [len(ids) for ids in rows["input_ids"]]


def _whole(loader: Any) -> Any:
    # accelerate deals whole batches out, and fills the last ones with rows from the start. `share` knows better.
    batches = loader.batch_sampler
    if isinstance(batches, BatchSamplerShard):
        batches.num_processes, batches.process_index, batches.even_batches = 1, 0, False
    return loader


class PackedTrainer(SharingTrainer):
    """The Trainer for a packed network, computing in bfloat16 where the machine does, on a GPU by recorded steps."""

    steps: RecordedSteps | None = None

    def train(self, *arguments: Any, **keywords: Any) -> Any:
        gc.freeze()  # all that is loaded by now stays: looking through it for garbage took a tenth of a step
        try:
            return super().train(*arguments, **keywords)
        finally:
            self.steps = None  # and the memory that they hold

    def compute_loss(self, model: Any, *arguments: Any, **keywords: Any) -> Any:
        computed = partial(packing.in_bfloat16, model) if has_bf16() else model
        return super().compute_loss(computed, *arguments, **keywords)

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
        loss = self._recorded(model, inputs, num_items_in_batch)
        return super().training_step(model, inputs, num_items_in_batch) if loss is None else loss

    def _recorded(self, model: Any, inputs: Any, count: Any) -> torch.Tensor | None:
        """Return the loss of a step that was recorded; None where it was not."""
        alone = self.args.world_size == self.args.gradient_accumulation_steps == 1
        if not (alone and has_bf16()) or "texts" in inputs or not attention.flashes_in(model):
            return None
        if not model.training:
            model.train()
        if self.steps is None:
            self.steps = RecordedSteps(
                model, lambda batch: self.compute_loss(model, batch, num_items_in_batch=batch.pop("count"))
            )
        return self.steps.run(self._prepare_inputs(inputs) | {"count": count})
