"""The published model on new texts, as it was evaluated: the same tokens, the same batches, and so the same bits.

Tokens lie in a file on disk, of which a part is read at a time: memory does not grow with the length of the texts.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from datasets import Dataset
from numpy.typing import NDArray

from core.base import paths
from core.data.published import Published
from core.encoders import inference, windows
from core.encoders.checkpoint import load_tokenizer, reads_types
from core.encoders.networks import load_whole
from tasks.tokenization.encoding import encode

TEXTS_AT_A_TIME = 2_000  # as tokens
TOKENS_AT_A_TIME = 2**17  # through the network


def probabilities(
    texts: Sequence[list[str]], published: Published, advance: Callable[[float], None]
) -> tuple[list[str], NDArray[np.float64]]:
    """Return the classes, and of each text, or pair of texts, the probability of each: shape (rows, classes).

    `advance` is told each time what share more of them was read. Raises UserError where the model is missing.
    """
    classifier, tokenizer = load_whole(paths.PUBLISHED_MODEL), load_tokenizer(paths.PUBLISHED_MODEL)
    with TemporaryDirectory() as folder:
        file = Path(folder, "tokens.arrow")
        lengths, rows = _write_tokens(file, texts, tokenizer, published)
        tokens = Dataset.from_file(str(file))
        logits = torch.empty(len(lengths), classifier.config.num_labels, dtype=torch.float64)
        for positions in whole_batches(lengths, inference.most_tokens()):
            part = tokens.select(positions)
            logits[positions] = torch.from_numpy(inference.logits(classifier, tokenizer, part))
            advance(len(positions) / len(lengths))
    names = [classifier.config.id2label[number] for number in range(classifier.config.num_labels)]
    return names, np.asarray(windows.mean(logits, rows).softmax(-1))


def whole_batches(lengths: Sequence[int], most: int, at_a_time: int = TOKENS_AT_A_TIME) -> Iterator[list[int]]:
    """Yield the positions of all rows, longest first, cut only where `inference` begins a new batch."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    together: list[int] = []
    tokens = start = 0
    while start < len(order):
        batch = inference.next_batch(order[start : start + most], lengths, most)
        together, tokens, start = together + batch, tokens + sum(lengths[row] for row in batch), start + len(batch)
        if tokens >= at_a_time or start == len(order):
            yield together
            together, tokens = [], 0


def _write_tokens(
    file: Path, texts: Sequence[list[str]], tokenizer: Any, published: Published
) -> tuple[list[int], list[int]]:
    """Write the tokens of all windows into an Arrow file; return of each its length, and its row's number."""
    types = len(texts) == 2 and reads_types(paths.PUBLISHED_MODEL)
    token_types = [("token_type_ids", pa.list_(pa.int8()))] if types else []
    schema = pa.schema([("input_ids", pa.list_(pa.int32())), *token_types])
    lengths: list[int] = []
    rows: list[int] = []
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, schema) as stream:
        for start in range(0, len(texts[0]), TEXTS_AT_A_TIME):
            some = [side[start : start + TEXTS_AT_A_TIME] for side in texts]
            encoded = encode(some, tokenizer, published.max_length, published.long, types)
            columns = {name: column for name, column in encoded._asdict().items() if column is not None}
            each = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
            read, of = windows.split(each)
            stream.write_batch(pa.RecordBatch.from_pylist(read, schema))
            lengths += [len(window["input_ids"]) for window in read]
            rows += [start + row for row in of]
    return lengths, rows
