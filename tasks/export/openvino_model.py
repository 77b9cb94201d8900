"""A classifier as OpenVINO's model, whole or quantized to 8-bit integers, and what it answers."""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # both send nothing where it is not there

import nncf  # noqa: E402
import openvino  # noqa: E402

from core.encoders import inference, padded, windows  # noqa: E402

Rows = Sequence[Mapping[str, Any]]


class Logits(torch.nn.Module):
    """A classifier whose output is nothing but its logits, of inputs in a fixed order."""

    def __init__(self, classifier: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.classifier, self.names = classifier, names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(**dict(zip(self.names, inputs, strict=True))).logits
        return logits


def convert(classifier: Any, tokenizer: Any, rows: Rows) -> Any:
    """Return a classifier in float32 for batches of any size, whose inputs have the names that it knows them by."""
    example = batch(tokenizer, [rows[row] for row in range(min(2, len(rows)))])
    names = list(example)
    classifier.eval().set_attn_implementation("eager")  # which is traced as plain products
    inputs = tuple(torch.from_numpy(each) for each in example.values())
    with warnings.catch_warnings(action="ignore"):  # of what is traced as a constant, which these shapes do not reach
        traced = openvino.convert_model(Logits(classifier, names), example_input=inputs)
    for port, name in zip(traced.inputs, names, strict=True):
        port.get_tensor().set_names({name})
    return traced


def quantized(model: Any, tokenizer: Any, rows: Rows) -> Any:
    """Return the model with weights and activations in 8-bit integers, whose ranges are those met on the rows."""
    nncf.set_log_level(40)  # errors
    samples = nncf.Dataset([batch(tokenizer, [row]) for row in rows])
    return nncf.quantize(model, samples, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(rows))


def save(model: Any, file: Path) -> None:
    """Write a model, its weights beside it in a file that ends with .bin."""
    openvino.save_model(model, file, compress_to_fp16=False)


def compiled(file: Path) -> Any:
    """Return a saved model, compiled for this machine's processor: in bfloat16 where it has that."""
    return openvino.compile_model(file, "CPU", {"NUM_STREAMS": "1"})  # batch after batch


def logits(model: Any, tokenizer: Any, rows: Rows) -> NDArray[np.float64]:
    """Return each row's logits, its windows' mean, by a compiled model: shape (rows, classes), float64."""
    read, texts = windows.split(rows)
    order = sorted(range(len(read)), key=lambda window: -len(read[window]["input_ids"]))
    parts = [model(batch(tokenizer, [read[window] for window in some]))[0] for some in batches(order, read)]
    table = torch.from_numpy(np.concatenate(parts)).double()[np.argsort(order)]
    return np.asarray(windows.mean(table, texts))


def batches(order: list[int], read: Rows) -> Iterator[list[int]]:
    """Yield the windows of an order, longest first, as many at a time as the project itself takes."""
    lengths = [len(window["input_ids"]) for window in read]
    while order:
        some = inference.next_batch(order, lengths, inference.most_tokens())
        yield some
        order = order[len(some) :]


def batch(tokenizer: Any, rows: Rows) -> dict[str, NDArray[np.int64]]:
    """Return the rows' windows padded to the longest, by the names of a network's inputs."""
    padded_rows = padded.collate(tokenizer, rows)
    return {name: padded_rows[name].numpy() for name in padded_rows if name != "texts"}
