"""Rows as a padded batch: each as long as the longest, padded on the side that the tokenizer pads."""

import pytest
from transformers import PreTrainedTokenizerFast

from core.encoders import padded
from tests.conftest import save_tokenizer

ROWS = [{"input_ids": [2, 5, 3], "labels": 1}, {"input_ids": [2, 5, 6, 7, 3], "labels": 0}]


@pytest.fixture
def tokenizer(tmp_path) -> PreTrainedTokenizerFast:
    save_tokenizer(tmp_path)
    return PreTrainedTokenizerFast.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("side", "first", "mask"), [("right", [2, 5, 3, 0, 0], [1, 1, 1, 0, 0]), ("left", [0, 0, 2, 5, 3], [0, 0, 1, 1, 1])]
)
def test_rows_are_padded_to_the_longest_on_the_tokenizer_s_side(tokenizer, side, first, mask):
    tokenizer.padding_side = side
    batch = padded.collator(tokenizer)(ROWS)
    assert batch["input_ids"].tolist() == [first, [2, 5, 6, 7, 3]]
    assert batch["attention_mask"].tolist() == [mask, [1] * 5]
    assert batch["labels"].tolist() == [1, 0]
    assert "texts" not in batch


def test_rows_without_labels_make_a_batch_without_them(tokenizer):
    batch = padded.collate(tokenizer, [{"input_ids": [2, 5, 3]}])
    assert set(batch) == {"input_ids", "attention_mask", "token_type_ids"} & set(tokenizer.model_input_names)


def test_each_window_of_a_long_text_is_a_row_that_knows_its_text(tokenizer):
    long = {"input_ids": [2, 5, 3, 2, 6, 7, 3], "windows": [3, 4], "labels": 1}
    batch = padded.collate(tokenizer, [long, ROWS[0]])
    assert batch["input_ids"].tolist() == [[2, 5, 3, 0], [2, 6, 7, 3], [2, 5, 3, 0]]
    assert batch["texts"] == [0, 0, 1]
    assert batch["labels"].tolist() == [1, 1]
