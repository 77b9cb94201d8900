import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from core.base.errors import UserError
from tasks.validation.__main__ import main
from tests.conftest import PARAMS

ROOT = Path(__file__).parents[3]
SPLITS = ("train", "validation", "test")


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """An empty data/raw in a project of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    configure()
    folder = tmp_path / "data" / "raw"
    folder.mkdir(parents=True)
    return folder


def configure(**changes: Any) -> None:
    values = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    least = {"train": 1, "validation": 1, "test": 1}
    values["validation"] |= {"group": None, "labels": None, "minimum_rows": least, **changes}
    Path("params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def csv(*rows: str, header: str = "text,label") -> str:
    return "\n".join([header, *rows, ""])


def fill(raw: Path, **extra: list[str]) -> None:
    """Write three sound files of two rows each, then the extra rows."""
    for name in SPLITS:
        rows = [f"{name} calm,routine", f"{name} pain,urgent", *extra.get(name, [])]
        (raw / f"{name}.csv").write_text(csv(*rows), encoding="utf-8")


def validated(name: str) -> pd.DataFrame:
    return pd.read_parquet(f"data/validated/{name}.parquet")


def quarantine() -> list[tuple[str, str]]:
    return list(pd.read_parquet("data/quarantine.parquet")[["row_id", "reason"]].itertuples(index=False, name=None))


def report() -> Any:
    return json.loads(Path("reports/validation.json").read_text(encoding="utf-8"))


def problems() -> tuple[str, ...]:
    with pytest.raises(UserError) as caught:
        main()
    assert not Path("data/validated").exists()
    return caught.value.problems


def outputs() -> dict[str, str]:
    files = [*Path("data/validated").iterdir(), Path("data/quarantine.parquet"), Path("reports/validation.json")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_three_files_of_different_kinds_become_three_tables(raw, capsys):
    (raw / "train.csv").write_text(csv("  one  two ,b", '"NA, or ""null""",a'), encoding="utf-8-sig")
    (raw / "validation.jsonl").write_text('{"text": "three", "label": "a"}\n{"text": "four", "label": "b"}')
    pd.DataFrame({"text": ["five", "six"], "label": ["b", "a"]}).to_parquet(raw / "test.parquet")
    (raw / "README.md").write_text("# Notes\n\nTwo wards.\n")
    main()
    train = validated("train")
    assert list(train.columns) == ["row_id", "text", "label", "group"]
    assert train.iloc[:, :3].to_numpy().tolist() == [["train-1", "one  two", "b"], ["train-2", 'NA, or "null"', "a"]]
    assert train["group"].isna().all()
    assert list(validated("test")["row_id"]) == ["test-1", "test-2"]
    found = report()
    assert list(found) == ["description", "files", "split_here", "labels", "rows", "set_aside", "expectations"]
    assert found["description"] == "Two wards."
    assert found["files"][1] == {
        "file": "validation.jsonl",
        "sha256": hashlib.sha256((raw / "validation.jsonl").read_bytes()).hexdigest(),
        "rows": 2,
    }
    assert (found["split_here"], found["labels"]) == (False, ["a", "b"])
    assert found["rows"]["test"] == {"read": 2, "set_aside": 0, "usable": 2, "classes": {"a": 1, "b": 1}}
    assert all(each["passed"] for each in found["expectations"])
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines() == [
        "read 2 rows of train.csv, 2 rows of validation.jsonl, 2 rows of test.parquet",
        "quarantined in data/quarantine.parquet: nothing",
        "usable: train 2, validation 2, test 2",
    ]


def test_columns_to_slice_by_are_kept_under_names_like_no_other(raw):
    configure(slices=["ward", "group"])
    for name in SPLITS:
        rows = [f"{name} calm,routine,north,a", f"{name} pain,urgent,,b"]
        (raw / f"{name}.csv").write_text(csv(*rows, header="text,label,ward,group"), encoding="utf-8")
    main()
    train = validated("train")
    assert list(train.columns) == ["row_id", "text", "label", "group", "slice ward", "slice group"]
    assert train["slice ward"].iloc[0] == "north"
    assert train["slice ward"].isna().iloc[1]


