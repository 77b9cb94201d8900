"""Which file of data/raw holds which split, and what a folder that does not add up is told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.errors import UserError
from core.data.splits import SPLITS
from tasks.validation.raw_folder import files
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["train.csv", "validation.jsonl", "test.parquet"], ["train", "validation", "test"]),
        (["Train.CSV", "VALIDATION.jsonl", "test.csv"], ["train", "validation", "test"]),
        (["all.csv", "README.md", ".gitignore", ".tmp"], ["all"]),
        (["my-notes.v2.jsonl"], ["my-notes.v2"]),
        (["training.tsv", "val.csv.gz", "test.json"], ["train", "validation", "test"]),
        (["train-00000-of-00001.parquet", "dev.jsonl.gz", "test.xlsx"], ["train", "validation", "test"]),
        (["rows-00000-of-00002.csv", "rows-00001-of-00002.csv"], ["rows"]),
        (["data/train.csv", "data/valid.csv", "data/test.csv"], ["train", "validation", "test"]),
        (["train/0000.parquet", "train/0001.parquet", "dev/part-00000.csv", "test/0000.csv"], list(SPLITS)),
        (["all.csv", "more/.keep"], ["all"]),
        (["train.csv/part-00000.csv", "train.csv/_SUCCESS", "val.csv", "test.csv"], list(SPLITS)),
        (["split=train/part-0.parquet", "split=dev/part-0.parquet", "split=test/part-0.parquet"], list(SPLITS)),
        (["train/part-00000-1a-c000.snappy.parquet", "train/part-00001-1a-c000.snappy.parquet", "dev.csv", "test.csv"],)
        + (list(SPLITS),),
    ],
)
def test_files_are_found_by_split_or_else_as_one(tmp_path, names, found):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(files(tmp_path)) == found


@pytest.mark.parametrize(
    ("names", "problems"),
    [
        ([], ["holds no data"]),
        (["README.md", ".gitignore"], ["holds no data"]),
        (["train.csv", "test.csv"], ["has no validation file"]),
        (["train.csv"], ["has no validation file", "has no test file"]),
        (["train.csv", "train.jsonl", "validation.csv", "test.csv"], ["more than one train file (train.csv, train"]),
        (["train.csv", "eval.csv", "test.csv"], ["eval.csv is none of", "has no validation file"]),
        (["train.csv", "training.tsv", "dev.csv", "test.csv"], ["more than one train file (train.csv, training.tsv)"]),
        (["train-00000-of-00003.csv", "train-00002-of-00003.csv", "dev.csv", "test.csv"], ["lacks shard 1 of train"]),
        (["train-00000-of-00001.csv", "train-00000-of-00002.csv", "dev.csv", "test.csv"], ["different writings"]),
        (["all-00000-of-00002.parquet"], ["lacks shard 1 of all"]),
        (["train.csv", "validation.csv", "test.csv", "notes.docx"], ["notes.docx is not a .csv, .tsv, .jsonl"]),
    ],
)
def test_a_folder_that_does_not_add_up_names_every_problem(tmp_path, names, problems):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(UserError) as caught:
        files(tmp_path)
    assert len(caught.value.problems) == len(problems)
    assert [words for words, found in zip(problems, caught.value.problems, strict=True) if words not in found] == []


def test_a_folder_within_the_folder_is_out_of_place(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "all.csv").touch()
    with pytest.raises(UserError, match="more is not a"):
        files(tmp_path)


def test_what_is_no_file_is_out_of_place_and_not_left_out_in_silence(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "train.csv").touch()
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "all.csv").touch()
    (raw / "more").symlink_to(tmp_path / "elsewhere")
    (raw / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    os.mkfifo(raw / "pipe.csv")
    with pytest.raises(UserError) as caught:
        files(raw)
    out_of_place = [problem for problem in caught.value.problems if " is not a " in problem]
    named = [problem.split(" is not a ")[0].rpartition("/")[2] for problem in out_of_place]
    assert named == ["gone.csv", "more", "pipe.csv"]


def test_a_name_that_is_no_text_is_named(tmp_path):
    with open(os.fsencode(tmp_path) + b"/caf\xe9.csv", "w"):
        pass
    with pytest.raises(UserError, match=r"caf\\udce9.csv' has a name that is not text: rename it"):
        files(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root, without setpriv, may read all")
@pytest.mark.parametrize("hidden", ["raw", "raw/more"])
def test_a_folder_that_may_not_be_read_is_not_said_to_be_empty(tmp_path, hidden):
    (tmp_path / "raw/more").mkdir(parents=True)
    (tmp_path / "raw/all.csv").touch()
    (tmp_path / "raw/more/rest.csv").touch()
    (tmp_path / hidden).chmod(0)
    modest = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    code = "from pathlib import Path; from tasks.validation.raw_folder import files; print(files(Path('raw')))"
    ran = subprocess.run(
        [*modest, sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    (tmp_path / hidden).chmod(0o755)
    assert ran.stderr.endswith(
        f"PermissionError: [Errno 13] Permission denied: '{hidden}'\n"
    )  # told by `run` in a line


def test_no_folder_says_what_to_put_there():
    with pytest.raises(
        UserError,
        match=r"put train, validation and test files .* or `git checkout data/raw.dvc && dvc pull data/raw.dvc`",
    ):
        files(Path("data/raw"))


def test_shards_come_in_the_order_of_their_numbers(tmp_path):
    for number in (2, 0, 1):
        (tmp_path / f"all-{number:05}-of-00003.csv").touch()
    assert [path.name[4:9] for path in files(tmp_path)["all"]] == ["00000", "00001", "00002"]


def test_a_file_that_a_saved_folder_names_must_be_there(tmp_path):
    (tmp_path / "data-00000-of-00001.arrow").touch()
    (tmp_path / "cache-0123456789abcdef.arrow").touch()
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00002.arrow"}]}')
    with pytest.raises(UserError, match="lacks data-00000-of-00002.arrow, which its state.json names"):
        files(tmp_path)
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(UserError, match="state.json is damaged"):
        files(tmp_path)
