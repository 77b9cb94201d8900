"""JSON is read in whatever layout it has rows, and nothing of it is lost in silence."""

import pytest

from core.base.errors import UserError
from tasks.validation.json_records import records


@pytest.mark.parametrize(
    ("content", "how", "texts"),
    [
        ('{"text": "a"}\r{"text": "b"}\r', "JSON", ["a", "b"]),
        ('[{"text": "a"},\n {"text ": "b"}]', "JSON", ["a", "b"]),
        ('{"version": 1,\n "data": [{"text": "a"}]}', "JSON, the list 'data'", ["a"]),
        ('{\n "text": "a"\n}\n', "JSON", ["a"]),
        ('{"text": "a\u2028b"}\n', "JSON", ["a\u2028b"]),
    ],
)
def test_json_is_read_however_it_is_laid_out(content, how, texts):
    found = records(content, "train.jsonl")
    assert (found.how, [each["text"] for each in found.records]) == (how, texts)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"text": {"0": "a"}, "label": {"0": "x"}}', "holds one object, whose values are not rows"),
        ('{"text": ["a"], "label": ["x"]}', "holds one object, whose values are not rows"),
        ('{"text": "a", "text ": "b"}', "line 1 is broken ('text' stands twice)"),
        ('{"text": "a", "text": "b"}', "line 1 is broken ('text' stands twice)"),
        ("[" * 100_000, "is broken (nested too deeply)"),
        ('{"n": ' + "9" * 5000 + "}", "line 1 is broken"),
    ],
)
def test_json_that_would_lose_something_is_refused(content, words):
    with pytest.raises(UserError) as caught:
        records(content, "train.jsonl")
    assert words in caught.value.problems[0]
