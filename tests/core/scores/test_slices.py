"""Slices: which row belongs where, who is served worse, and what may be said of each."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import recall_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from core.decision.decision import Decision
from core.scores import slices
from core.scores.slicing import Slicing

ROWS = 400
LABELS = np.arange(ROWS) % 2
ALONE = np.arange(ROWS)
DECISION = Decision("balanced_accuracy", classes=2)


def right(hits: np.ndarray, labels: np.ndarray = LABELS) -> np.ndarray:
    """Return probabilities of 0.8 for the label where the row is hit, else for the other class."""
    return np.where(np.eye(2)[np.where(hits, labels, 1 - labels)] == 1, 0.8, 0.2)


def columns(**values: list[str] | np.ndarray) -> dict[str, Slicing]:
    """Return slicings by columns that the user names."""
    by = {}
    for name, of_rows in values.items():
        names, member = np.unique(np.asarray(of_rows).astype(str), return_inverse=True)
        by[name] = Slicing(names.tolist(), member)
    return by


def family(before: np.ndarray, after: np.ndarray, by: dict[str, Slicing], groups: np.ndarray = ALONE) -> slices.Family:
    """Return what is said of two models that are right where these say."""
    return sliced(right(before), right(after), by, groups).columns


def sliced(baseline: np.ndarray, published: np.ndarray, by: dict[str, Slicing], groups=ALONE, second=None):
    return slices.sliced(LABELS, ["routine", "urgent"], baseline, published, groups, by, DECISION, second)


def test_each_slice_has_its_rows_accuracy_and_difference():
    ward = columns(ward=np.where(ALONE < 100, "north", "south"))
    base, tuned = ALONE % 10 < 7, np.where(ALONE < 100, ALONE % 10 < 4, ALONE % 10 < 9)
    north, south = family(base, tuned, ward, ALONE // 2).slices
    assert (north.by, north.slice, north.rows, north.groups) == ("ward", "north", 100, 50)
    assert north.accuracy.estimate == pytest.approx(0.4)
    assert north.difference.high < 0 < south.difference.low
    assert north.difference.p_holm >= north.difference.p_value


def test_intervals_of_a_slice_are_those_of_statsmodels():
    generator = np.random.default_rng(0)
    base, tuned = generator.random(ROWS) < 0.6, generator.random(ROWS) < 0.8
    inside = ALONE % 2 == 0
    found = family(base, tuned, columns(half=np.where(inside, "first", "second"))).slices[0]
    ends = proportion_confint(tuned[inside].sum(), inside.sum(), method="agresti_coull")
    assert (found.accuracy.low, found.accuracy.high) == pytest.approx(ends, abs=0.008)
    paired = DescrStatsW(tuned[inside].astype(float) - base[inside])
    assert (found.difference.low, found.difference.high) == pytest.approx(paired.tconfint_mean(), abs=0.005)
    table = [[np.sum(base[inside] & tuned[inside]), np.sum(base[inside] & ~tuned[inside])]]
    table += [[np.sum(~base[inside] & tuned[inside]), np.sum(~base[inside] & ~tuned[inside])]]
    exact = mcnemar(table, exact=True).pvalue
    assert found.difference.p_value == pytest.approx(max(exact, paired.ttest_mean()[1]), rel=0.05)


def test_a_gain_in_each_of_ten_groups_is_no_surer_than_ten_flips_of_a_coin():
    group = ALONE // 10
    before = (ALONE % 10 > 0) | (group >= 10)
    found = family(before, np.ones(ROWS, dtype=bool), columns(ward=np.where(group < 10, "a", "b")), group).slices[0]
    assert (found.groups, found.rows) == (10, 100)
    assert found.difference.p_value == pytest.approx(2 / 2**10)


def test_the_accuracy_of_a_class_is_its_recall():
    generator = np.random.default_rng(0)
    table = right(generator.random(ROWS) < np.where(LABELS == 1, 0.6, 0.9))
    by = {"class": Slicing(["routine", "urgent"], LABELS, automatic=True)}
    found = sliced(table, table, by).automatic.slices
    recalls = recall_score(LABELS, table.argmax(1), average=None)
    assert [part.accuracy.estimate for part in found] == pytest.approx(recalls)


def test_p_values_of_the_users_columns_are_corrected_apart_from_the_automatic_ones():
    generator = np.random.default_rng(0)
    tables = [right(generator.random(ROWS) < accuracy) for accuracy in (0.7, 0.75)]
    by = columns(ward=ALONE % 3, site=ALONE % 5) | {"class": Slicing(["a", "b"], LABELS, automatic=True)}
    found = sliced(*tables, by)
    for kind, size in ((found.columns, 8), (found.automatic, 2)):
        p_values = [part.difference.p_value for part in kind.slices]
        assert len(p_values) == size
        corrected = multipletests(p_values, method="holm")[1]
        assert [part.difference.p_holm for part in kind.slices] == pytest.approx(corrected)


def test_of_many_slices_without_a_difference_none_is_found():
    """With 40 slices, two would have p < 0.05 by chance alone."""
    generator = np.random.default_rng(0)
    base, tuned = generator.random(ROWS) < 0.7, generator.random(ROWS) < 0.7
    found = family(base, tuned, columns(ward=ALONE % 40)).slices
    assert len(found) == 40
    assert all(part.difference.p_holm > 0.05 for part in found)


def test_the_worst_slice_is_that_of_the_lowest_accuracy_however_few_its_rows():
    hits = np.where(ALONE < 20, ALONE % 2 == 0, ALONE % 10 < 6)
    worst = family(hits, hits, columns(ward=np.where(ALONE < 20, "small", "large"))).worst
    assert (worst.slice, worst.rows, worst.accuracy.estimate) == ("small", 20, 0.5)


def test_of_slices_of_one_accuracy_the_larger_is_the_worst():
    hits = ALONE % 2 == 0
    assert family(hits, hits, columns(ward=np.where(ALONE < 100, "small", "large"))).worst.slice == "large"


def test_slices_too_small_to_judge_are_listed_with_their_rows_the_largest_first():
    hits = np.ones(ROWS, dtype=bool)
    names = np.where(ALONE < 9, "nine", np.where(ALONE < 14, "five", "others"))
    found = family(hits, hits, columns(ward=names))
    assert [part.slice for part in found.slices] == ["others"]
    assert [small.model_dump() for small in found.too_small] == [
        {"by": "ward", "slices": {"nine": 9, "five": 5}, "more": 0, "rows_of_more": 0}
    ]
    assert list(found.too_small[0].slices) == ["nine", "five"]


def test_of_very_many_small_slices_the_largest_are_named_and_the_others_counted():
    hits = np.ones(ROWS, dtype=bool)
    (small,) = family(hits, hits, columns(doctor=ALONE // 4)).too_small
    assert (len(small.slices), small.more, small.rows_of_more) == (20, 80, 320)


def test_few_clusters_are_too_few_however_many_their_rows():
    hits = np.ones(ROWS, dtype=bool)
    found = family(hits, hits, columns(half=ALONE < 200), ALONE // 50)
    assert (found.slices, found.worst, found.gaps) == ([], None, [])
    assert found.too_small[0].slices == {"False": 200, "True": 200}


def test_a_second_grouping_of_few_clusters_leaves_a_slice_unjudged_but_for_slices_by_it():
    complaint = ALONE // 20  # 20 of them, of which five are held out
    by = columns(seen=np.where(complaint < 5, "no", "yes"), complaint=complaint)
    table = right(ALONE % 10 < 7)
    found = sliced(table, table, by, second=complaint).columns
    assert [(part.by, part.slice, part.groups) for part in found.slices][:1] == [("seen", "yes", 15)]
    assert [part.groups for part in found.slices if part.by == "complaint"] == [20] * 20
    assert [small.slices for small in found.too_small] == [{"no": 100}]


def test_a_second_grouping_widens_the_interval():
    generator = np.random.default_rng(0)
    complaint = ALONE // 10
    hits = generator.random(ROWS) < np.repeat(generator.choice([0.4, 1.0], ROWS // 10), 10)
    by = columns(half=ALONE % 2)
    widths = [
        (part.accuracy.high - part.accuracy.low, part.difference.high - part.difference.low)
        for second in (None, complaint)
        for part in sliced(right(~hits), right(hits), by, second=second).columns.slices[:1]
    ]
    assert (np.array(widths[1]) > 1.2 * np.array(widths[0])).all()


def test_a_slicing_of_one_slice_says_nothing():
    hits = np.ones(ROWS, dtype=bool)
    by = {"truncated": Slicing(["no", "yes"], np.zeros(ROWS, dtype=int))}
    found = family(hits, hits, by)
    assert found.model_dump() == {"slices": [], "worst": None, "gaps": [], "too_small": []}


def test_the_gap_between_two_slices_is_that_of_a_t_test():
    """Held-out complaints of urgent notes: recall 0.59 of 100 rows, where seen ones have 0.94 of 300."""
    held_out = ALONE < 100
    hits = np.where(held_out, ALONE < 59, ALONE < 382)
    (gap,) = family(hits, hits, columns(seen=np.where(held_out, "no", "yes"))).gaps
    assert (gap.by, gap.slice, gap.rows, gap.others) == ("seen", "no", 100, 300)
    assert gap.difference.estimate == pytest.approx(0.59 - 0.94)
    compared = CompareMeans(*(DescrStatsW(hits[rows].astype(float)) for rows in (held_out, ~held_out)))
    ends = compared.tconfint_diff(usevar="unequal")
    assert (gap.difference.low, gap.difference.high) == pytest.approx(ends, abs=0.008)
    assert gap.difference.p_value < 1e-6


def test_the_worst_of_many_slices_is_no_finding_by_itself():
    """Of 100 columns by chance, the worst of eight slices alone would have p < 0.05 in half of them."""
    generator = np.random.default_rng(0)
    hits = generator.random(ROWS) < 0.7
    by = columns(**{f"column {number}": generator.integers(8, size=ROWS) for number in range(100)})
    gaps = family(hits, hits, by).gaps
    assert all((gap.difference.high < 0) == (gap.difference.p_value < 0.05) for gap in gaps)
    assert 0 < sum(gap.difference.p_value < 0.05 for gap in gaps) <= 9  # 5 and twice its standard error
    assert all(gap.difference.p_holm > 0.05 for gap in gaps)


def test_the_interval_of_the_worst_of_three_slices_is_as_wide_as_three_comparisons_ask():
    hits = np.random.default_rng(0).random(ROWS) < 0.7
    (gap,) = family(hits, hits, columns(ward=ALONE % 3)).gaps
    inside = np.int64(gap.slice) == ALONE % 3
    error = np.sqrt(sum(hits[rows].var() / rows.sum() for rows in (inside, ~inside)))
    reach = norm.ppf(1 - 0.025 / 3) * error
    assert gap.difference.high - gap.difference.low == pytest.approx(2 * reach, rel=0.03)


def test_gaps_are_corrected_for_the_columns_too():
    hits = np.random.default_rng(0).random(ROWS) < 0.7
    gaps = family(hits, hits, columns(ward=ALONE % 2, site=ALONE // 100, day=ALONE // 50)).gaps
    corrected = multipletests([gap.difference.p_value for gap in gaps], method="holm")[1]
    assert [gap.difference.p_holm for gap in gaps] == pytest.approx(corrected)


def test_classes_of_fewer_than_20_rows_are_named_with_their_rows():
    labels = np.repeat([0, 1, 2], [50, 19, 20])
    assert slices.rare_classes(labels, ["many", "few", "just", "none"]) == {"few": 19, "none": 0}
