"""The report's section on slices."""

from typing import Any

import pytest

from core.scores.slices import Slices
from tasks.report.document import rendered
from tasks.report.sections import slices
from tests.results import within
from tests.round_results import family, metrics, part


def section(columns: dict[str, Any], automatic: dict[str, Any] | None = None) -> str:
    found = metrics({"slices.columns": columns, "slices.automatic": automatic or family()})
    known = {"slices": slices.slices(found.slices, ["ward"], 0.95), "metrics": found, "level": "95%"}
    return rendered("sections/slices.md.j2", known)


def test_the_worst_slice_is_named_and_every_slice_listed_with_its_corrected_p_value():
    written = section(family(part("class", "a|b", 0.8, 0.1, 0.0004), part("ward", "north", 0.6, 0.05)))
    assert "The worst is `north` (ward): 0.600 (0.500 to 0.700) of its 40 rows are right" in written
    assert "In none of 2 is it shown to do worse than tf-idf." in written
    assert "| class | `a\\|b` | 40 | 0.800 (0.700 to 0.900) | +0.100 (+0.000 to +0.200) | < 0.001 |" in written


@pytest.mark.parametrize(("p_holm", "found"), [(0.01, True), (0.06, False)])
def test_slices_that_fine_tuning_harms_are_named_where_the_corrected_p_value_shows_it(p_holm, found):
    written = section(family(part("ward", "north", 0.6, -0.2, p_holm)))
    assert ("**It does worse than tf-idf on `north` (ward).**" in written) == found


def test_the_users_columns_come_first_and_apart_from_what_every_text_has():
    written = section(family(part("ward", "north", 0.6)), family(part("tokens", "up to 9", 0.5)))
    places = ["By the columns of your data", "`north` (ward)", "By what every text has", "`up to 9` (tokens)"]
    assert [written.index(place) for place in places] == sorted(written.index(place) for place in places)


def test_who_is_served_worse_and_what_is_too_small_to_judge_is_told():
    difference = within(-0.1, 0.05) | {"p_value": 0.01, "p_holm": 0.02}
    gap = {"by": "ward", "slice": "north", "rows": 40, "others": 360, "difference": difference}
    small = {"by": "ward", "slices": {f"w{number}": 9 - number for number in range(7)}, "more": 3, "rows_of_more": 4}
    written = section(family(part("ward", "north", 0.6), gaps=[gap], too_small=[small]))
    assert "| ward | `north` | 40 | 360 | -0.100 (-0.150 to -0.050) | 0.020 |" in written
    assert "fewer than 10 clusters: by ward `w0` (9 rows), `w1` (8 rows)" in written
    assert "`w4` (5 rows), 2 more and 3 others." in written


def test_of_many_slices_the_worst_are_shown_and_the_others_counted():
    names = [f"a rather long name of a slice {number}" for number in range(77)]
    written = section(
        family(
            *[part("class", name, number / 100, -0.2, 0.01) for number, name in enumerate(names)],
            *[part("ward", name, 0.9, 0.1) for name in names[:3]],
        )
    )
    assert written.count("| class |") == 10
    assert names[9] in written and names[10] not in written
    assert "67 by class, are in `reports/metrics.json`" in written
    assert "72 more.**" in written
    assert len(written) < 5000


def test_names_of_columns_arrive_as_plain_text():
    written = section(family(part("<img src=x>|@all", "x", 0.5, 0.1)))
    assert "<img" not in written
    assert "@all" not in written


def test_without_columns_or_slices_the_section_says_why():
    found = metrics()
    none: Slices = found.slices
    known = {"slices": slices.slices(none, [], 0.95), "metrics": found, "level": "95%"}
    written = rendered("sections/slices.md.j2", known)
    assert "No column is named (`validation.slices`)." in written
    assert "No slice has the 10 clusters that a comparison needs." in written
