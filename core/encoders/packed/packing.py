"""Packed sequences: rows one behind the other, without padding, through transformers' own encoders."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.func import functional_call

from core.encoders import mean_pooling
from core.encoders.device import device, keep_memory
from core.encoders.packed import attention
from core.encoders.packed.dropout import cheapen
from core.encoders.windows import split

STEP = 32  # a batch has a multiple of it in tokens: the first matrix product of each shape has to be compiled


class Family(NamedTuple):
    """Where an architecture keeps, below its encoder, what packing must reach."""

    layers: str  # the list of layers
    narrow: tuple[str, ...]  # a layer's parts that compute in bfloat16; what they add to stays in float32
    query: str | None  # what gives a layer's queries, of nothing but states; None: see `_pool`
    after: str | None  # what follows its attention, given nothing but states
    activated: tuple[str, str] | None  # a linear part, and the activation of all that it gives


BERT = Family(
    "encoder.layer",
    ("attention.self", "intermediate"),
    "attention.self.query",
    "attention.output",
    ("intermediate.dense", "intermediate.intermediate_act_fn"),
)
FAMILIES = {
    "bert": BERT,
    "roberta": BERT,
    "xlm-roberta": BERT,
    "distilbert": Family(
        "transformer.layer", ("attention", "ffn"), "attention.q_lin", "sa_layer_norm", ("ffn.lin1", "ffn.activation")
    ),
    "modernbert": Family("layers", ("attn", "mlp"), None, None, None),
}


def packs(network: Any) -> bool:
    """Return whether a network is of an architecture that `pack` knows."""
    return network.config.model_type in FAMILIES and not getattr(network.config, "is_decoder", False)


def pack(network: Any) -> Any:
    """Return the network, which then reads batches of `collate` alone: a classifier, or an encoder without a head.

    An encoder's last hidden states have the shape (1, tokens, hidden size). One thread at a time may call it: parts of
    the network learn from its first argument which batch they are in.
    """
    encoder, family = network.base_model, FAMILIES[network.config.model_type]
    if network.config._attn_implementation == attention.NAME:
        return network
    network.set_attn_implementation(attention.NAME)
    cheapen(network)
    if device().type == "cpu":
        keep_memory()
    layers = encoder.get_submodule(family.layers)
    for part in (layer.get_submodule(name) for layer in layers for name in family.narrow):
        part.register_forward_pre_hook(_to_own_precision)
    if network is not encoder:
        _pool(network, encoder, layers[-1], family)
    return network


def _to_own_precision(part: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return inputs[0].to(next(part.parameters()).dtype), *inputs[1:]


def _pool(classifier: Any, encoder: Any, last: Any, family: Family) -> None:
    """Give the head what it pools, as rows of one state: (rows, 1, hidden size); the last layer skips the rest."""
    batch: dict[str, Any] = {}

    def note(network: Any, inputs: Any, keywords: dict[str, Any]) -> None:
        batch.update(keywords, starts=keywords["bounds"][:-2].long())

    def first(states: torch.Tensor) -> torch.Tensor:
        return states[0].index_select(0, batch["starts"])[:, None]

    def mean(states: torch.Tensor) -> torch.Tensor:
        return means(states, batch["bounds"])[:, None]

    def at_starts(states: torch.Tensor) -> torch.Tensor:
        everywhere = states.new_zeros(1, batch["input_ids"].shape[1], states.shape[2])
        return everywhere.index_copy(1, batch["starts"], states.transpose(0, 1))

    classifier.register_forward_pre_hook(note, with_kwargs=True)
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


def means(states: torch.Tensor, bounds: torch.Tensor) -> torch.Tensor:
    """Return the mean of each row's states over its tokens: shape (rows, size), of states shaped (1, tokens, size)."""
    means: torch.Tensor = Means.apply(states[0], bounds[:-1].long())
    return means


class Means(torch.autograd.Function):
    """Means of successive states, shape (tokens, size), between bounds: shape (bounds - 1, size), in one order."""

    @staticmethod
    def forward(context: Any, states: torch.Tensor, bounds: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(bounds)
        context.tokens = len(states)
        if states.device.type == "mps":  # has no kernel for it
            sums = states.new_zeros(len(bounds), states.shape[1])
            return sums.index_add_(0, _places(bounds, len(states)), states)[:-1] / bounds.diff()[:, None]
        # Unsafe is to leave out a check for which a GPU would have to wait.
        return torch.segment_reduce(states, "mean", offsets=bounds, unsafe=True)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (bounds,) = context.saved_tensors
        shares = torch.cat([gradient / bounds.diff()[:, None], gradient.new_zeros(1, gradient.shape[1])])
        return shares.index_select(0, _places(bounds, context.tokens)), None


def _places(bounds: torch.Tensor, tokens: int) -> torch.Tensor:
    """Return of each token its row, and of those behind the last row the number of rows."""
    return torch.bucketize(torch.arange(tokens, device=bounds.device), bounds[1:], right=True)


def collator(network: Any) -> Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]:
    """Return `collate` for a network: RoBERTa's first position follows that of its padding."""
    positions = getattr(network.base_model.embeddings, "position_embeddings", None)
    padding = getattr(positions, "padding_idx", None)
    first_position = 0 if padding is None else padding + 1
    return partial(collate, first_position=first_position, few_sizes=device().type == "cuda")