def test_a_column_to_slice_by_that_is_missing_is_named(raw):
    configure(slices=["wards"])
    fill(raw)
    (problem, *_) = problems()
    assert "has no column 'wards'" in problem
    assert "set validation.slices in params.yaml to its name, or leave it out there" in problem


def test_every_quarantined_row_is_kept_with_its_reason(raw, capsys):
    fill(
        raw,
        train=[
            ",urgent",
            "Same  TEXT,routine",
            "same text,routine",
            "unsure,routine",
            "in validation,urgent",
            "in both,urgent",
        ],
        validation=["In Validation,urgent", "in both,urgent", "in test,routine"],
        test=["UNSURE,urgent", "in both,urgent", "in  test,routine", '" ",routine'],
    )
    before = outputs_of_user(raw)
    main()
    assert quarantine() == [
        ("train-3", "empty text"),
        ("train-5", "duplicate"),
        ("train-6", "conflicting labels"),
        ("train-7", "training text also in validation or test"),
        ("train-8", "training text also in validation or test"),
        ("validation-4", "validation text also in test"),
        ("validation-5", "validation text also in test"),
        ("test-3", "conflicting labels"),
        ("test-6", "empty text"),
    ]
    assert list(validated("train")["row_id"]) == ["train-1", "train-2", "train-4"]
    assert report()["set_aside"] == [
        {"reason": "empty text", "rows": 2, "texts": 0},
        {"reason": "conflicting labels", "rows": 2, "texts": 1},
        {"reason": "duplicate", "rows": 1, "texts": 1},
        {"reason": "training text also in validation or test", "rows": 2, "texts": 2},
        {"reason": "validation text also in test", "rows": 2, "texts": 2},
    ]
    assert report()["rows"]["test"] == {"read": 6, "set_aside": 2, "usable": 4, "classes": {"routine": 2, "urgent": 2}}
    printed = capsys.readouterr().out
    assert "2 empty text, 2 conflicting labels, 1 duplicate, 2 training text also in validation or test" in printed
    assert "warning: 2 rows do not meet: every row has a text (train-3, test-6)" in printed
    assert outputs_of_user(raw) == before
    assert "unsure" not in Path("reports/validation.json").read_text().casefold()


def outputs_of_user(raw: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in raw.iterdir()}


def test_an_empty_quarantine_has_the_same_columns_and_types_as_a_full_one(raw):
    fill(raw)
    main()
    empty = pq.read_schema("data/quarantine.parquet").remove_metadata()
    no_groups = pq.read_schema("data/validated/train.parquet").remove_metadata()
    configure(group="patient")
    for name in SPLITS:
        rows = [f"{name} calm,routine,{name}", f"{name} pain,urgent,", ",urgent,"]
        (raw / f"{name}.csv").write_text(csv(*rows, header="text,label,patient"))
    main()
    assert pq.read_schema("data/quarantine.parquet").remove_metadata() == empty
    assert pq.read_schema("data/validated/train.parquet").remove_metadata() == no_groups
    assert validated("test")["group"].iloc[0] == "test"
    assert validated("test")["group"].isna().tolist() == [False, True]


def test_the_order_of_labels_in_params_is_kept(raw):
    fill(raw)
    configure(labels=["urgent", "routine"])
    main()
    assert report()["labels"] == ["urgent", "routine"]


def one_file(raw: Path, rows: int = 200) -> None:
    """Write one file in which one row in four is urgent, and five rows share a patient."""
    lines = [f"note {n},{'urgent' if n % 4 == 0 else 'routine'},p{n // 5}" for n in range(rows)]
    (raw / "all.csv").write_text(csv(*lines, header="text,label,patient"))


