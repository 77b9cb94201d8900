"""The report's sections on what went in."""

from core import provenance

COUNTS = {"read": 9, "set_aside": 1, "usable": 8}


def validation(labels: list[str]) -> dict:
    classes = {label: 1 for label in labels}
    return {
        "files": [{"file": "all.csv", "sha256": "0" * 64, "rows": 27}],
        "split_here": True,
        "labels": labels,
        "rows": {split: COUNTS | {"classes": classes} for split in ("train", "validation", "test")},
        "set_aside": [{"reason": "duplicate", "rows": 0, "texts": 0}],
        "expectations": [],
    }


def test_a_file_that_was_split_here_is_said_so():
    assert "One file was given and is split here" in provenance.data(validation(["a", "b"]))


def test_of_many_classes_the_first_are_shown_and_the_others_counted():
    written = provenance.data(validation([f"class {number}" for number in range(77)]))
    assert "The other 57 classes stand in `reports/validation.json`." in written
    assert "`class 19`" in written
    assert "`class 20`" not in written


def test_data_that_is_used_whole_is_said_so():
    assert "Every row read could be used." in provenance.data(validation(["a", "b"]))
