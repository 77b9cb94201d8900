"""Which file of data/raw holds which split, and what a folder that does not add up is told."""

from pathlib import Path

import pytest

from core.base.errors import UserError
from tasks.validation.raw_files import description, find


@pytest.mark.parametrize("readme", [None, "# Title\n\n## More\n"])
def test_without_a_paragraph_there_is_no_description(tmp_path, readme):
    if readme:
        (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    assert description(tmp_path / "README.md") is None


def test_the_description_is_the_first_paragraph_below_metadata_and_headings(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("---\nlicense: mit\n---\n# Title\nNotes of\ntwo wards.\n\nMore.\n", encoding="utf-8")
    assert description(path) == "Notes of two wards."


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["train.csv", "validation.jsonl", "test.parquet"], ["train", "validation", "test"]),
        (["Train.CSV", "VALIDATION.jsonl", "test.csv"], ["train", "validation", "test"]),
        (["all.csv", "README.md", ".gitignore", ".tmp"], ["all"]),
        (["my-notes.v2.jsonl"], ["my-notes.v2"]),
    ],
)
def test_files_are_found_by_split_or_else_as_one(tmp_path, names, found):
    for name in names:
        (tmp_path / name).touch()
    assert list(find(tmp_path)) == found


@pytest.mark.parametrize(
    ("names", "problems"),
    [
        ([], ["holds no data"]),
        (["README.md", ".gitignore"], ["holds no data"]),
        (["train.csv", "test.csv"], ["has no validation file"]),
        (["train.csv"], ["has no validation file", "has no test file"]),
        (["train.csv", "train.jsonl", "validation.csv", "test.csv"], ["more than one train file (train.csv, train"]),
        (["train.csv", "val.csv", "test.csv"], ["val.csv is none of", "has no validation file"]),
        (["train.csv", "validation.csv", "test.csv", "notes.xlsx"], ["notes.xlsx is not a .csv, .jsonl, .parquet"]),
    ],
)
def test_a_folder_that_does_not_add_up_names_every_problem(tmp_path, names, problems):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(UserError) as caught:
        find(tmp_path)
    assert len(caught.value.problems) == len(problems)
    assert [words for words, found in zip(problems, caught.value.problems, strict=True) if words not in found] == []


def test_a_folder_within_the_folder_is_out_of_place(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "all.csv").touch()
    with pytest.raises(UserError, match="more is not a"):
        find(tmp_path)


def test_no_folder_says_what_to_put_there():
    with pytest.raises(
        UserError,
        match=r"put train, validation and test files .* or `git checkout data/raw.dvc && dvc pull data/raw.dvc`",
    ):
        find(Path("data/raw"))
