"""Labels and groups in two spellings stop the run, which names both; so do labels that no report can show."""

import pandas as pd
import pytest

from core.data.splits import SPLITS
from tasks.validation.__main__ import main
from tests.tasks.validation.conftest import configure, csv, fill, one_file, problems, report


def with_groups(raw, **groups: list[str]) -> None:
    configure(group="patient")
    for name in SPLITS:
        first, second = groups.get(name, [f"{name} 1", f"{name} 2"])
        rows = [f'{name} calm,routine,"{first}"', f'{name} pain,urgent,"{second}"']
        (raw / f"{name}.csv").write_text(csv(*rows, header="text,label,patient"), encoding="utf-8")


@pytest.mark.parametrize(
    ("one", "other"), [("17", "17.0"), ("7", "007"), ("P01", "p01"), ("Dr. Lee", "dr.  lee."), ("A–1", "A-1")]
)  # case 8
def test_a_group_in_two_spellings_on_two_sides_is_named_with_both(raw, one, other):
    with_groups(raw, train=[one, "p2"], test=[other, "p3"])
    (problem,) = problems()
    first, second = (repr(name).replace("–", "\\u2013") for name in (one, other))
    assert problem.startswith(f"data/raw/train.csv line 2 (train-1), column patient: group {first} is the same as")
    assert f"{second} at data/raw/test.csv line 2 (test-1), but for its spelling, and spans train, test" in problem
    assert problem.endswith("let them differ in more than case, spaces, punctuation or zeros")


@pytest.mark.parametrize(
    ("section", "kind"),
    [({"cluster": "site"}, "cluster"), ({"slices": ["site"]}, "slice"), ({"group": "site"}, "group")],
)
@pytest.mark.parametrize(("one", "other"), [("17", "17.0"), ("P01", "p01"), ("north", "North ."), ("ACİL", "acil")])
def test_whatever_rows_share_or_are_sliced_by_is_held_to_one_spelling(raw, section, kind, one, other):  # case 8
    configure(**section)
    for name, site in zip(SPLITS, (one, other, "elsewhere"), strict=True):
        rows = [f"{name} calm,routine,{site}", f"{name} pain,urgent,"]
        (raw / f"{name}.csv").write_text(csv(*rows, header="text,label,site"), encoding="utf-8")
    (problem,) = problems()
    assert f"data/raw/train.csv line 2 (train-1), column site: {kind} {one!r} is the same as {other!r} at" in problem


def test_a_day_is_the_same_in_excel_and_in_a_text(raw):  # case 8
    with_groups(raw, train=["2026-01-02", "x"])
    frame = pd.DataFrame({"text": ["a", "b"], "label": ["routine", "urgent"], "patient": pd.to_datetime("2026-01-02")})
    (raw / "test.csv").unlink()
    frame.to_excel(raw / "test.xlsx", index=False)
    assert "group '2026-01-02' spans train, test" in problems()[0]


def test_groups_that_are_numbers_in_parquet_and_csv_are_the_same(raw):
    """A column with a gap is written as 17.0 by one tool and as 17 by another: these are equal as they are read."""
    with_groups(raw, train=["17", "18"])
    frame = pd.DataFrame({"text": ["a", "b"], "label": ["routine", "urgent"], "patient": [17.0, None]})
    (raw / "test.csv").unlink()
    frame.to_parquet(raw / "test.parquet")
    (problem,) = problems()
    assert "group '17' spans train, test" in problem


def test_groups_of_one_file_are_held_to_one_spelling_too(raw):
    one_file(raw)
    with (raw / "all.csv").open("a") as file:
        file.write("a note of its own,routine,P1\n")
    configure(group="patient")
    (problem,) = problems()
    assert "group 'p1' (and 4 more) is the same as 'P1' at data/raw/all.csv line 202 (all-201), but for" in problem


@pytest.mark.parametrize(
    ("one", "other", "seen"),
    [
        ("very urgent", "very\u00a0urgent", r"'very\xa0urgent'"),
        ("very urgent", "Very urgent", "'Very urgent'"),
        ("fi\u00e8vre", "fie\u0300vre", r"'fie\u0300vre'"),
        ("1", "1.0", "'1.0'"),
        ("co-morbid", "co\u2010morbid", r"'co\u2010morbid'"),
        ("R&D", "R&amp;D", "'R&amp;D'"),
        ("late", "late\u200b", r"'late\u200b'"),
        ("none", "None.", "'None.'"),
    ],
)  # case 9
def test_a_label_in_two_spellings_is_named_with_both_so_that_they_can_be_told_apart(raw, one, other, seen):
    fill(raw, train=[f"a note,{one}", f"another note,{one}", f"a third,{other}"])
    (problem,) = problems()
    assert problem.startswith("data/raw/train.csv line 4 (train-3), column label: label ")
    assert f"(and 1 more) is the same as {seen} at data/raw/train.csv line 6 (train-5), but for its spelling" in problem


@pytest.mark.parametrize(
    ("listed", "written", "said"),
    [
        (
            "very urgent",
            "very\u00a0urgent",
            r"'very\xa0urgent' is not among validation.labels (did you mean 'very urgent'?)",
        ),
        ("fi\u00e8vre", "fie\u0300vre", "'fie\\u0300vre' is not among validation.labels (did you mean 'fi\u00e8vre'?)"),
        ("1", "1.0", "'1.0' is not among validation.labels (did you mean '1'?)"),
    ],
)  # case 9
def test_a_label_in_another_spelling_than_that_of_params_is_told_apart_from_it(raw, listed, written, said):
    fill(raw, train=[f"a note,{written}"])
    configure(labels=["routine", "urgent", listed])
    assert said in problems()[0]


def test_labels_that_differ_in_a_sign_are_different_classes(raw):
    fill(raw, **{name: [f"{name} fine,A+", f"{name} poor,A-", f"{name} code,C#", f"{name} kin,C"] for name in SPLITS})
    main()
    assert report()["labels"] == ["A+", "A-", "C", "C#", "routine", "urgent"]


@pytest.mark.parametrize(
    ("label", "seen"),
    [("ur\x0bgent", r"'ur\x0bgent'"), ("ur\x1bgent", r"'ur\x1bgent'"), ("ur\x85gent", r"'ur\x85gent'")]
    + [("ur\ufffegent", r"'ur\ufffegent'"), ("\u200b", r"'\u200b'"), ("ur\u202egent", r"'ur\u202egent'")],
)  # case 12
def test_a_label_that_no_figure_can_show_is_refused_with_its_row(raw, label, seen):
    fill(raw, **{name: [f"{name} one,{label}", f"{name} two,{label}"] for name in SPLITS})
    (problem,) = problems()
    assert problem == (
        f"data/raw/train.csv line 4 (train-3), column label: label {seen} holds what no report can show: "
        "write it without control characters (and 5 more)"
    )
