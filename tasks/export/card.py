"""The card of the exported files: how to use them, and how their answers differ from those that were scored."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.data.published import Published
from core.decision.scoring import METRICS
from core.reporting.markdown import code, score, table
from tasks.evaluation import usage

SNIPPET = """import numpy
import openvino
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("models/exported")
model = openvino.compile_model("models/exported/float.xml", "CPU")
{inputs}
logits = model({{name: inputs[name].numpy() for name in {names}}})[0].mean(0)
probabilities = numpy.exp(logits - logits.max())
print(dict(zip({labels}, (probabilities / probabilities.sum()).tolist())))"""


class Rows(NamedTuple):
    """The rows that the published model was scored on."""

    split: str
    number: int
    scores: Mapping[str, float]  # of the published model, by metric


class Compared(NamedTuple):
    """An exported file beside the published model."""

    name: str
    megabytes: float  # with its weights
    other_classes: int  # rows that it gives another class
    largest_change: float  # of a probability
    scores: Mapping[str, float]  # by metric


def text(by: Published, labels: Sequence[str], inputs: Sequence[str], rows: Rows, files: Sequence[Compared]) -> str:
    """Return README.md of the exported files, whose network reads `inputs`."""
    reading = usage.inputs(len(by.texts) == 2, by.long, by.max_length)
    example = SNIPPET.format(inputs=reading, names=list(inputs), labels=list(labels))
    return (
        "# The published model for OpenVINO\n\n"
        f"Made of the model that was fine-tuned with seed {by.seed}. `float.xml` computes in bfloat16 where the "
        "processor has it, else in float32; `int8.xml` in 8-bit integers, for processors without it. `make export` "
        "prints which is faster on the machine that it runs on.\n\n"
        f"```python\n{example}\n```\n\n"
        f"On the {rows.number} {rows.split} rows that the published model was scored on:\n\n"
        f"{_differences(rows, files)}\n\n"
        "Neither was chosen by these rows. The published model's temperature and threshold are not those of "
        "`int8.xml`, which would need its own.\n"
    )


def _differences(rows: Rows, files: Sequence[Compared]) -> str:
    lines = [
        ["rows with another class", "", *(str(file.other_classes) for file in files)],
        ["largest change of a probability", "", *(f"{file.largest_change:.3f}" for file in files)],
        *(
            [METRICS[name].title, score(value), *(score(file.scores[name]) for file in files)]
            for name, value in rows.scores.items()
        ),
        ["MB", "", *(f"{file.megabytes:.0f}" for file in files)],
    ]
    return table(["", "published model", *(code(file.name) for file in files)], lines)
