"""The report's sections on which classes and rows go wrong."""

import numpy as np
import pytest

from tasks.report.sections import mistakes

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("classes", [2, 77])
def test_sections_stay_short_whatever_the_number_of_classes(classes):
    labels = GENERATOR.integers(0, classes, 3000)
    predicted = GENERATOR.dirichlet(np.ones(classes), 3000)
    names = [f"a rather long name of a class {number}" for number in range(classes)]
    counts = GENERATOR.integers(0, 5, (classes, classes))
    row_ids = [f"test-{number}" for number in range(3000)]
    written = [
        mistakes.classes(labels, names, predicted, [predicted]),
        mistakes.confused(counts, names, 1),
        mistakes.most_confident(labels, predicted, row_ids, names, None),
    ]
    assert sum(map(len, written)) < 15_000
    assert all(name in written[0] for name in names)


def test_the_most_confident_mistakes_come_first_and_right_rows_never():
    predicted = np.array([[0.9, 0.1], [0.3, 0.7], [0.01, 0.99]])
    written = mistakes.most_confident(np.array([0, 0, 0]), predicted, ["r-1", "r-2", "r-3"], ["a", "b"], None)
    assert "r-1" not in written
    assert written.index("r-3") < written.index("r-2")


def test_no_mistakes_and_no_confusions_are_said_so():
    right = np.eye(2)
    assert "No test row is wrong." in mistakes.most_confident(np.array([0, 1]), right, ["1", "2"], ["a", "b"], None)
    assert "No test row is confused." in mistakes.confused(np.diag([3, 4]), ["a", "b"], 1)
