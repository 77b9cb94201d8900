"""The report's sections on what went in."""

import pytest

from tasks import params
from tasks.report.sections import inputs

COUNTS = {"read": 9, "set_aside": 1, "usable": 8}


def validation(labels: list[str]) -> dict:
    classes = {label: 1 for label in labels}
    return {
        "files": [{"file": "all.csv", "sha256": "0" * 64, "rows": 27}],
        "split_here": True,
        "labels": labels,
        "rows": {split: COUNTS | {"classes": classes} for split in ("train", "validation", "test")},
        "set_aside": [{"reason": "duplicate", "rows": 0, "texts": 0}],
        "expectations": [],
    }


def test_a_file_that_was_split_here_is_said_so():
    assert "One file was given and is split here" in inputs.data(validation(["a", "b"]))


def test_of_many_classes_the_first_are_shown_and_the_others_counted():
    written = inputs.data(validation([f"class {number}" for number in range(77)]))
    assert "The other 57 classes stand in `reports/validation.json`." in written
    assert "`class 19`" in written
    assert "`class 20`" not in written


def test_data_that_is_used_whole_is_said_so():
    assert "Every row read could be used." in inputs.data(validation(["a", "b"]))


@pytest.mark.parametrize(
    ("way", "texts", "said", "last"),
    [
        ("truncate", 1, "Texts are cut to 512 tokens.", "| train | 8 | 300.0 | 512 | 2 (25.0%) |"),
        ("truncate", 2, "cut to 512 tokens, the longer one first", "| train | 8 | 300.0 | 512 | 2 (25.0%) |"),
        ("head_tail", 1, "the first 129 and the last 383 are read", "| train | 8 | 300.0 | 512 | 2 (25.0%) |"),
        ("chunks", 1, "windows of at most 512 tokens", "| train | 8 | 300.0 | 512 | 12 |"),
    ],
)
def test_it_says_what_is_read_of_a_long_text(way, texts, said, last):
    train = {"rows": 8, "mean_tokens": 300.0, "longest": 512, "truncated": 2, "windows": 12}
    found = inputs.tokenization({"max_length": 512, "long": way, "texts": texts, "splits": {"train": train}})
    assert said in found
    assert last in found


@pytest.mark.parametrize(("deterministic", "said"), [(True, "again (`finetuning.deterministic`)"), (False, "on a GPU")])
def test_whether_another_run_gives_the_same_models_is_said(write_params, deterministic, said):
    write_params({"finetuning.deterministic": deterministic})
    assert said in inputs.parameters(params.load())
