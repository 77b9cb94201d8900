"""A document's tables fit on a page of the UI, and say what they said."""

import re

from flows.tables import BETWEEN, LETTER, PAGE, fitted

WIDE = """Before.

| model | balanced accuracy on validation | ROC AUC | average precision | file |
| :-- | --: | --: | --: | :-- |
| **tf-idf** | 0.719 | 0.731 (0.703 to 0.757) | 0.711 (0.650 to 0.765) | [it](docs/a-rather-long/path.md) |
| `a \\| b` | 0.521 | 0.480 (0.403 to 0.557) | 0.467 (0.400 to 0.500) | `data/predictions/baseline.parquet` |

After.
"""
NARROW = "| a | b |\n| :-- | --: |\n| one two | 1 (0 to 2) |\n"
FENCED = "```text\n" + WIDE + "```\n"


def cells(text: str) -> list[list[str]]:
    """Return the cells of the tables, each on one line."""
    rows = [re.split(r"(?<!\\)\|", line.strip("|")) for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`<br>`", "").replace("<br>", " ") for cell in row] for row in rows]


def pixels(text: str) -> float:
    """Return how wide the table is."""
    rows = [re.split(r"(?<!\\)\|", line.strip("|")) for line in text.splitlines() if line.startswith("| ")]
    shown = [[re.sub(r"\]\([^)]*\)", "", cell).split("<br>") for cell in row] for row in rows]
    widest = [max(len(line.strip(" `*[")) for row in shown for line in row[column]) for column in range(len(rows[0]))]
    return sum(widest) * LETTER + BETWEEN * len(widest)


def test_cells_of_a_wide_table_have_several_lines_and_the_same_words():
    assert pixels(WIDE) > PAGE
    text = fitted(WIDE)
    assert pixels(text) <= PAGE
    assert cells(text) == cells(WIDE)
    assert text.startswith("Before.\n\n| ") and text.endswith("\n\nAfter.\n")


def test_an_interval_stays_together_where_it_fits_and_no_link_is_cut():
    text = fitted(WIDE)
    assert "0.731<br>(0.703 to 0.757)" in text
    assert "[it](docs/a-rather-long/path.md)" in text


def test_a_path_is_cut_behind_a_sign_and_stays_code():
    rows = "".join(
        f"| {'word ' * 30}| `data/predictions/of-the-{number}/{'model' * 20}.parquet` |\n" for number in "12"
    )
    text = fitted(f"| what | where |\n| :-- | :-- |\n{rows}")
    assert "`data/predictions/of-the-1/`<br>`model" in text
    assert pixels(text) <= PAGE


def test_what_fits_and_what_is_code_stays_as_it_is():
    assert fitted(NARROW) == NARROW
    assert fitted(FENCED) == FENCED


def test_a_table_that_cannot_be_narrower_is_left_with_its_words():
    text = "| " + " | ".join("abcdefghijk" for _ in range(12)) + " |\n" + "| :-- " * 12 + "|\n"
    text += "| " + " | ".join("abcdefghijk" for _ in range(12)) + " |\n"
    assert cells(fitted(text)) == cells(text)
