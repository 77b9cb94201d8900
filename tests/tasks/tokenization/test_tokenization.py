"""Every row becomes tokens; what was cut is counted."""

from pathlib import Path

import datasets
import pandas as pd
import pytest
from datasets import load_from_disk

from core.base.errors import UserError
from core.base.files import read_json, sha256
from core.data import parquet, tokenized_rows
from tasks.tokenization import __main__ as tokenization


def test_every_split_is_tokenized_and_synthetic_rows_join_training_alone(validated):
    tokenization.main()
    splits = load_from_disk("data/tokenized")
    assert {split: len(rows) for split, rows in splits.items()} == {"train": 13, "validation": 6, "test": 8}
    assert splits["train"]["parent"][-1] == "train-1"
    assert splits["train"]["row_id"][0] == "train-1"
    assert splits["test"].features["labels"].names == ["routine", "urgent"]
    assert splits["test"]["labels"][:2] == [0, 1]
    assert splits["test"]["group"][0] is None


def test_columns_to_slice_by_pass_through_and_synthetic_rows_have_none(validated):
    for split in ("train", "validation", "test"):
        path = f"data/validated/{split}.parquet"
        pd.read_parquet(path).assign(**{"slice ward": "north"}).to_parquet(path, index=False)
    tokenization.main()
    splits = load_from_disk("data/tokenized")
    assert splits["train"]["slice ward"][-2:] == ["north", None]
    assert set(splits["test"]["slice ward"]) == {"north"}


def test_rows_are_not_padded(validated):
    tokenization.main()
    train = load_from_disk("data/tokenized")["train"]
    assert list(train["length"]) == [len(ids) for ids in train["input_ids"]]
    assert len(set(train["length"])) > 1


def test_a_long_text_is_cut_marked_and_counted(validated):
    test = pd.read_parquet("data/validated/test.parquet")
    test.loc[0, "text"] = "pain " * 50
    test.to_parquet("data/validated/test.parquet", index=False)
    tokenization.main()
    rows = load_from_disk("data/tokenized")["test"]
    assert len(rows["input_ids"][0]) == 16
    assert list(rows["truncated"]) == [True] + [False] * 7
    counted = read_json(Path("reports/tokenization.json"))
    assert counted["max_length"] == 16
    assert counted["splits"]["test"]["truncated"] == 1
    assert counted["splits"]["test"]["longest"] == 16
    assert counted["splits"]["train"]["synthetic"] == 1


def test_augmented_copies_that_say_what_a_held_out_row_says_are_dropped_and_counted(validated, capsys):  # case 10
    test = pd.read_parquet("data/validated/test.parquet")
    test.loc[0, "text"] = "Patient complains of &quot;shortness&quot; of breath"
    test.to_parquet("data/validated/test.parquet", index=False)
    copies = pd.read_parquet("data/augmented/train.parquet")
    held_out = copies.iloc[:1].assign(row_id="train-1+abbreviation", text='patient complains of "shortness" of breath.')
    pd.concat([held_out, copies]).to_parquet("data/augmented/train.parquet", index=False)
    tokenization.main()
    rows = load_from_disk("data/tokenized")["train"]
    assert list(rows["row_id"][-1:]) == list(copies["row_id"]) and len(rows) == 13
    assert read_json(Path("reports/tokenization.json"))["held_out_copies"] == 1
    assert "1 augmented copies dropped: they say what a validation or test row says" in capsys.readouterr().out


def test_the_same_rows_give_the_same_bytes(validated):
    hashes = []
    for _ in range(2):
        tokenization.main()
        hashes.append([sha256(path) for path in sorted(Path("data/tokenized").rglob("*")) if path.is_file()])
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(("limit", "most"), [("AT_A_TIME", 2), ("CHARACTERS", 60)])
def test_how_many_rows_are_read_at_a_time_makes_no_difference(validated, monkeypatch, limit, most):
    written = []
    for _ in range(2):
        tokenization.main()
        files = [*sorted(Path("data/tokenized").rglob("*.*")), Path("data/vocabulary.parquet")]
        counted = read_json(Path("reports/tokenization.json"))
        written.append(([path.read_bytes() for path in files if path.suffix != ".json"], counted))
        monkeypatch.setattr(parquet, limit, most)
    assert written[0] == written[1]


def test_a_split_in_shards_is_read_as_one(validated, monkeypatch):
    tokenization.main()
    rows = tokenized_rows.read("train").to_list()
    monkeypatch.setattr(datasets.config, "MAX_SHARD_SIZE", 500)
    tokenization.main()
    assert len(list(Path("data/tokenized/train").glob("*.arrow"))) > 1
    assert tokenized_rows.read("train").to_list() == rows


def test_more_tokens_than_the_model_reads_are_refused(validated, tiny_params):
    tiny_params({"tokenization.max_length": 33})
    with pytest.raises(UserError, match=r"tokenization.max_length is 33: .* at most 32 tokens"):
        tokenization.main()


def test_a_previous_stage_that_has_not_run_is_named(tiny_params):
    tiny_params()
    with pytest.raises(UserError, match=r"validation.json is missing"):
        tokenization.main()
