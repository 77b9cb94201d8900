"""Reports keep what is no noise, and nothing that JSON cannot say."""

import math

from core.scores.rounding import rounded


def test_numbers_are_cut_at_every_depth_and_what_is_no_number_becomes_null():
    found = {"a": [0.12345678, {"b": math.nan, "c": math.inf}], "n": 3, "said": "x", "passed": True}
    assert rounded(found) == {"a": [0.123457, {"b": None, "c": None}], "n": 3, "said": "x", "passed": True}
