"""The report's sections on which classes and rows go wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from tasks.report.document import rendered
from tasks.report.sections import mistakes
from tests.results import metrics

GENERATOR = np.random.default_rng(0)


def shown(name: str, value: object, texts: bool = False) -> str:
    """Return the section of that name."""
    used = SimpleNamespace(report=SimpleNamespace(show_texts=texts))
    known = {name: value, "params": used, "metrics": metrics(), "figure": "a figure of {}".format}
    return rendered(f"sections/{name}.md.j2", known)


@pytest.mark.parametrize("classes", [2, 77])
def test_sections_stay_short_whatever_the_number_of_classes(classes):
    labels = GENERATOR.integers(0, classes, 3000)
    predicted = GENERATOR.dirichlet(np.ones(classes), 3000)
    names = [f"a rather long name of a class {number}" for number in range(classes)]
    counts = GENERATOR.integers(0, 5, (classes, classes))
    row_ids = [f"test-{number}" for number in range(3000)]
    written = [
        shown("classes", mistakes.classes(labels, names, predicted, [predicted])),
        shown("confusions", mistakes.confusions(counts, names)),
        shown("mistakes", mistakes.most_confident(labels, predicted, row_ids, names, None)),
    ]
    assert sum(map(len, written)) < 15_000
    assert all(name in written[0] for name in names)


def test_the_most_confident_mistakes_come_first_and_right_rows_never():
    predicted = np.array([[0.9, 0.1], [0.3, 0.7], [0.01, 0.99]])
    labels, row_ids, texts = np.array([0, 0, 0]), ["r-1", "r-2", "r-3"], ["one", "two", "th|ree"]
    written = shown("mistakes", mistakes.most_confident(labels, predicted, row_ids, ["a", "b"], None))
    assert written.index("| `r-3` | `a` | `b` | 0.990 |\n") < written.index("| `r-2` | `a` | `b` | 0.700 |\n")
    assert "r-1" not in written
    with_texts = shown("mistakes", mistakes.most_confident(labels, predicted, row_ids, ["a", "b"], texts), texts=True)
    assert "| row | label | predicted | probability | text |\n" in with_texts
    assert "| `r-3` | `a` | `b` | 0.990 | `th\\|ree` |\n" in with_texts


def test_the_pairs_that_are_confused_most_come_first_below_their_figure():
    written = shown("confusions", mistakes.confusions(np.array([[9, 1], [4, 9]]), ["a", "b"]))
    assert written.startswith("a figure of confusion\n")
    assert written.index("| `b` | `a` | 4 |") < written.index("| `a` | `b` | 1 |")


def test_no_mistakes_and_no_confusions_are_said_so():
    right = mistakes.most_confident(np.array([0, 1]), np.eye(2), ["1", "2"], ["a", "b"], None)
    assert "No test row is wrong." in shown("mistakes", right)
    assert "No test row is confused" in shown("confusions", mistakes.confusions(np.diag([3, 4]), ["a", "b"]))
