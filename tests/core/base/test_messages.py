"""Values and rows in a message: short, in one line, and what is left out is counted."""

from core.base.messages import capped, flat, listed, shortened


def test_a_long_text_keeps_its_beginning_and_its_end_in_one_line():
    assert shortened("a\nb") == r"'a\nb'"
    said = shortened(f"{'x' * 50}\n{'y' * 50}")
    assert said.startswith("'xxx") and "..." in said and said.endswith("yyy'")
    assert "\n" not in said
    assert len(said) == 62


def test_a_few_items_are_listed_and_dots_stand_for_the_others():
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdef")) == "a, b, c, d, e, ..."


def test_problems_of_a_kind_are_capped_and_the_others_counted():
    problems = [f"row {number}" for number in range(12)]
    assert capped(problems[:10]) == problems[:10]
    assert capped(problems) == [*problems[:10], "... and 2 more of this kind"]


def test_every_value_has_its_dotted_name():
    nested = {"a": {"b": 1, "c": {"d": [2, 3]}}, "e": None, "f": {}}
    assert dict(flat(nested)) == {"a.b": 1, "a.c.d": [2, 3], "e": None, "f": {}}
