"""Files by their split, and by names that make takes apart."""

import re
from pathlib import Path

import pytest

from core.base.errors import UserError
from tasks.data.files import by_split, joined

ALL = [f"all-0000{number}-of-00003.csv" for number in range(3)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "train.tsv",
        "other.tsv",
        "test.tsv",
        "dev.tsv",
        "part-00001.csv",
        "2024-00001-of-00003.csv",
        "a.docx",
        "Export 2024 (1).csv",
        *ALL,
    ):
        Path(name).touch()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["absent.csv"], "absent.csv: there is no such file"),
        (["train.tsv", "test.tsv"], "FILES has no validation file"),
        (["train.tsv", "other.tsv", "test.tsv"], "other.tsv: its name tells no split"),
        (["train.tsv", "other.tsv"], "or put all rows into one file, which is then split here"),
        (["all-00000-of-00003.csv", "all-00002-of-00003.csv"], "lacks shard 1 of all"),
        (["all-00001-of-00003.csv"], "all-00001-of-00003.csv is one shard of several: name them all, or their folder"),
        (["2024-00001-of-00003.csv"], "2024-00001-of-00003.csv is one shard of several"),
        (["part-00001.csv"], "part-00001.csv is one shard of several"),
        (["a.docx"], "a.docx is not a .csv, .tsv"),
    ],
)
def test_files_that_do_not_add_up_are_refused(names, words):
    with pytest.raises(UserError, match=words):
        by_split([*map(Path, names)])


@pytest.mark.parametrize("typed", ["train.tsv Export 2024 (1).csv dev.tsv", "train.tsv 'Export 2024 (1).csv' dev.tsv"])
def test_a_name_with_spaces_is_put_together_again(typed):
    assert joined(typed.split()) == [Path("train.tsv"), Path("Export 2024 (1).csv"), Path("dev.tsv")]


@pytest.mark.parametrize("typed", ["my notes.csv train.tsv", "train.tsv my notes.csv"])
def test_a_name_whose_first_word_is_a_folder_is_put_together_again(typed):
    Path("my").mkdir()
    Path("my notes.csv").touch()
    assert set(joined(typed.split())) == {Path("my notes.csv"), Path("train.tsv")}


def test_names_that_are_too_long_together_stay_apart():
    assert joined(["x" * 200, *["train.tsv"] * 300])[-1] == Path("train.tsv")


def test_names_of_no_file_stay_apart():
    assert joined(["none.csv", "train.tsv", "neither"]) == [Path("none.csv"), Path("train.tsv"), Path("neither")]


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("https://example.org/x.csv", "`dvc import-url https://example.org/x.csv x.csv`, then FILES=x.csv"),
        ("s3://ward/x.tsv.gz", "`dvc import-url s3://ward/x.tsv.gz x.tsv.gz`, then FILES=x.tsv.gz"),
        (
            "https://example.org/?a=1&b=2",
            "`dvc import-url 'https://example.org/?a=1&b=2' notes.csv`, then FILES=notes.csv",
        ),
    ],
)
def test_a_table_elsewhere_is_fetched_first(address, advice):
    with pytest.raises(UserError, match=re.escape(f"{address} is not on this machine: {advice}")):
        joined([address])


def test_only_of_data_raw_there_may_be_data_last_committed():
    for folder in ("data/raw", "mine"):
        Path(folder).mkdir(parents=True)
    with pytest.raises(UserError, match="mine holds no data: name a folder of .csv, .*, or the files$"):
        by_split([Path("mine")])
    with pytest.raises(UserError, match="`git checkout data/raw.dvc && dvc pull data/raw.dvc`"):
        by_split([Path("data/raw")])


def test_shards_of_a_file_that_is_yet_to_be_split_are_one():
    assert by_split([*map(Path, ALL)]) == {"all": [*map(Path, ALL)]}


def test_a_file_that_is_called_by_its_year_is_no_shard():
    Path("2024.csv").touch()
    assert by_split([Path("2024.csv")]) == {"all": [Path("2024.csv")]}


@pytest.mark.parametrize(("name", "put"), [(".notes.csv", "notes"), (".train.csv", "all"), ("notes.csv", "notes")])
def test_a_hidden_file_is_put_where_it_is_seen(name, put):
    Path(name).touch()
    assert by_split([Path(name)]) == {put: [Path(name)]}


def test_the_folder_tells_the_split_where_the_name_does_not():
    files = [Path(folder, "notes.csv") for folder in ("train", "dev", "testing")]
    for file in files:
        file.parent.mkdir()
        file.touch()
    assert by_split(files) == {"train": files[:1], "validation": files[1:2], "test": files[2:]}


def test_the_tilde_is_the_home_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert joined(["~/Export", "2024", "(1).csv", "~/train.tsv"]) == [
        tmp_path / "Export 2024 (1).csv",
        tmp_path / "train.tsv",
    ]
