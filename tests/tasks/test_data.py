"""Own data in one command: files in place, columns named, comments kept, classes shown, and what to type next."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from core.base.errors import UserError
from tasks import data, params
from tests.conftest import ROOT

PARAMS = (ROOT / "params.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch) -> Path:
    """A folder with the sample's params.yaml and no data."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    Path("mine").mkdir()
    return tmp_path


def write(*names: str, columns: tuple[str, str] = ("note", "class"), separator: str = "\t") -> list[str]:
    for name in names:
        frame = pd.DataFrame({columns[0]: [f"{name} is calm", f"{name}, in pain"], columns[1]: ["low", "high"]})
        frame.to_csv(f"mine/{name}", sep=separator, index=False)
    return [f"mine/{name}" for name in names]


def problem(*words: str) -> str:
    with pytest.raises(UserError) as caught:
        data.main(*words)
    assert Path("params.yaml").read_text(encoding="utf-8") == PARAMS
    assert not Path("data").exists()
    return "\n".join(caught.value.problems)


def test_files_are_put_in_place_and_their_columns_named(capsys):
    files = write("notes_train.tsv", "notes_dev.tsv", "notes-test.tsv.gz")
    data.main(*files, "--text", "note", "--label", "class")
    assert sorted(path.name for path in Path("data/raw").iterdir()) == ["test.tsv.gz", "train.tsv", "validation.tsv"]
    values = params.load()
    assert (values.validation.text, values.validation.label, values.validation.group) == ("note", "class", None)
    assert (values.validation.labels, values.validation.cluster, values.validation.slices) == (None, None, [])
    assert (values.evaluation.positive, values.evaluation.gates) == (None, [])
    printed = capsys.readouterr().out
    assert "read 2 rows of mine/notes_train.tsv (UTF-8, tab-separated)" in printed
    assert [line.split() for line in printed.splitlines() if line.startswith("'high'")] == [["'high'", "1", "1", "1"]]
    assert printed.endswith("next: `make run`\n")


def test_all_other_lines_and_all_comments_are_kept():
    data.main(*write("all.tsv"), "--text", "note", "--label", "class")
    after = Path("params.yaml").read_text(encoding="utf-8").splitlines()
    changed = [line for line in after if line not in PARAMS.splitlines()]
    assert [line.split(":")[0].strip() for line in changed] == [
        *("text", "label", "group", "cluster", "slices", "labels", "positive", "gates")
    ]
    comments = [line.partition(" # ")[2] for line in PARAMS.splitlines() if " # " in line]
    assert [line.partition(" # ")[2] for line in after if " # " in line] == comments


def test_the_same_again_changes_nothing(capsys):
    words = (*write("all.tsv"), "--text", "note", "--label", "class")
    data.main(*words)
    before = Path("params.yaml").read_bytes()
    data.main("data/raw", *words[1:])
    assert Path("params.yaml").read_bytes() == before
    assert [path.name for path in Path("data/raw").iterdir()] == ["all.tsv"]


def test_what_speaks_of_classes_that_are_still_there_is_kept():
    pd.DataFrame({"text": ["a", "b"], "label": ["urgent", "routine"], "seen": [1, 2]}).to_csv("mine/x.csv", index=False)
    data.main("mine/x.csv", "--text", "text", "--label", "label")
    values = params.load()
    assert (values.evaluation.positive, len(values.evaluation.gates)) == ("urgent", 4)
    assert (values.validation.labels, values.validation.slices) == (["routine", "urgent"], ["seen"])


def test_columns_that_are_not_named_are_shown_with_a_command_that_works():
    files = write("train.tsv", "dev.tsv", "test.tsv", columns=("note of day", "class"))
    found = problem(*files)
    assert "mine/train.tsv has note of day ('train.tsv is calm'), class ('low')" in found
    assert found.endswith(f'Maybe `make data FILES="{" ".join(files)}" TEXT="note of day" LABEL=class`')
    assert "there is no column 'nota'" in problem(*files, "--text", "nota", "--label", "class")
    data.main(*files, "--text", "note of day", "--label", "class")


def test_a_saved_folder_of_datasets_is_put_in_place():
    features = Features({"text": Value("string"), "label": ClassLabel(names=["low", "high"])})
    rows = {
        split: Dataset.from_dict({"text": [f"{split} a", f"{split} b"], "label": [0, 1]}, features=features)
        for split in ("train", "validation", "test")
    }
    DatasetDict(rows).save_to_disk("mine/saved")
    data.main("mine/saved", "--text", "text", "--label", "label")
    assert sorted(str(path.relative_to("data/raw")) for path in Path("data/raw").rglob("*.arrow")) == [
        f"{split}/data-00000-of-00001.arrow" for split in ("test", "train", "validation")
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "name your files"),
        (["absent.csv"], "absent.csv: there is no such file"),
        (["mine/train.tsv", "mine/test.tsv"], "FILES has no validation file"),
        (["mine/train.tsv", "mine/other.tsv", "mine/test.tsv"], "mine/other.tsv: its name tells no split"),
        (["mine/a.docx"], "mine/a.docx is not a .csv, .tsv"),
    ],
)
def test_files_that_do_not_add_up_change_nothing(names, words):
    write("train.tsv", "other.tsv", "test.tsv", "a.docx")
    assert words in problem(*names, "--text", "note", "--label", "class")


def test_what_dvc_has_no_copy_of_is_not_replaced():
    for command in (["git", "init", "--quiet"], ["dvc", "init", "--quiet"]):
        subprocess.run(command, check=True)
    words = (*write("all.tsv"), "--text", "note", "--label", "class")
    data.main(*words)
    with pytest.raises(UserError, match="data/raw holds files that DVC has no copy of: `dvc add data/raw` keeps one"):
        data.main(*words)
    subprocess.run(["dvc", "add", "--quiet", "data/raw"], check=True)
    data.main(*words)


def test_the_one_command_leads_to_data_that_validation_takes(capsys):
    shutil.copy(ROOT / "Makefile", "Makefile")
    recipe = subprocess.run(
        [
            "make",
            "--dry-run",
            "--no-print-directory",
            "data",
            "FILES=a.csv b.csv",
            "TEXT=my note",
            "LABEL=class",
            "--assume-old=.venv/installed",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert recipe[-2:] == [
        'python -m tasks.data a.csv b.csv --text "my note" --label "class" --group ""',
        "dvc add --quiet data/raw",
    ]


def test_lists_of_several_lines_are_replaced_whole():
    block = PARAMS.replace("  labels: [routine, urgent] #", "  labels: # of mine\n    - routine\n    - urgent #")
    new = data.with_values(block, {"validation.labels": None, "evaluation.gates": []})
    values = yaml.safe_load(new)
    assert (values["validation"]["labels"], values["evaluation"]["gates"]) == (None, [])
    assert "  labels: null # of mine\n" in new
