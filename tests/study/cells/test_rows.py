"""The rows of a study."""

from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from study.cells import rows


def test_the_pool_is_the_original_rows_and_copies_are_found_by_their_parent(tokenized):
    known = rows.read("test")
    assert len(known.pool) == len(known.texts) == 12 and set(known.pool["parent"]) == {None}
    assert known.copies["row_id"][:] == ["train-1+typo"]
    assert known.drawn_copies([0, 5]) == [0] and known.drawn_copies([5]) == []
    assert known.held_out["row_id"][:] == known.held_out_texts["row_id"].tolist()


def test_no_label_of_a_row_to_predict_reaches_a_technique_and_the_scored_split_is_among_these_rows(tokenized):
    for split in ("validation", "test"):
        known = rows.read(split)
        assert known.split == split and set(known.scored["row_id"]) < set(known.held_out["row_id"])
        assert "labels" not in known.held_out.column_names and "label" not in known.held_out_texts


def test_outputs_that_are_out_of_step_are_refused(tokenized):
    path = Path("data/validated/train.parquet")
    pd.read_parquet(path).iloc[1:].to_parquet(path, index=False)
    with pytest.raises(UserError, match="not the same rows: `dvc repro tokenization`"):
        rows.read("test")


def test_before_the_stages_have_run_the_next_command_is_named(tiny_params):
    tiny_params()
    with pytest.raises(UserError, match="dvc repro"):
        rows.read("test")
