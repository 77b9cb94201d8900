"""Reports keep what is no noise, and nothing that JSON cannot say."""

import math

from core.base.results import Result
from core.scores.rounding import rounded


class Part(Result):
    shares: list[float | None]
    by_name: dict[str, float | None]


class Whole(Result):
    count: int
    passed: bool
    parts: list[Part]


def test_numbers_are_cut_at_every_depth_and_what_is_no_number_becomes_null():
    whole = Whole(count=3, passed=True, parts=[Part(shares=[0.12345678, math.nan], by_name={"a": math.inf})])
    assert rounded(whole) == Whole(count=3, passed=True, parts=[Part(shares=[0.123457, None], by_name={"a": None})])
