"""The texts of a row: one, or the two of a sentence pair, such as a premise and its hypothesis."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("text", "text_pair")  # columns; the second is there where validation.text names two
CLUSTER = "cluster"  # column; there where validation.cluster names what rows share besides their group
SLICE = "slice "  # opens the names of columns that validation.slices keeps, so that they are like no other
SHOWN = 300  # characters of a row
HEAD = 129 / 512  # of the tokens of a long text, where its middle is cut: its first ones, [CLS] among them


def sides(columns: Iterable[Any]) -> list[str]:
    """Return which of SIDES stand among the columns."""
    names = set(columns)
    return [side for side in SIDES if side in names]


def head(max_length: int) -> int:
    """Return how many of a long text's `max_length` tokens are its first ones, where its middle is cut.

    Sun et al., How to Fine-Tune BERT for Text Classification? (2019), section 5.3.1: 128 of 510, and two special ones.
    """
    return round(HEAD * max_length)


def shown(rows: "pd.DataFrame") -> list[str]:
    """Return each row's text as a reader sees it, cut; of a pair both, with two slashes between them."""
    columns = sides(rows)
    most = SHOWN // len(columns) - 2
    cut = [rows[side].str.slice(0, SHOWN if len(columns) == 1 else most).tolist() for side in columns]
    return [" // ".join(texts) for texts in zip(*cut, strict=True)]
