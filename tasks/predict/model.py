"""The published model on new texts, as it was evaluated: the same tokens, the same batches, and so the same bits."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base import paths
from core.data.published import Published
from core.encoders import inference
from core.encoders.checkpoint import load_tokenizer, reads_types
from core.encoders.networks import load_whole
from tasks.tokenization.encoding import encode

TEXTS_AT_A_TIME = 256  # encoded: a text may have 100,000 characters, and encodings take many times the memory of tokens


def probabilities(texts: Sequence[list[str]], published: Published) -> tuple[list[str], NDArray[np.float64]]:
    """Return the classes, and of each text, or pair of texts, the probability of each: shape (rows, classes).

    Raises UserError where the model is missing.
    """
    classifier, tokenizer = load_whole(paths.PUBLISHED_MODEL), load_tokenizer(paths.PUBLISHED_MODEL)
    names = [classifier.config.id2label[number] for number in range(classifier.config.num_labels)]
    return names, inference.probabilities(classifier, tokenizer, tokens(texts, tokenizer, published))


def tokens(texts: Sequence[list[str]], tokenizer: Any, published: Published) -> Iterator[Mapping[str, Any]]:
    """Yield what a network reads of each text, or pair of texts, encoded some at a time."""
    types = len(texts) == 2 and reads_types(paths.PUBLISHED_MODEL)
    for start in range(0, len(texts[0]), TEXTS_AT_A_TIME):
        some = [side[start : start + TEXTS_AT_A_TIME] for side in texts]
        encoded = encode(some, tokenizer, published.max_length, published.long, types)
        columns = {name: column for name, column in encoded._asdict().items() if column is not None}
        yield from (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
