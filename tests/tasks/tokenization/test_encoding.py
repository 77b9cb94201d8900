"""What becomes of more tokens than the model reads: each way of tokenization.long on one text of six words."""

from pathlib import Path

import pytest

from core.encoders.checkpoint import load_tokenizer
from tasks.tokenization.encoding import encode

LONG, SHORT = "patient note has had denies no", "pain"
CLS, SEP = 2, 3


@pytest.fixture
def tokenizer(encoders):
    return load_tokenizer(Path(encoders["bert"]))


def test_truncate_leaves_the_end_out(tokenizer):
    whole = tokenizer(LONG)["input_ids"]
    encoded = encode([[LONG, SHORT]], tokenizer, 5)
    assert encoded.input_ids[0] == [*whole[:4], SEP]
    assert encoded.truncated == [True, False]
    assert encoded.windows is None and encoded.token_type_ids is None


def test_head_and_tail_leave_the_middle_out(tokenizer):
    whole = tokenizer(LONG)["input_ids"]
    encoded = encode([[LONG, SHORT]], tokenizer, 5, "head_tail")
    assert encoded.input_ids[0] == [whole[0], *whole[-4:]]
    assert encoded.truncated == [True, False]


def test_chunks_leave_nothing_out(tokenizer):
    whole = tokenizer(LONG)["input_ids"]
    encoded = encode([[LONG, SHORT]], tokenizer, 5, "chunks")
    assert [ids for ids in encoded.input_ids[0] if ids not in (CLS, SEP)] == whole[1:-1]
    assert encoded.windows == [[5, 5], [3]]
    assert encoded.truncated == [False, False]


def test_types_tell_the_two_texts_of_a_pair_apart(tokenizer):
    encoded = encode([[SHORT], [SHORT]], tokenizer, 16, types=True)
    assert encoded.token_type_ids == [[0, 0, 0, 1, 1]]
