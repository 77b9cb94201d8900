"""Where rows are too few, the message says of what, in which group, and names ways out that exist."""

import pytest

from tasks.validation.__main__ import main
from tests.tasks.validation.conftest import configure, csv, fill, problems, report

LEAST = {"train": 8, "validation": 2, "test": 2}


def one_file(raw, *rare: str) -> None:
    common = [f"note {n},{'ab'[n % 2]},q{n % 40}" for n in range(400)]
    (raw / "all.csv").write_text(csv(*common, *rare, header="text,label,patient"))


def test_a_class_of_three_files_is_lowered_only_to_a_number_that_the_parameter_may_have(raw):  # case 14
    rows = {"train": 20, "validation": 3, "test": 0}
    fill(raw, **{name: [f"{name} rare {n},rare" for n in range(many)] for name, many in rows.items()})
    configure(minimum_rows={"train": 1, "validation": 1, "test": 1})
    assert problems() == (
        "test has 0 of at least 1 usable rows of 'rare': add rows, or set validation.rare to leave_out, or to merge, "
        "which makes all such classes one",
    )


@pytest.mark.parametrize("minimum", [LEAST, {"train": 1, "validation": 1, "test": 1}])
def test_a_class_that_one_group_holds_is_named_with_it_and_can_be_left_out(raw, minimum):  # case 14
    one_file(raw, *[f"rare {n},rare,p0" for n in range(23)])
    configure(group="patient", minimum_rows=minimum)
    (problem,) = problems()
    assert problem.startswith("the 23 usable rows of 'rare' are of 1 group ('p0') that stay whole, so that of ")
    assert f"test 0 of {minimum['test']}" in problem
    assert "add rows of other groups, or set validation.rare to leave_out" in problem
    configure(group="patient", minimum_rows=minimum, rare="leave_out")
    main()
    assert report()["rare"] == [{"label": "rare", "rows": 23, "merged_into": None}]


def test_a_class_with_fewer_rows_than_all_minimums_together_says_to_what_they_can_be_lowered(raw):  # case 40
    one_file(raw, *[f"rare {n},rare," for n in range(9)])
    configure(minimum_rows=LEAST)
    assert problems() == (
        "the file has 9 usable rows of 'rare', and validation.minimum_rows asks 12 (train 8, validation 2, test 2): "
        "add rows, lower these to 9 together in params.yaml, or set validation.rare to leave_out, or to merge, which "
        "makes all such classes one",
    )
    configure(minimum_rows={"train": 5, "validation": 2, "test": 2})
    main()
    assert [counts["classes"]["rare"] for counts in report()["rows"].values()] == [5, 2, 2]


def test_two_rows_are_never_enough_for_three_splits_and_no_lower_minimum_is_advised(raw):
    one_file(raw, "rare 1,rare,", "rare 2,rare,")
    (problem,) = problems()
    assert "lower" not in problem and "or set validation.rare to leave_out" in problem


def test_nine_rows_of_a_class_are_split_so_that_each_split_has_its_minimum(raw, capsys):  # case 40
    one_file(raw, *[f"rare {n},rare," for n in range(9)])
    main()
    assert all(counts["classes"]["rare"] >= 1 for counts in report()["rows"].values())
    moved = report()["moved"]
    said = f"{moved} of these rows are where small classes need them for validation.minimum_rows"
    assert (said in capsys.readouterr().out) == bool(moved)


def test_every_row_read_is_counted_once(raw, capsys):  # case 41
    duplicates = [f"Note {n}.,{'ab'[n % 2]}," for n in range(28)]
    conflicts = [f"note {n},{'ba'[n % 2]}," for n in range(100, 110)]
    one_file(raw, *duplicates, *conflicts, ",a,", "...,a,")
    main()
    found = report()
    reasons = {reason["reason"]: reason["rows"] for reason in found["set_aside"] if reason["rows"]}
    assert reasons == {"empty text": 1, "conflicting labels": 20, "duplicate": 28}
    usable = sum(counts["usable"] for counts in found["rows"].values())
    assert usable + sum(reasons.values()) == sum(file["rows"] for file in found["files"]) == 440
    assert {each["failing"] for each in found["expectations"] if not each["passed"]} == {1}
