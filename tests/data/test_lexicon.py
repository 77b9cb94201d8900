"""The lexicon of the `augmentation` stage says one thing for each abbreviation, and nothing that turns a meaning."""

import csv
import re

from tests.conftest import OF_THE_SAMPLE, ROOT


@OF_THE_SAMPLE
def test_the_lexicon_is_unambiguous_both_ways_and_holds_no_negation_or_number():
    with (ROOT / "data/lexicon.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 60 <= len(rows) <= 100 and list(rows[0]) == ["abbreviation", "expansion"]
    for column in rows[0]:
        assert len({row[column].casefold() for row in rows}) == len(rows)
    text = " ".join(value.casefold() for row in rows for value in row.values())
    assert not re.search(r"\d|\b(?:no|not|non|none|never|neg|negative|den\w+|without|w/o)\b", text)
