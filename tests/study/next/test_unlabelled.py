"""Rows of a file of unlabelled texts, and why some are left out."""

from pathlib import Path

import pandas as pd
import pytest

from core.base import params
from core.base.errors import UserError
from study.next import unlabelled
from tasks.validation.params import Validation
from tests.conftest import notes

pytestmark = pytest.mark.usefixtures("tokenized")


def reasons(*texts: str | None, **columns: list[str]) -> list[str | None]:
    """Return of each text why it is left out."""
    file = Path("texts.parquet")
    pd.DataFrame({"text": list(texts), **columns}).to_parquet(file)
    found = unlabelled.read(file, params.load(Validation)).rows["reason"]
    return [None if pd.isna(reason) else reason for reason in found]


def test_texts_that_no_row_has_can_be_chosen():
    assert reasons("cough now", "rash now") == [None, None]


def test_empty_texts_are_left_out():
    assert reasons(" ", "cough now", None) == ["empty text", None, "empty text"]


def test_a_text_is_chosen_once_whatever_its_case_and_white_space():
    assert reasons("Cough  now", "cough now") == [None, "text of an earlier row"]


def test_rows_that_somebody_has_labelled_are_left_out():
    assert reasons("cough now", "rash now", "leg pain now", label=["urgent", "", " "]) == [
        "with a label already",
        None,
        None,
    ]


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_texts_that_a_split_holds_are_left_out(split):
    labelled = notes(split, 1)["text"][0]
    assert reasons(labelled.upper(), "cough now") == ["text labelled already", None]


def test_texts_that_were_quarantined_with_a_label_are_left_out():
    assert reasons("leg pain of two labels") == ["text labelled already"]


def test_texts_that_validation_would_refuse_are_left_out(tiny_params):
    tiny_params({"validation.characters": {"minimum": 5, "maximum": 10}})
    refused = "text shorter or longer than validation.characters"
    assert reasons("leg", "cough now", "cough now and then") == [refused, None, refused]


def test_rows_of_a_group_that_is_held_out_are_left_out(tiny_params):
    tiny_params({"validation.group": "patient"})
    held = pd.read_parquet("data/validated/test.parquet")
    held.assign(group="p1").to_parquet("data/validated/test.parquet")
    assert reasons("cough now", "rash now", patient=["p1", "p2"]) == ["group that validation or test holds", None]


def test_a_file_needs_no_group(tiny_params):
    tiny_params({"validation.group": "patient"})
    assert reasons("cough now") == [None]


def test_of_pairs_both_texts_are_compared(tiny_params):
    tiny_params({"validation.text": ["text", "answer"]})
    for name in ("train", "validation", "test"):
        path = f"data/validated/{name}.parquet"
        pd.read_parquet(path).assign(text_pair="yes").to_parquet(path)
    first = notes("train", 1)["text"][0]
    Path("data/quarantine.parquet").unlink()
    pd.DataFrame({"text": ["a"], "text_pair": ["b"]}).to_parquet("data/quarantine.parquet")
    found = reasons(first, first, "cough now", answer=["yes", "no", None])
    assert found == ["text labelled already", None, "empty text"]


def test_left_out_rows_are_counted_by_reason():
    file = Path("texts.parquet")
    texts = ["cough now", " ", "", "rash now", notes("test", 1)["text"][0]]
    pd.DataFrame({"text": texts}).to_parquet(file)
    found = unlabelled.read(file, params.load(Validation))
    assert found.left_out == {"empty text": 2, "text labelled already": 1}
    assert found.usable.index.tolist() == [0, 3]


def test_a_file_of_another_format_is_refused():
    with pytest.raises(UserError, match="texts.docx is none of .csv, .tsv, .jsonl"):
        unlabelled.read(Path("texts.docx"), params.load(Validation))


def test_labels_are_never_read():
    for name in ("train", "validation", "test"):
        path = f"data/validated/{name}.parquet"
        pd.read_parquet(path).drop(columns="label").to_parquet(path)
    pd.read_parquet("data/quarantine.parquet").drop(columns="label").to_parquet("data/quarantine.parquet")
    assert reasons("cough now") == [None]