@pytest.mark.parametrize(("group", "urgent"), [(None, [35, 5, 10]), ("patient", [35, 5, 10])])
def test_one_file_is_split_by_share_and_stratified_by_label(raw, group, urgent):
    one_file(raw)
    configure(group=group)
    main()
    found = report()
    assert found["split_here"]
    assert {name: found["rows"][name]["usable"] for name in SPLITS} == {"train": 140, "validation": 20, "test": 40}
    assert [counts["classes"]["urgent"] for counts in found["rows"].values()] == urgent
    numbers = [int(row_id.removeprefix("all-")) for row_id in validated("test")["row_id"]]
    assert numbers == sorted(numbers)
    if group:
        groups = [set(validated(name)["group"]) for name in SPLITS]
        assert not (groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2])


def test_the_seed_draws_the_split(raw):
    one_file(raw)
    main()
    first = outputs()
    main()
    assert outputs() == first
    configure(split={"validation": 0.1, "test": 0.2, "seed": 14})
    main()
    assert outputs()["data/validated/test.parquet"] != first["data/validated/test.parquet"]


def test_duplicates_and_conflicts_are_quarantined_before_one_file_is_split(raw):
    one_file(raw)
    with (raw / "all.csv").open("a") as file:
        file.write("note 1,routine,p0\nNOTE 2,routine,p0\nnote 4,routine,p0\n")
    main()
    assert quarantine() == [
        ("all-5", "conflicting labels"),
        ("all-201", "duplicate"),
        ("all-202", "duplicate"),
        ("all-203", "conflicting labels"),
    ]
    assert pd.read_parquet("data/quarantine.parquet")["split"].isna().all()
    texts = pd.concat([validated(name) for name in SPLITS])["text"].str.casefold()
    assert len(texts) == 199 and texts.is_unique


def test_where_no_row_can_be_used_the_column_of_the_texts_is_doubted(raw):
    (raw / "all.csv").write_text(csv(",x", ",y"))
    assert problems() == (
        "column text: none of 2 rows can be used (2 empty text), see data/quarantine.parquet: "
        "set validation.text in params.yaml to the column that holds the texts",
    )


@pytest.mark.parametrize("rows", [["a note,x"], ["a note,x", "b note,x", "c note,y"]])
def test_one_file_that_is_too_small_to_split_says_what_is_short(raw, rows):
    (raw / "all.csv").write_text(csv(*rows))
    assert any("usable rows of 'x'" in problem or "at least two classes" in problem for problem in problems())
    assert report()["split_here"]


def test_a_critical_failure_still_leaves_the_report_and_the_quarantine(raw):
    fill(raw, train=[",urgent", "other,wibble"], test=["x,routine", "late,"])
    configure(labels=["routine", "urgent"], characters={"minimum": 3, "maximum": 100000})
    found = problems()
    assert [problem.split(":")[0] for problem in found] == [
        "data/raw/test.csv line 5 (test-4), column label",
        "data/raw/train.csv line 5 (train-4), column label",
        "data/raw/test.csv line 4 (test-3), column text",
    ]
    assert quarantine() == [("train-3", "empty text")]
    failed = {each["expectation"]: each["row_ids"] for each in report()["expectations"] if not each["passed"]}
    assert failed == {
        "every row has a text": ["train-3"],
        "every usable row has a label": ["test-4"],
        "every label is one of the known labels": ["train-4"],
        "every text has 3 to 100000 characters": ["test-3"],
    }


def test_a_label_that_train_lacks_is_named_with_its_row(raw):
    fill(raw, test=["odd,wibble"])
    assert problems() == (
        "data/raw/test.csv line 4 (test-3), column label: train has no label 'wibble': correct it, "
        "or add training rows of that label",
    )


def test_a_class_that_is_lost_to_conflicts_is_named(raw):
    fill(raw, train=["rare,maybe", "rare,routine"])
    found = problems()
    assert "train has 0 of at least 1 usable rows of 'maybe' (1 quarantined, see data/quarantine.parquet)" in found[0]
    assert len(found) == 3


