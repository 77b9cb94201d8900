"""The report's sections on which classes and rows go wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.scores.positive_class import ClassScores
from tasks.report.document import rendered
from tasks.report.sections import mistakes
from tests.round_results import metrics, of_class, positive

GENERATOR = np.random.default_rng(0)


def shown(name: str, value: object, texts: bool = False) -> str:
    """Return the section of that name."""
    used = SimpleNamespace(report=SimpleNamespace(show_texts=texts))
    known = {name: value, "params": used, "metrics": metrics(), "figure": "a figure of {}".format, "legend": []}
    return rendered(f"sections/{name}.md.j2", known)


@pytest.mark.parametrize("classes", [2, 77])
def test_sections_stay_short_whatever_the_number_of_classes(classes):
    labels = GENERATOR.integers(0, classes, 3000)
    predicted = GENERATOR.dirichlet(np.ones(classes), 3000)
    names = [f"a rather long name of a class {number}" for number in range(classes)]
    counts = GENERATOR.integers(0, 5, (classes, classes))
    row_ids = [f"test-{number}" for number in range(3000)]
    scores = [ClassScores.model_validate(of_class(name, 0.9)) for name in names]
    written = [
        shown("classes", mistakes.classes(scores, labels, predicted, predicted)),
        shown("confusions", mistakes.confusions(counts, names)),
        shown("mistakes", mistakes.most_confident(labels, predicted, row_ids, names, None)),
    ]
    assert sum(map(len, written)) < 16_000
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


def test_a_model_that_is_sure_of_nothing_has_no_most_confident_mistakes():  # case 45
    predicted = np.full((3, 77), 1 / 77)
    found = mistakes.most_confident(np.array([5, 6, 7]), predicted, ["1", "2", "3"], [str(n) for n in range(77)], None)
    assert found == []
    assert "sure of none of its mistakes" in shown("mistakes", found)


def test_numbers_of_the_figure_are_explained_below_it():  # cases 11 and 45
    known = {"confusions": mistakes.confusions(np.ones((2, 2), dtype=int), ["患者", "a|b"]), "figure": str}
    written = rendered(
        "sections/confusions.md.j2", known | {"metrics": metrics(), "legend": mistakes.legend(["患者", "a|b"])}
    )
    assert "numbers in the figure: 1 `患者`, 2 `a\\|b`.\n" in written


def test_the_pairs_that_are_confused_most_come_first_below_their_figure():
    written = shown("confusions", mistakes.confusions(np.array([[9, 1], [4, 9]]), ["a", "b"]))
    assert written.startswith("a figure of confusion\n")
    assert written.index("| `b` | `a` | 4 |") < written.index("| `a` | `b` | 1 |")


def test_no_mistakes_and_no_confusions_are_said_so():
    right = mistakes.most_confident(np.array([0, 1]), np.eye(2), ["1", "2"], ["a", "b"], None)
    assert "no test row is wrong with a probability of 0.5" in shown("mistakes", right)
    assert "No test row is confused" in shown("confusions", mistakes.confusions(np.diag([3, 4]), ["a", "b"]))


def test_a_class_that_the_model_predicts_too_rarely_shows_by_its_mean_probability():
    predicted = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    scores = [ClassScores.model_validate(of_class(name, 0.9)) for name in ("a", "b")]
    rows = mistakes.classes(scores, np.array([0, 0, 1, 1]), predicted, predicted)
    assert [row.in_the_large for row in rows] == ["+15.0", "-15.0"]
    assert (rows[1].f1, rows[1].before) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_the_class_that_must_not_be_missed_has_its_rates_at_other_prevalences_and_thresholds():
    written = rendered(
        "sections/positive.md.j2", {"metrics": metrics(), "figure": "a figure of {}".format, "level": "95%"}
    )
    assert "| sensitivity: of its rows found | 70.0% (65.0% to 75.0%) | 85.0% (80.0% to 90.0%) |" in written
    assert "| missed per 1,000 rows | 60 (50 to 70) | 30 (20 to 40) |" in written
    assert "| 5.0% | 30.0% (25.0% to 35.0%) | - | 7.5 (5.0 to 10.0) | 95.0 (75.0 to 115.0) |" in written
    assert "from a probability of 0.830 on, chosen on validation for a specificity of 95.0%" in written
    assert "| 10.0% | 16.0 (14.0 to 18.0) | 12.0 | 11.0 | 4.0 (2.0 to 6.0) |" in written


def test_what_cannot_be_said_of_the_class_is_said_so():
    without = positive(0.85)
    without["at_specificity"] |= {"threshold": None}
    found = {"metrics": metrics({"positive.published": without}), "figure": str}
    assert "No threshold reaches a specificity of 95.0% on validation." in rendered("sections/positive.md.j2", found)
    none = {"metrics": metrics({"positive": None}), "figure": str}
    assert "No class is named that must not be missed" in rendered("sections/positive.md.j2", none)
