"""Logits and gradients of packed rows beside those of padded ones, on random weights of named configurations."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import torch

from benchmarks.gpu.findings import HOLDS, Line, Part, attempt
from benchmarks.gpu.networks import Forward, configuration, dropout, release, rows, sides
from benchmarks.gpu.sizes import Sizes

REPEATED = 8  # times that each row stands in a pass with dropout: as many draws
PRECISIONS = ("float32", "bfloat16")
EXACT = 1e-4  # relative: two orders in which float32 may add differ by less
TIMES_STOCK = 2.0  # as far from float32 as stock autocast is, or this many times as far
STANDARD_ERRORS = 6.0  # of the largest of some hundred differences of means
SPREADS = (0.8, 1.25)
NOISE = 1.5  # times what two padded means differ by
ATTENTION, OTHERS = 0.2, 0.1  # dropout
Tensors = dict[str, torch.Tensor]


class Drawn(NamedTuple):
    """What is drawn with dropout."""

    logits: torch.Tensor  # (draws, rows, classes)
    gradients: Tensors  # their mean


def outcome(network: Any, forward: Forward) -> Tensors:
    """Return the logits and the gradient of each weight."""
    network.zero_grad()
    output = forward()
    output.loss.backward()
    gradients = {name: weight.grad.float() for name, weight in network.named_parameters() if weight.grad is not None}
    return {"logits": output.logits.detach().float(), **gradients}


def apart(found: Tensors, expected: Tensors) -> tuple[float, float]:
    """Return how far logits, and all gradients together, are from those expected: relative, by their norms."""
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    squares = {
        name: (float((found[name] - each).square().sum()), float(each.square().sum()))
        for name, each in expected.items()
    }
    logits = squares.pop("logits")
    gradients = [sum(each) for each in zip(*squares.values(), strict=True)]
    return (logits[0] / logits[1]) ** 0.5, (gradients[0] / gradients[1]) ** 0.5


def without_dropout(family: str, precision: str, sizes: Sizes) -> Line:
    """Return the errors of packed rows against padded ones in float32, beside those of padded ones in the precision."""
    config = configuration(family, sizes, {})
    dropout(config, 0, 0)
    chosen = rows(sizes, config)
    exact, _, (reference, _) = sides(config, chosen, "float32")
    expected = outcome(exact, reference)
    padded, packed, (by_padding, by_packing) = sides(config, chosen, precision)
    ours = apart(outcome(packed, by_packing), expected)
    stock = apart(outcome(padded, by_padding), expected)
    most = [max(EXACT, TIMES_STOCK * each) if precision == "bfloat16" else EXACT for each in stock]
    holds = HOLDS if all(error <= limit for error, limit in zip(ours, most, strict=True)) else "no: too far apart"
    cells = [f"{error:.1e}" for pair in zip(ours, stock, strict=True) for error in pair]
    return Line([family, precision, *cells], holds)


def drawn(network: Any, forward: Forward, passes: int, seed: int) -> Drawn:
    """Return what so many passes over rows, each of which stands there REPEATED times, draw."""
    torch.manual_seed(seed)
    network.train().zero_grad()
    logits = []
    for _ in range(passes):
        output = forward()
        output.loss.backward()
        logits.append(output.logits.detach().float().unflatten(0, (-1, REPEATED)).transpose(0, 1))
    gradients = {name: weight.grad / passes for name, weight in network.named_parameters() if weight.grad is not None}
    return Drawn(torch.cat(logits), gradients)


def differences(found: Drawn, expected: Drawn, again: Drawn) -> tuple[float, float, float]:
    """Return how far draws are from those expected, which were drawn once again to see how far chance goes.

    In order: the largest difference of mean logits in standard errors, how many times as wide logits spread, and the
    distance of mean gradients in times of that between the two expected ones.
    """
    variances = found.logits.var(0) + expected.logits.var(0)
    error = (variances / len(found.logits)).sqrt().clamp_min(1e-12)
    means = float(((found.logits.mean(0) - expected.logits.mean(0)) / error).abs().max())
    spread = float((found.logits.var(0).mean() / expected.logits.var(0).mean()).sqrt())
    noise = norm(again.gradients, expected.gradients)
    return means, spread, norm(found.gradients, expected.gradients) / noise


def norm(one: Tensors, other: Tensors) -> float:
    return math.sqrt(sum(float((one[name] - each).float().square().sum()) for name, each in other.items()))


def with_dropout(family: str, precision: str, others: float, sizes: Sizes) -> Line:
    """Return how the draws of packed rows differ from those of padded ones, whose own differences say how much may be.

    Which weights are dropped is chance, and not the same chance: compared are the distributions.
    """
    depth = "n_layers" if family == "distilbert" else "num_hidden_layers"
    networks = {family: sizes.networks[family] | {depth: sizes.layers}}
    config = configuration(family, sizes._replace(networks=networks), {})
    dropout(config, ATTENTION, others)
    chosen = [row for row in rows(sizes, config) for _ in range(REPEATED)]
    padded, packed, (by_padding, by_packing) = sides(config, chosen, precision)
    expected, again = (drawn(padded, by_padding, sizes.passes, seed) for seed in (1, 2))
    found = drawn(packed, by_packing, sizes.passes, 3)
    means, spread, noise = differences(found, expected, again)
    right = means <= STANDARD_ERRORS and SPREADS[0] <= spread <= SPREADS[1] and noise <= NOISE
    kind = "attention alone" if others == 0 else "attention and all else"
    cells = [family, precision, kind, f"{means:.1f}", f"{spread:.2f}", f"{noise:.2f}"]
    return Line(cells, HOLDS if right else "no: other draws")


def lines_without_dropout(sizes: Sizes, deadline: float) -> Iterator[Line]:
    for precision in PRECISIONS:
        for family in sizes.networks:
            yield attempt([family, precision], partial(without_dropout, family, precision, sizes), deadline)
            release()


def lines_with_dropout(sizes: Sizes, deadline: float) -> Iterator[Line]:
    for others in (0.0, OTHERS):
        for precision in PRECISIONS:
            for family in sizes.networks:
                compute = partial(with_dropout, family, precision, others, sizes)
                yield attempt([family, precision], compute, deadline)
                release()


WITHOUT_DROPOUT = Part(
    "Packed beside padded, dropout off",
    "Relative errors (by norms) of logits and of all gradients together against padded rows in float32; stock is "
    f"padded rows in the same precision, by autocast. Held: in float32 {EXACT:g}, in bfloat16 {TIMES_STOCK:g} times "
    "stock's error.",
    ["family", "precision", "logits: packed", "logits: stock", "gradients: packed", "gradients: stock"],
    25,
    lines_without_dropout,
)
WITH_DROPOUT = Part(
    "Packed beside padded, dropout on",
    f"Dropout of {ATTENTION:g} within attention, elsewhere 0 or {OTHERS:g}. Which weights are dropped is not the same "
    "chance in both, so draws are compared: the largest difference of mean logits in standard errors (held: "
    f"{STANDARD_ERRORS:g}), how many times as wide packed logits spread (held: {SPREADS[0]:g} to {SPREADS[1]:g}), and "
    "how far mean gradients of packed and of padded rows are apart, in times of what two sets of draws of padded rows "
    f"are (held: {NOISE:g}).",
    ["family", "precision", "dropout", "means apart", "spread", "gradients apart"],
    50,
    lines_with_dropout,
)