def collate(rows: Sequence[Mapping[str, Any]], first_position: int, few_sizes: bool = False) -> dict[str, Any]:
    """Return rows of input_ids, longest first, as one row; with labels and token_type_ids where they have them.

    labels (rows), input_ids, position_ids and token_type_ids (1, tokens) are int64 tensors; lengths is a list; bounds,
    int32, are where each row starts, those tokens that are of none, and the end. There are up to STEP of them, which
    nothing reads, or with `few_sizes` a sixteenth more at most. Windows lie there as rows of their own, and `texts`, of
    each its row's number, stands there where a row has more than one.
    """
    rows = sorted(rows, key=lambda row: -len(row["input_ids"]))
    parts = sorted(zip(*split(rows), strict=True), key=lambda part: -len(part[0]["input_ids"]))
    windows, texts = [window for window, _ in parts], [text for _, text in parts]
    lengths = [len(window["input_ids"]) for window in windows]
    tokens = sum(lengths)
    step = max(STEP, 2 ** (tokens.bit_length() - 5)) if few_sizes else STEP
    spare = step - tokens % step  # at least one: padding in `layout`
    counts = np.array([*lengths, spare])
    ends = counts.cumsum()
    # By way of flat arrays: a tensor made of nested lists takes several times as long.
    read = {name: _flat([window[name] for window in windows], spare) for name in windows[0]}
    positions = first_position + np.arange(ends[-1]) - np.repeat(ends - counts, counts)
    positions[-spare:] = first_position
    # Labels lead: the Trainer takes the first tensor's first size for the number of rows.
    labels = {"labels": torch.tensor([row["labels"] for row in rows])} if "labels" in rows[0] else {}
    bounds = torch.tensor([0, *ends.tolist()], dtype=torch.int32)
    places = {"position_ids": torch.from_numpy(positions[None]), "lengths": lengths, "bounds": bounds}
    return {**labels, **read, **places, **({"texts": texts} if len(windows) > len(rows) else {})}


def _flat(values: Sequence[Sequence[int]], spare: int) -> torch.Tensor:
    """Return each token's value, window behind window, and zeros for the tokens of none: int64 (1, tokens)."""
    numbers = np.fromiter(chain(chain.from_iterable(values), repeat(0, spare)), np.int64)
    return torch.from_numpy(numbers[None])


def halves(network: Any) -> dict[str, torch.Tensor]:
    """Return the weights of a packed network's layers in bfloat16, by name; gradients pass to those in float32.

    Normalisation keeps its own, as under autocast.
    """
    layers = f".{FAMILIES[getattr(network, 'module', network).config.model_type].layers}."
    norms = {f"{name}." for name, part in network.named_modules() if isinstance(part, nn.LayerNorm)}
    whole = {
        name: weight
        for name, weight in network.named_parameters()
        if layers in f".{name}" and f"{name.rpartition('.')[0]}." not in norms
    }
    trained = [name for name, weight in whole.items() if weight.requires_grad and torch.is_grad_enabled()]
    kept = [name for name in whole if name not in trained]
    narrowed = dict(zip(kept, _converted([whole[name].detach() for name in kept], torch.bfloat16), strict=True))
    return narrowed | dict(zip(trained, Narrowed.apply(*(whole[name] for name in trained)), strict=True))


class Narrowed(torch.autograd.Function):
    """Weights in bfloat16, whose gradients are converted back together: on a GPU in a few kernels, not one for each."""

    @staticmethod
    def forward(context: Any, *weights: torch.Tensor) -> Any:
        context.set_materialize_grads(False)
        return tuple(_converted(weights, torch.bfloat16))

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor | None) -> Any:
        whole = iter(_converted([gradient for gradient in gradients if gradient is not None], torch.float32))
        return tuple(None if gradient is None else next(whole) for gradient in gradients)


def _converted(weights: Sequence[torch.Tensor], dtype: torch.dtype) -> list[torch.Tensor]:
    converted = [torch.empty_like(weight, dtype=dtype) for weight in weights]
    if converted:
        torch._foreach_copy_(converted, list(weights))
    return converted


def in_bfloat16(network: Any, **batch: Any) -> Any:
    """Return a packed network's outputs, its products computed in bfloat16 from weights that stay in float32.

    Embeddings, normalisation, the sums that layers add to, head and loss are computed in float32, and so are the
    gradients that the weights receive. The network may be wrapped for several processes, which then hold the mean of
    their gradients.
    """
    return functional_call(network, halves(network), kwargs=batch)
