"""What was in data/raw before: replaced where DVC has a copy of it, and its description kept."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from core.base.errors import UserError
from tasks import params
from tasks.data import __main__ as data
from tasks.validation import raw_folder
from tests.tasks.data.conftest import rows, write

pytestmark = pytest.mark.usefixtures("project")


def begin_records() -> None:
    for tool in ("git", "dvc"):
        subprocess.run([tool, "init", "--quiet"], check=True)


def test_what_dvc_has_no_copy_of_is_not_replaced():
    begin_records()
    words = (*write("all.tsv"), "--text", "note", "--label", "class")
    data.main(*words)
    with pytest.raises(UserError, match="data/raw holds files that DVC has no copy of: `dvc add data/raw` keeps one"):
        data.main(*words)
    subprocess.run(["dvc", "add", "--quiet", "data/raw"], check=True)
    data.main(*words)


def test_whoever_takes_files_out_of_git_as_the_message_says_may_replace_them():
    begin_records()
    words = (*write("all.tsv"), "--text", "note", "--label", "class")
    data.main(*words)
    subprocess.run(["git", "add", "data/raw"], check=True)
    with pytest.raises(UserError) as caught:
        data.main(*words)
    commands = re.findall("`([^`]+)`", str(caught.value))
    assert commands == ["git rm -r --cached data/raw", "dvc add data/raw"]
    for command in commands:
        subprocess.run(shlex.split(command), check=True)
    data.main(*words)


def test_dvc_is_asked_where_the_environment_is_not_activated(monkeypatch):
    begin_records()
    words = (*write("all.tsv"), "--text", "note", "--label", "class")
    data.main(*words)
    monkeypatch.setenv("PATH", str(Path(shutil.which("git") or "").parent))
    with pytest.raises(UserError, match="DVC has no copy of"):
        data.main(*words)


@pytest.mark.parametrize(
    ("lying", "named", "put"),
    [
        (("train.tsv", "dev.tsv", "test.tsv"), ("train.tsv",), ["all.tsv"]),
        (
            ("notes_train.tsv", "notes_dev.tsv", "notes_test.tsv"),
            ("notes_train.tsv", "notes_dev.tsv", "notes_test.tsv"),
            ["test.tsv", "train.tsv", "validation.tsv"],
        ),
    ],
)
def test_files_of_data_raw_are_put_by_their_splits_where_validation_would_read_others(lying, named, put):
    begin_records()
    write(*lying)
    Path("data").mkdir()
    shutil.move("mine", "data/raw")
    words = (*(f"data/raw/{name}" for name in named), "--text", "note", "--label", "class")
    with pytest.raises(UserError, match="data/raw holds files that DVC has no copy of"):
        data.main(*words)
    subprocess.run(["dvc", "add", "--quiet", "data/raw"], check=True)
    data.main(*words)
    assert sorted(path.name for path in Path("data/raw").iterdir()) == put
    assert {part.name for parts in raw_folder.files(Path("data/raw")).values() for part in parts} == {*put}


def test_the_description_is_that_of_the_folder_or_else_the_one_that_was_there():
    put, words = Path("data/raw/README.md"), (*write("all.tsv"), "--text", "note", "--label", "class")
    data.main(*words)
    assert not put.exists()
    put.write_text("Notes of one hospital.\n", encoding="utf-8")
    begin_records()
    subprocess.run(["dvc", "add", "--quiet", "data/raw"], check=True)
    data.main(*words)
    assert put.read_text(encoding="utf-8") == "Notes of one hospital.\n"
    Path("mine/README.md").write_text("Notes of another.\n", encoding="utf-8")
    subprocess.run(["dvc", "add", "--quiet", "data/raw"], check=True)
    data.main("mine", *words[1:])
    assert put.read_text(encoding="utf-8") == "Notes of another.\n"


def test_nothing_that_speaks_of_the_sample_stays_where_columns_have_its_names():
    begin_records()
    frame = rows("x").rename(columns={"note": "text", "class": "label"}).assign(seen="yes", complaint="x")
    frame.to_csv("mine/x.csv", index=False)
    Path("data/raw").mkdir(parents=True)
    shutil.copy("mine/x.csv", "data/raw/all.csv")
    Path("data/raw/README.md").write_text("The sample.\n", encoding="utf-8")
    subprocess.run(["dvc", "add", "--quiet", "data/raw"], check=True)
    shutil.copytree(".dvc/cache", "data/remote")  # as the sample's bundled remote has it
    words = ("mine/x.csv", "--text", "text", "--label", "label")
    data.main(*words)
    assert (params.load().validation.cluster, params.load().validation.slices) == (None, [])
    assert not Path("data/raw/README.md").exists()
