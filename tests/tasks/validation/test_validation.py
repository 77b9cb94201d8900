"""What validation makes of sound data, and what it puts into quarantine."""

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.data.splits import SPLITS
from tasks.validation.__main__ import main
from tests.tasks.validation.conftest import configure, csv, fill, one_file, outputs, quarantine, report, validated


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
    assert list(found) == [
        "description",
        "files",
        "split_here",
        "moved",
        "labels",
        "rows",
        "rare",
        "set_aside",
        "expectations",
    ]
    assert found["description"] == "Two wards."
    assert found["files"][1] == {
        "file": "validation.jsonl",
        "read_as": "UTF-8, JSON",
        "sha256": hashlib.sha256((raw / "validation.jsonl").read_bytes()).hexdigest(),
        "rows": 2,
    }
    assert (found["split_here"], found["labels"]) == (False, ["a", "b"])
    assert found["rows"]["test"] == {"read": 2, "set_aside": 0, "usable": 2, "classes": {"a": 1, "b": 1}}
    assert all(each["passed"] for each in found["expectations"])
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines() == [
        "read 2 rows of train.csv (UTF-8, comma-separated), 2 rows of validation.jsonl (UTF-8, JSON), "
        "2 rows of test.parquet (Parquet)",
        "quarantined in data/quarantine.parquet: nothing",
        "usable: train 2, validation 2, test 2",
        "warning: the 2 test rows tell as much as 2 clusters of equal size, and fewer than 36 are too few to decide, "
        "whatever the models are: more rows would tell more",
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


@pytest.mark.parametrize("slices", [[], ["complaint"]])
def test_a_second_column_that_rows_share_is_kept_and_may_span_splits(raw, slices):
    configure(group="patient", cluster="complaint", slices=slices)
    for name in SPLITS:
        rows = [f"{name} calm,routine,{name},rash", f"{name} pain,urgent,{name},"]
        (raw / f"{name}.csv").write_text(csv(*rows, header="text,label,patient,complaint"), encoding="utf-8")
    main()
    for name in SPLITS:
        kept = validated(name)
        assert list(kept.columns) == ["row_id", "text", "label", "group", "cluster", *(f"slice {n}" for n in slices)]
        assert kept["cluster"].iloc[0] == "rash"
        assert kept["cluster"].isna().tolist() == [False, True]


def test_one_file_is_split_without_regard_to_the_second_column_that_rows_share(raw):
    rows = [f"note {number},{'ab'[number % 2]},rash" for number in range(40)]
    (raw / "all.csv").write_text(csv(*rows, header="text,label,complaint"), encoding="utf-8")
    main()
    without = {name: list(validated(name)["row_id"]) for name in SPLITS}
    configure(cluster="complaint")
    main()
    assert {name: list(validated(name)["row_id"]) for name in SPLITS} == without
    assert all(set(validated(name)["cluster"]) == {"rash"} for name in SPLITS)


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
        {"reason": "class with too few rows", "rows": 0, "texts": 0},
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


@pytest.mark.parametrize("group", [None, "patient"])
def test_one_file_is_split_about_by_share_and_its_groups_stay_whole(raw, group):
    one_file(raw, rows=1000)
    configure(group=group)
    main()
    found = report()
    assert found["split_here"] and found["moved"] == 0
    shares = {name: found["rows"][name]["usable"] / 1000 for name in SPLITS}
    assert shares == {name: pytest.approx(share, abs=0.06) for name, share in zip(SPLITS, (0.7, 0.1, 0.2), strict=True)}
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
