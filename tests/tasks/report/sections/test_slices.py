"""The report's section on slices."""

import pytest

from tasks.report.document import rendered
from tasks.report.sections import slices
from tests.results import metrics, part


def section(*parts: dict) -> str:
    worst = min(parts, key=lambda one: one["accuracy"]["high"], default=None)
    found = metrics({"slices": list(parts), "worst_slice": worst})
    known = {"slices": slices.slices(found, 0.95), "metrics": found, "level": "95%"}
    return rendered("sections/slices.md.j2", known)


def test_the_worst_slice_is_named_and_every_slice_listed_with_its_corrected_p_value():
    written = section(part("class", "a|b", 0.8, 0.1, 0.0004), part("ward", "north", 0.6, 0.05))
    assert "The worst is `north` (ward): of 40 test rows 0.600 (0.500 to 0.700) are right" in written
    assert "In no slice is fine-tuning shown to do worse than tf-idf." in written
    assert "| class | `a\\|b` | 40 | 0.800 (0.700 to 0.900) | +0.100 (+0.000 to +0.200) | < 0.001 |" in written


@pytest.mark.parametrize(("p_holm", "found"), [(0.01, True), (0.06, False)])
def test_slices_that_fine_tuning_harms_are_named_where_the_corrected_p_value_shows_it(p_holm, found):
    written = section(part("ward", "north", 0.6, -0.2, p_holm))
    assert ("**Fine-tuning does worse than tf-idf on `north` (ward).**" in written) == found


def test_of_many_slices_the_worst_are_shown_and_the_others_counted():
    names = [f"a rather long name of a slice {number}" for number in range(77)]
    written = section(
        *[part("class", name, number / 100, -0.2, 0.01) for number, name in enumerate(names)],
        *[part("ward", name, 0.9, 0.1) for name in names[:3]],
    )
    assert written.count("| class |") == 10
    assert names[9] in written and names[10] not in written
    assert "67 by class, are in `reports/metrics.json`" in written
    assert "and 67 more" in written
    assert len(written) < 5000


def test_names_of_columns_arrive_as_plain_text():
    written = section(part("<img src=x>|@all", "x", 0.5, 0.1))
    assert "<img" not in written
    assert "@all" not in written


def test_without_slices_the_section_says_why():
    assert "No part of the test rows" in section()
