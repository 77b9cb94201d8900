"""One table becomes three: a row's split follows from the row itself, and small classes have their minimum in each."""

import pandas as pd
import pytest

from core.base.errors import UserError
from core.data.splits import SPLITS
from tasks.validation.params import Split
from tasks.validation.splits import far_from_shares, split

SHARES = Split(validation=0.1, test=0.2, seed=13)
LEAST = {"train": 1, "validation": 1, "test": 1}


def table(labels: list[str], groups: list[str] | None = None, start: int = 0) -> pd.DataFrame:
    """Return rows of different texts, which the index names."""
    keys = [f"note {number}" for number in range(start, start + len(labels))]
    return pd.DataFrame({"key": keys, "label": labels, "group": groups or [None] * len(labels)}, keys, dtype="str")


def many(rows: int) -> pd.DataFrame:
    return table(["urgent" if row % 4 == 0 else "routine" for row in range(rows)])


def by_class(rows: pd.DataFrame, least: dict[str, int] = LEAST) -> pd.DataFrame:
    return pd.crosstab(rows["label"], split(rows, SHARES, least)["split"]).reindex(columns=SPLITS, fill_value=0)


@pytest.mark.parametrize(("validation", "test"), [(0.15, 0.15), (0.3, 0.5), (0.02, 0.01)])
def test_any_shares_are_met_but_for_what_chance_does_to_them(validation, test):
    found = split(many(20_000), Split(validation=validation, test=test, seed=13), LEAST)["split"]
    assert found.value_counts(normalize=True)["validation"] == pytest.approx(validation, abs=0.01)
    assert found.value_counts(normalize=True)["test"] == pytest.approx(test, abs=0.01)


def test_old_rows_stay_where_they_are_whatever_rows_join_them_and_in_whatever_order():  # case 28
    old, new = many(600), table(["urgent", "routine"] * 100, start=600)
    before = split(old, SHARES, {"train": 8, "validation": 2, "test": 2})
    after = split(pd.concat([new, old.iloc[::-1]]), SHARES, {"train": 8, "validation": 2, "test": 2})
    assert before["split"].equals(after["split"][before.index])
    assert set(after["split"].tail(200)) == set(SPLITS)
    assert not after["moved"].any()


def test_a_row_stays_where_it_is_when_other_rows_go_and_when_its_text_or_group_is_spelled_anew():
    rows = many(300)
    before = split(rows, SHARES, LEAST)["split"]
    assert before[::2].equals(split(rows[::2], SHARES, LEAST)["split"])
    groups = [f"P{row % 90}" for row in range(300)]
    first, again = (
        split(rows.assign(group=named), SHARES, LEAST)["split"] for named in (groups, [name.lower() for name in groups])
    )
    assert first.equals(again)


def test_another_seed_draws_another_split():
    rows = many(300)
    assert not split(rows, SHARES, LEAST).equals(split(rows, SHARES.model_copy(update={"seed": 14}), LEAST))


def test_groups_stay_whole_and_rows_without_one_stand_alone():
    rows = many(1000).assign(group=[f"p{row // 5}" if row < 500 else None for row in range(1000)])
    found = split(rows, SHARES, LEAST)["split"]
    assert (found[:500].groupby(rows["group"]).nunique() == 1).all()
    alone = many(1000)
    assert found[500:].equals(split(alone, SHARES, LEAST)["split"][500:])


@pytest.mark.parametrize("count", [3, 4, 6])
def test_few_groups_are_parted_among_the_splits_each_of_them_whole(count):
    groups = [f"ward {row % count}" for row in range(60)]
    rows = table(["urgent" if row // count % 2 else "routine" for row in range(60)], groups)
    found = split(rows, SHARES, LEAST)["split"].groupby(rows["group"]).unique()
    assert sorted({name for names in found for name in names}) == sorted(SPLITS)
    assert [len(names) for names in found] == [1] * count


def test_a_split_far_from_its_share_is_said_with_what_draws_another():
    assert far_from_shares({"train": 65, "validation": 12, "test": 23}, SHARES) == []
    (warning,) = far_from_shares({"train": 88, "validation": 9, "test": 3}, SHARES)
    assert warning.startswith("warning: test has 3 of 100 usable rows, where validation.split asks 20%: few rows, or")
    assert warning.endswith("another validation.split.seed in params.yaml draws another split")


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_groups_than_splits_are_refused(count):
    with pytest.raises(UserError, match=f"the rows form {count} of at least 3 groups, one for each split"):
        split(table(["a", "b"] * 30, [f"ward {row % count}" for row in range(60)]), SHARES, LEAST)


@pytest.mark.parametrize("rows", [12, 13, 20, 40])
@pytest.mark.parametrize("classes", [1, 20])
def test_small_classes_have_their_minimum_in_each_split(rows, classes):  # case 40
    least = {"train": 8, "validation": 2, "test": 2}
    small = table([f"rare {number % classes}" for number in range(rows * classes)], start=1000)
    found = by_class(pd.concat([many(400), small]), least)
    assert (found >= pd.Series(least)).all(axis=None)
    assert found.sum(axis=1)["rare 0"] == rows


def test_nine_rows_of_a_class_are_enough_where_the_minimum_is_one():  # case 40
    for start in range(0, 900, 9):
        assert (by_class(table(["rare"] * 9, start=start)) >= 1).all(axis=None)


def test_only_rows_of_short_classes_move_and_no_more_than_needed():
    least = {"train": 8, "validation": 2, "test": 2}
    rows = pd.concat([many(400), table(["rare"] * 12, start=1000)])
    found = split(rows, SHARES, least)
    assert set(rows.loc[found["moved"], "label"]) == {"rare"}
    where_hashed = split(rows, SHARES, dict.fromkeys(least, 0))["split"]
    assert (where_hashed != found["split"]).equals(found["moved"])
    short = (
        pd.Series(least) - where_hashed[rows["label"] == "rare"].value_counts().reindex(SPLITS, fill_value=0)
    ).clip(0)
    assert found["moved"].sum() == short.sum()


def test_a_class_without_rows_enough_moves_nothing():
    rows = pd.concat([many(400), table(["rare"] * 4, start=1000)])
    assert not split(rows, SHARES, {"train": 8, "validation": 2, "test": 2})["moved"].any()


def test_a_group_of_several_classes_moves_only_where_no_class_falls_below_its_minimum():
    groups = [f"p{row // 3}" for row in range(90)]
    rows = table((["a", "b", "c"] * 30), groups)
    least = {"train": 12, "validation": 7, "test": 7}
    assert (by_class(rows, least) >= pd.Series(least)).all(axis=None)
