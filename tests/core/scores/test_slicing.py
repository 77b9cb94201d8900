"""Which row belongs to which slice."""

from datasets import ClassLabel, Dataset, Features, Value

from core.scores import slicing


def tokenized(lengths: list[int], wards: list[str | None]) -> Dataset:
    rows = {
        "labels": [0] * len(lengths),
        "length": lengths,
        "truncated": [length > 5 for length in lengths],
        "broken_words": lengths,
        "slice ward": wards,
    }
    features = {"labels": ClassLabel(names=["b", "a"]), "length": Value("int32"), "truncated": Value("bool")}
    features |= {"broken_words": Value("int32"), "slice ward": Value("string")}
    return Dataset.from_dict(rows, features=Features(features))


def test_rows_are_sliced_by_class_length_truncation_and_the_columns_named():
    validation = tokenized([1, 2, 3, 4, 5, 6], ["x"] * 6)
    found = slicing.slicings(tokenized([2, 3, 9], ["north", None, "east"]), validation)
    said = {by: [of.names[number] for number in of.member] for by, of in found.items()}
    assert list(said) == ["ward", "class", "tokens", "split words", "truncated"]
    assert said == {
        "class": ["b", "b", "b"],
        "tokens": ["up to 2", "3 to 4", "over 4"],
        "split words": ["up to 2", "3 to 4", "over 4"],
        "truncated": ["no", "no", "yes"],
        "ward": ["north", "(missing)", "east"],
    }


def test_a_column_of_the_name_of_a_slicing_stands_beside_it():
    rows = tokenized([2, 3, 9], ["a", "b", "c"]).rename_column("slice ward", "slice tokens")
    found = slicing.slicings(rows, rows)
    assert found["tokens"].names == ["up to 2", "3 to 5", "over 5"]
    assert found["tokens (column)"].names == ["a", "b", "c"]
    assert [name for name, of in found.items() if not of.automatic] == ["tokens (column)"]


def test_a_third_of_a_single_number_is_named_by_it():
    assert slicing.thirds([1], [1, 2, 3]).names == ["up to 1", "2", "over 2"]


def test_thirds_of_one_value_leave_one_slice():
    assert set(slicing.thirds([7, 7], [7, 7, 7]).member) == {0}
