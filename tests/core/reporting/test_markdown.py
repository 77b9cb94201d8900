"""Whatever comes from the data arrives as plain text."""

import pytest

from core.reporting.markdown import code, p_value, percent, plain, points, table


@pytest.mark.parametrize("label", ["a|b", "<img src=x>", "](http://x)", "@everyone", "`tick`", "two\nlines", ""])
def test_a_label_of_the_data_stays_in_one_cell_as_code(label):
    row = table(["label", "n"], [[code(label), "1"]]).splitlines()
    assert len(row) == 3
    assert row[2].replace("\\|", "").count("|") == 3
    inside = row[2].split("|", 1)[1].strip()
    assert inside.startswith("`")


def test_backticks_in_a_label_are_fenced_by_more_of_them():
    assert code("a``b") == "``` a``b ```"


def test_prose_of_the_data_loses_its_markup():
    assert plain("**a** <b> @me [x](http://y)\nz") == ("\\*\\*a\\*\\* &lt;b&gt; @&#8203;me \\[x\\]\\(http&#58;//y\\) z")


def test_numbers_read_as_people_write_them():
    assert (percent(0.9012), points(0.05), points(-0.0321)) == ("90.1%", "+5.0", "-3.2")
    assert (p_value(0.0002), p_value(0.04)) == ("< 0.001", "0.040")
