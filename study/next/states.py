"""The frozen encoder's states of texts, and the labelled training rows beside them."""

import numpy as np
import pandas as pd

from core.base import params
from core.data import tokenized_rows
from core.data.texts import sides
from core.decision.scoring import Table
from core.encoders.checkpoint import load_tokenizer, locate, reads_types
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder
from core.encoders.params import Model
from study.techniques.choosing import Candidates
from study.techniques.frozen_encoder import states
from tasks.tokenization.encoding import encode
from tasks.tokenization.params import Tokenization


def candidates(rows: pd.DataFrame) -> Candidates:
    """Return rows of texts behind the original training rows, which alone are labelled."""
    train = tokenized_rows.read("train")
    original = train.select([place for place, parent in enumerate(train["parent"]) if parent is None])
    return Candidates(
        np.concatenate([states(original), of_texts(rows)]),
        np.concatenate([np.asarray(original["labels"], dtype=np.float64), np.full(len(rows), np.nan)]),
        len(tokenized_rows.labels(train)),
    )


def of_texts(rows: pd.DataFrame) -> Table:
    """Return the states of texts that are tokenized as `tokenization` does."""
    model, section = params.load(Model), params.load(Tokenization)
    folder = locate(model)
    tokenizer, texts = load_tokenizer(folder), [rows[side].tolist() for side in sides(rows)]
    encoded = encode(texts, tokenizer, section.max_length, section.long, reads_types(folder) and len(texts) == 2)
    columns = {name: column for name, column in encoded._asdict().items() if column is not None}
    read = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return mean_states(load_encoder(model), tokenizer, read)