def test_one_class_is_refused(raw):
    for name in SPLITS:
        (raw / f"{name}.csv").write_text(csv(f"{name} a,x", f"{name} b,x"))
    assert ["at least two classes are needed" in problem for problem in problems()] == [True]


def test_a_column_of_free_text_is_not_taken_for_labels_nor_written_to_the_report(raw):
    one_file(raw)
    configure(text="label", label="text")
    (problem,) = problems()
    assert "column text has 200 different labels in 200 rows to train on: set validation.label" in problem
    assert not Path("reports").exists()


def test_a_group_in_two_splits_is_named(raw):
    configure(group="patient")
    for name in SPLITS:
        rows = [f"{name} a,x,{name}", f"{name} b,y,{'p1' if name != 'train' else ''}"]
        (raw / f"{name}.csv").write_text(csv(*rows, header="text,label,patient"))
    (problem,) = problems()
    assert "validation.csv line 3 (validation-2), column patient: group 'p1' spans validation, test" in problem


def test_a_huge_cell_hints_at_a_quotation_mark_that_is_not_closed(raw):
    configure(characters={"minimum": 3, "maximum": 50})
    fill(raw, train=[f'"{"swallowed rows " * 9}",routine'])
    (problem,) = problems()
    assert problem.startswith("data/raw/train.csv line 4 (train-3), column text: 'swallowed rows")
    assert "is longer (134) than validation.characters.maximum (50): maybe a quotation mark" in problem
    assert len(problem) < 300


def test_the_problems_of_all_files_are_listed_at_once(raw):
    (raw / "train.csv").write_bytes("text,label\ncaf\xe9,x\n".encode("latin-1"))
    (raw / "validation.jsonl").write_text('{"text": "a", "label": "b"}\n{oops\n')
    (raw / "test.parquet").write_bytes(b"PAR1")
    found = problems()
    assert [words in problem for words, problem in zip(["UTF-8", "line 2", "Parquet"], found, strict=True)] == [
        True
    ] * 3
    assert not Path("reports").exists()


def test_a_missing_column_names_the_columns_and_the_parameter(raw):
    configure(text="note", group="patient")
    fill(raw)
    found = problems()
    assert len(found) == 6
    assert "train.csv has no column 'note'; its first line names 'text', 'label'" in found[0]
    assert "validation.group in params.yaml to its name, or to null where rows share nothing" in found[1]


def test_numbers_are_labels_like_any_other_text(raw):
    (raw / "train.csv").write_text(csv("one note,1", "no note,0"))
    (raw / "validation.jsonl").write_text('{"text": "two", "label": 1}\n{"text": "three", "label": 0}\n')
    pd.DataFrame({"text": ["four", "five", None], "label": [0, 1, None]}).to_parquet(raw / "test.parquet")
    main()
    assert report()["labels"] == ["0", "1"]
    assert list(validated("test")["label"]) == ["0", "1"]


def test_two_runs_write_the_same_bytes(raw):
    fill(raw, train=[",urgent", "train calm,routine"])
    main()
    first = outputs()
    main()
    assert outputs() == first and len(first) == 5


def test_from_a_shell_bad_input_ends_with_1_and_no_traceback(raw):
    (raw / "train.csv").write_text(csv("a,b"))
    found = subprocess.run(
        [sys.executable, "-m", "tasks.validation"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.splitlines()[0] == "tasks.validation stopped: 2 problems"
    assert "Traceback" not in found.stderr


def test_one_unknown_label_is_one_problem(raw):
    fill(raw, test=["one,routine", "two,urgent", "late,rutine"])
    configure(labels=["routine", "urgent"], minimum_rows={"train": 1, "validation": 1, "test": 2})
    (problem,) = problems()
    assert "'rutine' is not among validation.labels (did you mean 'routine'?)" in problem


def test_cells_separated_by_semicolons_are_recognised_even_with_quotation_marks(raw):
    fill(raw)
    (raw / "train.csv").write_text('text;label\n"a ""b"" c";x\n"d" e;y\n')
    assert any("separated by ';'" in problem for problem in problems())
