"""Own data in one command: files in place, columns named, comments kept, classes shown, and what to type next."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from core.base.errors import UserError
from tasks import params
from tasks.data import __main__ as data
from tests.tasks.data.conftest import PARAMS, problem, rows, write

pytestmark = pytest.mark.usefixtures("project")


def test_files_are_put_in_place_and_their_columns_named(capsys):  # case 39
    files = write("notes_train.tsv", "notes_dev.tsv", "notes-test.tsv.gz")
    data.main(*files, "--text", "note", "--label", "class")
    assert sorted(path.name for path in Path("data/raw").iterdir()) == ["test.tsv.gz", "train.tsv", "validation.tsv"]
    values = params.load()
    assert (values.validation.text, values.validation.label, values.validation.group) == ("note", "class", None)
    assert (values.validation.labels, values.validation.cluster, values.validation.slices) == (None, None, [])
    assert (values.evaluation.positive, values.evaluation.gates) == (None, [])
    printed = capsys.readouterr().out
    assert "read 40 rows of mine/notes_train.tsv (UTF-8, tab-separated)" in printed
    assert [line.split() for line in printed.splitlines() if line.startswith("'high'")] == [
        ["'high'", "20", "20", "20"]
    ]
    assert "quarantined: nothing\nusable: train 40, validation 40, test 40\n" in printed
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
    rows("x").replace({"low": "routine", "high": "urgent"}).to_csv("mine/x.csv", index=False)
    data.main("mine/x.csv", "--text", "note", "--label", "class")
    values = params.load()
    assert (values.evaluation.positive, len(values.evaluation.gates)) == ("urgent", 4)
    assert values.validation.labels == ["routine", "urgent"]


@pytest.mark.parametrize(
    ("renamed", "kept"),
    [({}, ("complaint", ["seen"])), ({"text": "note"}, (None, [])), ({"label": "class"}, (None, []))],
)
def test_cluster_and_slices_are_let_go_with_the_columns_of_texts_and_labels(renamed, kept):
    frame = rows("x").assign(seen="yes", complaint=rows("x")["patient"])
    frame = frame.rename(columns={"note": "text", "class": "label"}).rename(columns=renamed)
    frame.to_csv("mine/x.csv", index=False)
    text, label = (renamed.get(name, name) for name in ("text", "label"))
    data.main("mine/x.csv", "--text", text, "--label", label)
    assert (params.load().validation.cluster, params.load().validation.slices) == kept


def test_gates_of_a_class_or_a_slice_that_is_gone_are_let_go_and_no_other():
    kept = "    - {metric: accuracy, at_least: 0.85}\n"
    gone = "    - {metric: accuracy, slice: {seen: 'yes'}, at_least: 0.8}\n"
    gone += "    - {metric: sensitivity, of_class: routine, at_least: 0.8}\n"
    Path("params.yaml").write_text(PARAMS.replace(kept, kept + gone), encoding="utf-8")
    rows("x").replace({"low": "quiet", "high": "urgent"}).to_csv("mine/x.csv", index=False)
    data.main("mine/x.csv", "--text", "note", "--label", "class")
    values = params.load()
    assert values.evaluation.positive == "urgent"
    assert [gate.metric for gate in values.evaluation.gates] == ["accuracy", "loss", "sensitivity", "topic_probe"]
    assert kept in Path("params.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("primary", "given"), [("cost", "cost: {urgent: {routine: 10}}"), ("weighted_kappa", "cost: null")]
)
def test_a_metric_that_speaks_of_other_classes_decides_no_longer(primary, given):
    before = PARAMS.replace("primary: balanced_accuracy", f"primary: {primary}").replace("cost: null", given)
    Path("params.yaml").write_text(before, encoding="utf-8")
    data.main(*write("all.tsv"), "--text", "note", "--label", "class")
    evaluation = params.load().evaluation
    assert (evaluation.primary, evaluation.cost, evaluation.positive) == ("balanced_accuracy", None, None)


def test_two_columns_make_sentence_pairs_and_a_comma_may_be_part_of_a_name():
    frame = rows("x").assign(premise="what follows is so", **{"a, b": rows("y")["note"]})
    frame.to_csv("mine/x.csv", index=False)
    data.main("mine/x.csv", "--text", "premise, note", "--label", "class", "--group", "patient")
    assert params.load().validation.texts == ["premise", "note"]
    assert "\n  text: [premise, note] # the columns of your files" in Path("params.yaml").read_text(encoding="utf-8")
    shutil.rmtree("data")
    data.main("mine/x.csv", "--text", "a, b", "--label", "class")
    assert params.load().validation.text == "a, b"


def test_values_that_do_not_go_together_are_told_with_the_reason():
    long = PARAMS.replace("long: truncate", "long: chunks")
    Path("params.yaml").write_text(long, encoding="utf-8")
    with pytest.raises(UserError, match="'chunks', which reads one text a row, and validation.text names two columns"):
        data.main(*write("all.tsv"), "--text", "note,patient", "--label", "class")
    assert Path("params.yaml").read_text(encoding="utf-8") == long


def test_params_that_are_not_written_section_below_section_are_left_to_the_user():
    on_one_line = json.dumps(yaml.safe_load(PARAMS))
    Path("params.yaml").write_text(on_one_line, encoding="utf-8")
    with pytest.raises(UserError, match='set by hand validation.text to "note", validation.label to "class"'):
        data.main(*write("all.tsv"), "--text", "note", "--label", "class")
    assert Path("params.yaml").read_text(encoding="utf-8") == on_one_line
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["Yes", "no", "YES", "no"], "label 'Yes' (and 9 more) is the same as 'YES' at mine/x.csv line 4 (x-3)"),
        (["yes"], "at least two classes are needed"),
        (
            [*map(str, range(40))],
            "40 different labels in 40 rows to train on: set LABEL to the column that holds the class",
        ),
        (["yes", "no", None, "no"], "mine/x.csv line 4 (x-3), column class: the label is empty"),
        (["yes", *["no"] * 9], "the file has 4 usable rows of 'yes'"),
    ],
)
def test_what_validation_would_refuse_is_told_before_anything_is_changed(labels, words, capsys):
    rows("x").assign(**{"class": (labels * 40)[:40]}).to_csv("mine/x.csv", index=False)
    assert words in problem("mine/x.csv", "--text", "note", "--label", "class")
    assert "read 40 rows of mine/x.csv" in capsys.readouterr().out


def test_too_few_groups_are_told_by_the_option_that_names_them():
    rows("x").assign(ward=["A", "B"] * 20).to_csv("mine/x.csv", index=False)
    found = problem("mine/x.csv", "--text", "note", "--label", "class", "--group", "ward")
    assert found.startswith("GROUP: the rows form 2 of at least 3 groups")
    assert "set it to another column, or leave it out if rows that share a value may part" in found


def test_no_file_of_quarantined_rows_is_named_before_there_is_one():
    rows("x").assign(note="").to_csv("mine/x.csv", index=False)
    found = problem("mine/x.csv", "--text", "note", "--label", "class")
    assert "none of 40 rows can be used (40 empty text): set TEXT to" in found


def test_rows_that_will_be_quarantined_are_counted(capsys):
    frame = pd.concat([rows("x"), rows("x").head(3), rows("y").head(2).assign(note="")])
    frame.to_csv("mine/x.csv", index=False)
    data.main("mine/x.csv", "--text", "note", "--label", "class")
    printed = capsys.readouterr().out
    assert "\nquarantined: 2 empty text, 3 duplicate\nusable (split here): train " in printed
    assert "fewer than 36 are too few to decide, whatever the models are: a larger validation.split.test" in printed


def test_a_saved_folder_of_datasets_is_put_in_place():
    features = Features({"text": Value("string"), "label": ClassLabel(names=["low", "high"])})
    saved = {
        split: Dataset.from_dict({"text": [*rows(split)["note"]], "label": [0, 1] * 20}, features=features)
        for split in ("train", "validation", "test")
    }
    DatasetDict(saved).save_to_disk("mine/saved")
    data.main("mine/saved", "--text", "text", "--label", "label")
    assert sorted(str(path.relative_to("data/raw")) for path in Path("data/raw").rglob("*.arrow")) == [
        f"{split}/data-00000-of-00001.arrow" for split in ("test", "train", "validation")
    ]


@pytest.mark.parametrize(("names", "words"), [([], "name your files"), (["absent.csv"], "there is no such file")])
def test_without_files_nothing_is_changed(names, words):
    assert words in problem(*names, "--text", "note", "--label", "class")


def test_a_split_that_large_groups_leave_small_is_told(capsys):
    frame = pd.concat([rows(f"x{number}") for number in range(10)])
    frame["patient"] = ["x0" if number < 340 else f"of its own {number}" for number in range(len(frame))]
    frame.to_csv("mine/x.csv", index=False)
    data.main("mine/x.csv", "--text", "note", "--label", "class", "--group", "patient")
    assert "usable rows, where validation.split asks 10%: few rows, or few and large groups" in capsys.readouterr().out
