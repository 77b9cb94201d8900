"""A probe that cannot be used is refused with its place."""

from pathlib import Path

import pytest

from core.base import paths
from core.base.errors import UserError
from core.data import probe_sentences


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "data/probe/probe.csv is missing"),
        ("text,label\nSun.,weather\n", "its first line names text, label; write text,topic"),
        ("text,topic\nSun.,weather\n,weather\nRain.,\n", "row 2 has an empty cell.*\n.*row 3"),
        ('text,topic\n"Sun.,weather\n', "is no CSV file"),
        (b"text,topic\n\xff,weather\n", "is no CSV file"),
        ("text,topic\n", "has 0 rows on 0 topics: write sentences on at least two"),
        ("text,topic\nSun.,weather\nRain.,weather\n", "has 2 rows on 1 topics"),
    ],
)
def test_a_probe_that_cannot_be_used_is_refused(content, said):
    paths.PROBE_SENTENCES.parent.mkdir(parents=True)
    if content is not None:
        Path(paths.PROBE_SENTENCES).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=said):
        probe_sentences.read()


def test_a_text_that_looks_like_a_missing_value_is_kept():
    paths.PROBE_SENTENCES.parent.mkdir(parents=True)
    paths.PROBE_SENTENCES.write_text("text,topic\nNA,weather\nRun.,sport\n", encoding="utf-8")
    assert probe_sentences.read().loc[0, "text"] == "NA"
