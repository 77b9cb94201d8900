"""The stock Trainer over rows that processes share, and over packed rows."""

import gc
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from accelerate.data_loader import BatchSamplerShard
from torch.nn.functional import cross_entropy
from transformers import Trainer

from core import packing
from core.device import has_bf16

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


def mean_loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor) -> torch.Tensor:
    """Return the summed cross-entropy (nats) of some rows of a step over the number of all its rows.

    A classifier's own loss is the mean of the rows at hand: neither accumulated nor over processes would it be exact.
    """
    return cross_entropy(outputs["logits"], labels, reduction="sum") / num_items_in_batch


class SharingTrainer(Trainer):
    """The Trainer whose processes each get whole batches, so that a step has the same rows however many share it."""

    def get_train_dataloader(self) -> Any:
        return _whole(super().get_train_dataloader())

    def get_eval_dataloader(self, *given: Any, **named: Any) -> Any:
        return _whole(super().get_eval_dataloader(*given, **named))

    def prediction_step(self, *given: Any, **named: Any) -> Any:
        # The loss is left to compute_metrics: gathered by batch, the last one's would not weigh what its rows do.
        return None, *super().prediction_step(*given, **named)[1:]


def _whole(loader: Any) -> Any:
    # accelerate deals whole batches out, and fills the last ones with rows from the start. `share` knows better.
    batches = loader.batch_sampler
    if isinstance(batches, BatchSamplerShard):
        batches.num_processes, batches.process_index, batches.even_batches = 1, 0, False
    return loader


class PackedTrainer(SharingTrainer):
    """The Trainer for a packed network, computing in bfloat16 where the machine does."""

    def train(self, *given: Any, **named: Any) -> Any:
        gc.freeze()  # all that is loaded by now stays: looking through it for garbage took a tenth of a step
        return super().train(*given, **named)

    def compute_loss(self, model: Any, *given: Any, **named: Any) -> Any:
        return super().compute_loss(partial(packing.in_bfloat16, model) if has_bf16() else model, *given, **named)
