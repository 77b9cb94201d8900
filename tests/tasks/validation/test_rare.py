"""Classes with too few rows stop the run, are left out, or become one class; what became of them is counted."""

import pandas as pd
import pytest

from core.data.splits import SPLITS
from tasks.validation.__main__ import main
from tests.tasks.validation.conftest import configure, csv, fill, problems, quarantine, report, validated

LEAST = {"train": 2, "validation": 1, "test": 1}


@pytest.fixture
def three_files(raw):
    """Three classes in each file, and `odd` and `odder` in some: 3, 0 and 1 rows, and 1, 1 and 0."""
    extra = {"train": ["odd"] * 3 + ["odder"], "validation": ["odder"], "test": ["odd"]}
    more = {name: [f"{name} {label} {n},{label}" for n, label in enumerate(labels)] for name, labels in extra.items()}
    more["train"] += ["train calm again,routine", "train pain again,urgent"]
    fill(raw, **more)
    return raw


def labels_by_split() -> dict[str, list[str]]:
    return {name: sorted(set(validated(name)["label"])) for name in SPLITS}


def test_they_stop_the_run_and_each_way_out_is_named(three_files):
    configure(minimum_rows=LEAST)
    said = "\n".join(problems())
    assert (
        "train has 1 of at least 2 usable rows of 'odder': add rows, lower validation.minimum_rows.train to 1" in said
    )
    assert "validation has 0 of at least 1 usable rows of 'odd': add rows, or set validation.rare to leave_out" in said


def test_left_out_they_are_in_quarantine_and_counted(three_files, capsys):
    configure(minimum_rows=LEAST, rare="leave_out")
    main()
    assert labels_by_split() == dict.fromkeys(SPLITS, ["routine", "urgent"])
    assert report()["labels"] == ["routine", "urgent"]
    assert report()["rare"] == [
        {"label": "odd", "rows": 4, "merged_into": None},
        {"label": "odder", "rows": 2, "merged_into": None},
    ]
    assert [row for row, reason in quarantine() if reason == "class with too few rows"] == [
        "train-3", "train-4", "train-5", "train-6", "validation-3", "test-3"
    ]  # fmt: skip
    assert {"reason": "class with too few rows", "rows": 6, "texts": 6} in report()["set_aside"]
    assert "left out: 'odd', 4 usable rows" in capsys.readouterr().out


def test_merged_they_become_the_class_of_the_name_given(three_files, capsys):
    configure(minimum_rows=LEAST, rare="merge", merged="rest")
    main()
    assert labels_by_split() == dict.fromkeys(SPLITS, ["rest", "routine", "urgent"])
    assert report()["labels"] == ["routine", "urgent", "rest"]
    assert report()["rows"]["train"]["classes"] == {"routine": 2, "urgent": 2, "rest": 4}
    assert [of_class["merged_into"] for of_class in report()["rare"]] == ["rest", "rest"]
    assert quarantine() == []
    assert "merged into 'rest': 'odder', 2 usable rows" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["urgent", "Urgent."])
def test_merged_into_a_class_that_is_there_they_join_it(three_files, name):
    configure(minimum_rows=LEAST, rare="merge", merged=name, labels=["urgent", "odd", "odder", "routine"])
    main()
    assert report()["labels"] == ["urgent", "routine"]
    assert report()["rows"]["test"]["classes"] == {"urgent": 2, "routine": 1}


def test_merged_and_still_too_few_they_are_named_with_the_way_that_is_left(raw):
    fill(raw, train=["a,odd", "b,odder"])
    configure(rare="merge")
    found = problems()
    assert (
        found[0]
        == "validation has 0 of at least 1 usable rows of 'other': add rows, or set validation.rare to leave_out"
    )
    configure(rare="leave_out")
    main()


def test_a_class_that_training_lacks_is_left_out_too_where_that_is_asked(raw):
    fill(raw, test=["odd one,odd"])
    configure(rare="leave_out")
    main()
    assert report()["rare"] == [{"label": "odd", "rows": 1, "merged_into": None}]


def test_where_no_two_classes_are_left_it_says_which_are_gone(raw):
    fill(raw)
    configure(rare="leave_out", minimum_rows={"train": 5, "validation": 1, "test": 1})
    assert problems() == (
        "validation.rare is leave_out, and 0 of at least two classes are left, for 'routine', 'urgent' have too few "
        "rows: add rows, or lower validation.minimum_rows in params.yaml",
    )


def test_where_one_class_is_left_the_others_may_make_the_second(raw):
    extra = {name: [f"{name} odd,odd", *(f"{name} {n},routine" for n in range(2))] for name in SPLITS}
    fill(raw, **extra)
    least = dict.fromkeys(SPLITS, 2)
    configure(rare="leave_out", minimum_rows=least)
    (problem,) = problems()
    assert "1 of at least two classes are left" in problem and "set it to merge" in problem
    configure(rare="merge", minimum_rows=least)
    main()
    assert report()["labels"] == ["routine", "other"]


@pytest.mark.parametrize("way", ["leave_out", "merge"])
def test_of_one_file_the_other_rows_stay_in_their_splits(raw, way):
    lines = [f"note {n},{'ab'[n % 2]},p{n}" for n in range(300)]
    (raw / "all.csv").write_text(csv(*lines, header="text,label,patient"))
    configure(group="patient")
    main()
    before = pd.concat([validated(name).assign(split=name) for name in SPLITS]).set_index("row_id")["split"]
    lines += [f"odd {n},{'odd' if n % 2 else 'odder'},q{n % 3}" for n in range(12)]
    (raw / "all.csv").write_text(csv(*lines, header="text,label,patient"))
    configure(group="patient", rare=way, minimum_rows={"train": 4, "validation": 4, "test": 4})
    main()
    after = pd.concat([validated(name).assign(split=name) for name in SPLITS]).set_index("row_id")["split"]
    assert after[before.index].equals(before)
    assert report()["labels"] == (["a", "b"] if way == "leave_out" else ["a", "b", "other"])
    assert len(after) == (300 if way == "leave_out" else 312)
