"""Rows laid end to end, without padding, through transformers' own encoders."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch.func import functional_call

from core import attention, mean_pooling
from core.device import device, keep_memory
from core.dropout import cheapen
from core.layout import bounds

STEP = 32  # a batch has a multiple of it in tokens: the first matrix product of each shape has to be compiled


class Family(NamedTuple):
    """Where an architecture keeps, below its encoder, what packing must reach."""

    layers: str  # the list of layers
    query: str | None  # what gives a layer's queries, of nothing but states; None: see `_pool`
    after: str | None  # what follows its attention, given nothing but states


BERT = Family("encoder.layer", "attention.self.query", "attention.output")
FAMILIES = {
    "bert": BERT,
    "roberta": BERT,
    "xlm-roberta": BERT,
    "distilbert": Family("transformer.layer", "attention.q_lin", "sa_layer_norm"),
    "modernbert": Family("layers", None, None),
}


def packs(network: Any) -> bool:
    """Return whether a network is of an architecture that `pack` knows."""
    return network.config.model_type in FAMILIES and not getattr(network.config, "is_decoder", False)


def pack(network: Any) -> Any:
    """Return the network, from now on for batches of `collate` alone: a classifier, or an encoder without a head.

    An encoder's last hidden states have the shape (1, tokens, hidden size).
    """
    encoder, family = network.base_model, FAMILIES[network.config.model_type]
    if network.config._attn_implementation == attention.NAME:
        return network
    network.set_attn_implementation(attention.NAME)
    if device().type == "cpu":
        cheapen(network)
        keep_memory()
    layers = encoder.get_submodule(family.layers)
    layers[0].register_forward_pre_hook(_to_own_precision)
    layers[-1].register_forward_hook(lambda layer, inputs, states: states.float())
    if network is not encoder:
        _pool(network, encoder, layers[-1], family)
    return network


def _to_own_precision(layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return inputs[0].to(next(layer.parameters()).dtype), *inputs[1:]


def _pool(classifier: Any, encoder: Any, last: Any, family: Family) -> None:
    """Give the head what it pools, as rows of one state: (rows, 1, hidden size); the last layer skips the rest."""
    batch: dict[str, Any] = {}

    def starts(states: torch.Tensor) -> torch.Tensor:
        return bounds(tuple(batch["lengths"]), states.device)[:-1].long()

    def first(states: torch.Tensor) -> torch.Tensor:
        return states[0, starts(states), None]

    def mean(states: torch.Tensor) -> torch.Tensor:
        return means(states, batch["lengths"])[:, None]

    def at_starts(states: torch.Tensor) -> torch.Tensor:
        everywhere = states.new_zeros(1, batch["input_ids"].shape[1], states.shape[2])
        return everywhere.index_copy(1, starts(states), states.transpose(0, 1))

    classifier.register_forward_pre_hook(lambda network, inputs, named: batch.update(named), with_kwargs=True)
    pooled = mean if _pools_mean(classifier.config) else first
    for part in last.modules():
        setattr(part, attention.FIRST, pooled is first)
    if family.query is None or family.after is None:
        # ModernBERT's residual stream passes attention by, so that only whole layers can be cut
        encoder.final_norm.register_forward_hook(lambda norm, inputs, states: pooled(states))
        return
    if pooled is mean:
        last.register_forward_hook(lambda layer, inputs, states: pooled(states))
        return
    for name in (family.query, family.after):
        last.get_submodule(name).register_forward_pre_hook(lambda part, inputs: tuple(map(first, inputs)))
    last.get_submodule(family.query).register_forward_hook(lambda part, inputs, states: at_starts(states))


def _pools_mean(config: Any) -> bool:
    return mean_pooling.declared(config) or getattr(config, "classifier_pooling", "cls") == "mean"


def means(states: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
    """Return the mean of each row's states over its tokens: shape (rows, size), of states shaped (1, tokens, size)."""
    return torch.stack([row.mean(0) for row in states[0, : sum(lengths)].split(list(lengths))])


def collator(network: Any) -> Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]:
    """Return `collate` for a network: RoBERTa's first position follows that of its padding."""
    positions = getattr(network.base_model.embeddings, "position_embeddings", None)
    padding = getattr(positions, "padding_idx", None)
    return partial(collate, first_position=0 if padding is None else padding + 1)


def collate(rows: Sequence[Mapping[str, Any]], first_position: int) -> dict[str, Any]:
    """Return rows of input_ids, longest first, as one row; with labels and token_type_ids where they have them.

    labels (rows), input_ids, position_ids and token_type_ids (1, tokens) are int64 tensors; lengths is a list. Behind
    the last row lie up to STEP tokens of no row, which nothing reads.
    """
    rows = sorted(rows, key=lambda row: -len(row["input_ids"]))
    lengths = [len(row["input_ids"]) for row in rows]
    spare = STEP - sum(lengths) % STEP  # at least one: padding in `layout`
    read = {
        name: torch.tensor([[each for row in rows for each in row[name]] + [0] * spare])
        for name in ("input_ids", "token_type_ids")
        if name in rows[0]
    }
    positions = [first_position + position for length in lengths for position in range(length)]
    positions += [first_position] * spare
    # Labels lead: the Trainer takes the first tensor's first size for the number of rows.
    labels = {"labels": torch.tensor([row["labels"] for row in rows])} if "labels" in rows[0] else {}
    return {**labels, **read, "position_ids": torch.tensor([positions]), "lengths": lengths}


def halves(network: Any) -> dict[str, torch.Tensor]:
    """Return the weights of a packed network's layers in bfloat16, by name; gradients pass to those in float32."""
    layers = f".{FAMILIES[getattr(network, 'module', network).config.model_type].layers}."
    return {name: weight.to(torch.bfloat16) for name, weight in network.named_parameters() if layers in f".{name}"}


def in_bfloat16(network: Any, **batch: Any) -> Any:
    """Return a packed network's outputs, its layers computed in bfloat16 from weights that stay in float32.

    Embeddings, head and loss are computed in float32, and so are the gradients that the weights receive. The network
    may be wrapped for several processes, which then hold the mean of their gradients.
    """
    return functional_call(network, halves(network), kwargs=batch)
