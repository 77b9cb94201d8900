"""Which classes are confused, drawn with their names or with numbers that the report explains."""

import re
from pathlib import Path

import numpy as np
import pytest

from tasks.report import heat_map, themes


def svg(labels: list[str], counts=None) -> str:
    """Return the light figure of classes that are confused, by default never."""
    counts = np.eye(len(labels), dtype=int) if counts is None else counts
    themes.save(lambda: heat_map.confusion(counts, labels), Path(), "figure")
    return Path("figure.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("label", ["$x^$", "<img src=x>", "a|b", "&"])
def test_labels_of_the_data_are_drawn_as_they_stand(label):
    drawn = svg([label, "other"], np.array([[3, 1], [0, 4]]))
    assert "<img" not in drawn


@pytest.mark.parametrize(  # cases 11 and 45
    "labels",
    [
        [f"class {number}" for number in range(77)],
        ["紧急", "常规", "其他"],
        ["ด่วน", "ปกติ"],
        ["तत्काल", "सामान्य"],
        ["\N{THUMBS UP SIGN}", "\N{THUMBS DOWN SIGN}"],
        ["a payment by card that was refused", "a payment by card that was charged twice"],
    ],
    ids=["many", "chinese", "thai", "hindi", "signs", "alike where they are cut"],
)
def test_classes_whose_names_the_figure_cannot_show_have_numbers(labels):
    assert heat_map.numbered(labels)
    drawn = svg(labels)
    texts = re.findall("<!-- (.*) -->", drawn)  # matplotlib names the glyphs' text in a comment
    assert {str(number) for number in range(1, len(labels) + 1)} < set(texts)
    assert not set(labels) & set(texts)


@pytest.mark.parametrize(
    "labels", [["عاجل", "روتين"], ["דחוף", "רגיל"], ["срочно", "обычно"], ["très grave", "a\u0301"]]
)
def test_names_in_any_script_of_the_font_stand_in_the_figure(labels):
    assert not heat_map.numbered(labels)
    assert all(label in svg(labels) for label in labels)


def test_of_very_many_classes_not_every_number_is_written():
    drawn = svg([f"class {number}" for number in range(150)])
    texts = re.findall("<!-- (.*) -->", drawn)
    assert "149" in texts
    assert "150" not in texts
