"""Steps recorded as CUDA graphs beside the same steps whose kernels Python launches one by one."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification

from benchmarks.gpu.elsewhere import elsewhere
from benchmarks.gpu.findings import HOLDS, MEASURED, Line, Part, attempt
from benchmarks.gpu.networks import configuration, dropout, on_device, release, rows
from benchmarks.gpu.sizes import Sizes
from core.base.errors import UserError
from core.encoders.device import device, has_bf16
from core.encoders.packed import packing
from tasks.finetuning.recorded_steps import RecordedSteps

CLOSE = 5e-3  # relative: flash attention adds up gradients in any order, and launched steps differ so from each other
PASSES = 24  # with dropout
NOISE = 1.5  # times what two means of launched passes differ by
DROPOUT = 0.1  # within attention and elsewhere
Gradients = dict[str, torch.Tensor]


class Sides:
    """One packed network, and its gradients for a batch by either way."""

    def __init__(self, family: str, sizes: Sizes, probability: float) -> None:
        config = configuration(family, sizes, {})
        dropout(config, probability, probability)
        torch.manual_seed(0)
        self.config, self.sizes = config, sizes
        self.network = packing.pack(AutoModelForSequenceClassification.from_config(config).to(device())).train()
        self.collate = packing.collator(self.network)
        self.steps = RecordedSteps(self.network, lambda batch: self.forward(batch).loss)

    def forward(self, batch: dict[str, Any]) -> Any:
        return packing.in_bfloat16(self.network, **batch) if has_bf16() else self.network(**batch)

    def batch(self, seed: int) -> dict[str, Any]:
        """Return rows of other words and, but for their sum, of other lengths for each seed."""
        source = torch.Generator().manual_seed(seed)
        drawn = rows(self.sizes, self.config)
        for row in drawn:
            row["input_ids"] = torch.randint(5, 200, (len(row["input_ids"]),), generator=source).tolist()
        moved = drawn[0]["input_ids"][: seed % 5]
        drawn[0]["input_ids"], drawn[-1]["input_ids"] = (
            drawn[0]["input_ids"][seed % 5 :],
            drawn[-1]["input_ids"] + moved,
        )
        return on_device(self.collate(drawn))

    def launched(self, batch: dict[str, Any]) -> tuple[float, Gradients]:
        loss = self.forward(batch).loss
        loss.backward()
        return float(loss.detach()), self.taken()

    def replayed(self, batch: dict[str, Any]) -> tuple[float, Gradients]:
        loss = self.steps.run(batch)
        assert loss is not None, "not recorded"
        return float(loss), self.taken()

    def taken(self) -> Gradients:
        found = {name: each.grad.clone() for name, each in self.network.named_parameters() if each.grad is not None}
        self.network.zero_grad()
        return found


def apart(found: Gradients, expected: Gradients) -> float:
    """Return how far gradients are from those expected, relative, by the norm of all."""
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    squares = [((found[name] - each).square().sum(), each.square().sum()) for name, each in expected.items()]
    far, whole = (float(sum(each)) for each in zip(*squares, strict=True))
    return float((far / whole) ** 0.5)


def exact(family: str, sizes: Sizes) -> Line:
    """Return how far a replay is from a launched step on rows that it was not recorded on, without dropout."""
    sides = Sides(family, sizes, 0.0)
    sides.launched(sides.batch(0))
    sides.steps.run(sides.batch(0))  # met
    sides.replayed(sides.batch(1))  # recorded
    batch = sides.batch(3)
    (loss, gradients), (expected, by_launching) = sides.replayed(batch), sides.launched(batch)
    again = apart(sides.launched(batch)[1], by_launching)
    error = apart(gradients, by_launching)
    cells = [family, "none", f"{abs(loss - expected):.1e}", f"{error:.1e}", f"{again:.1e}", ""]
    return Line(cells, HOLDS if error <= CLOSE and abs(loss - expected) <= CLOSE else "no: too far apart")


def by_chance(family: str, sizes: Sizes) -> Line:
    """Return whether replays draw dropout as launched steps do: other draws each time, of the same distribution."""
    sides = Sides(family, sizes, DROPOUT)
    batch = sides.batch(0)
    sides.launched(batch)
    sides.steps.run(batch)
    torch.manual_seed(1)
    losses, found = means(sides.replayed, batch)
    torch.manual_seed(2)
    expected_losses, expected = means(sides.launched, batch)
    _, again = means(sides.launched, batch)
    noise = apart(found, expected) / apart(again, expected)
    difference = abs(sum(losses) - sum(expected_losses)) / PASSES
    cells = [
        family,
        f"{DROPOUT:g}",
        f"{difference:.1e}",
        f"{apart(found, expected):.1e}",
        f"{apart(again, expected):.1e}",
    ]
    draws = len(set(losses))
    holds = draws == PASSES and noise <= NOISE
    return Line([*cells, f"{draws} of {PASSES}"], HOLDS if holds else "no: other draws")


def refused(sizes: Sizes) -> str:
    """Return what a user reads where a step asks the GPU for a number, for which no recording can wait."""
    sides = Sides("bert", sizes, 0.0)
    steps = RecordedSteps(sides.network, lambda batch: sides.forward(batch).loss * float(sides.forward(batch).loss))
    try:
        for _ in range(2):
            steps.run(sides.batch(0))
    except UserError as error:
        return str(error)
    return ""


def failing(sizes: Sizes, deadline: float) -> Line:
    [said] = elsewhere([(refused, (sizes,))], deadline)
    return Line(
        ["bert", "a step that cannot be recorded"], HOLDS if "deterministic: true" in said else "no: no way out"
    )


def means(gradients: Any, batch: dict[str, Any]) -> tuple[list[float], Gradients]:
    drawn = [gradients(batch) for _ in range(PASSES)]
    return [loss for loss, _ in drawn], {
        name: torch.stack([each[name] for _, each in drawn]).mean(0) for name in drawn[0][1]
    }


def lines(sizes: Sizes, deadline: float) -> Iterator[Line]:
    if device().type != "cuda":
        yield Line(["-"], MEASURED)  # there are no graphs elsewhere
        return
    for family in sizes.networks:
        for compute in (exact, by_chance):
            yield attempt([family], partial(compute, family, sizes), deadline)
            release()
    yield attempt(["bert"], partial(failing, sizes, deadline), deadline)


RECORDED = Part(
    "Recorded steps beside launched ones",
    "The same packed network and batch in bfloat16: a step that was recorded as a "
    "CUDA graph, on rows of the same sum of tokens but other words and lengths, beside one whose kernels are launched. "
    f"Held: gradients, by the norm of all, within {CLOSE:g}; with dropout of {DROPOUT:g}, whose draws differ, "
    f"another loss at each of {PASSES} replays, and mean gradients at most {NOISE:g} times as far from those of "
    "launched steps as these are from each other; a step for which the GPU has to wait ends with the way out of it.",
    ["family", "dropout", "losses apart", "gradients apart", "launched ones apart", "losses of their own"],
    45,
    lines,
)
