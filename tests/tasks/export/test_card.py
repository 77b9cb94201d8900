"""The card of the exported files, from what was compared."""

from core.data.published import Published
from tasks.export.card import Compared, Rows, text

BY = Published.model_construct(seed=7, texts=["text"], long="truncate", max_length=32)
ROWS = Rows("test", 8, {"accuracy": 0.75})
FILES = [
    Compared("float.xml", 90.2, 0, 0.0004, {"accuracy": 0.75}),
    Compared("int8.xml", 22.9, 1, 0.2, {"accuracy": 0.625}),
]


def test_each_file_stands_beside_the_published_model():
    lines = text(BY, ["a", "b"], ["input_ids", "attention_mask"], ROWS, FILES).splitlines()
    assert "|  | published model | `float.xml` | `int8.xml` |" in lines
    assert "| rows with another class |  | 0 | 1 |" in lines
    assert "| largest change of a probability |  | 0.000 | 0.200 |" in lines
    assert "| accuracy | 0.750 | 0.750 | 0.625 |" in lines
    assert "| MB |  | 90 | 23 |" in lines


def test_labels_and_inputs_stand_in_the_code_as_python_reads_them():
    card = text(BY, ['it\'s "a"', "b"], ["input_ids"], ROWS, FILES)
    code = card.split("```python\n")[1].split("```")[0]
    compile(code, "card", "exec")
    assert repr(['it\'s "a"', "b"]) in code and "for name in ['input_ids']" in code
