"""The answer says what more rows would bring where that may be predicted, and why not where it may not."""

import pytest

from core.scores.intervals import Interval
from study.curves.forecasts import MoreLabels
from study.curves.pairs import Overtaking
from study.curves.results import StudyScores, measured
from study.curves.trajectories import FLAT
from study.report.answers import about, answer, sentence
from tests.study.report.studies import studied

CROSSED = Overtaking(
    technique="finetuning", other="frozen_encoder", labels=121.0, a_class=60.4, low=90.0, high=150.0, shown=True
)


@pytest.fixture(scope="module")
def scores() -> StudyScores:
    """What a study says whose best technique is fine-tuning."""
    found = studied()
    return measured(found.curves, found.params.evaluation.gates)


def saying(scores: StudyScores, more: Interval | None, refused: str | None = None, crossed: bool = True) -> StudyScores:
    """Return the study with another prediction of its best technique."""
    predicted = MoreLabels(labels=1340, gain=more) if more else None
    forecasts = [
        each.model_copy(update={"more": predicted, "refused": refused} if each.technique == scores.best else {})
        for each in scores.forecasts
    ]
    return scores.model_copy(update={"forecasts": forecasts, "overtakings": [CROSSED] if crossed else []})


def test_a_gain_is_told_with_its_interval_and_where_the_frozen_encoder_is_overtaken(scores):
    assert scores.best == "finetuning"
    assert sentence(saying(scores, Interval(estimate=0.021, low=0.004, high=0.037))) == (
        "About 1,340 more labelled rows would bring +2.1 points of balanced accuracy (95% CI 0.4 to 3.7) with "
        "fine-tuning, the best technique; it overtakes frozen encoder at about 60 a class."
    )


def test_a_gain_whose_interval_reaches_0_is_not_promised(scores):
    said = sentence(saying(scores, Interval(estimate=0.021, low=-0.004, high=0.037), crossed=False))
    assert said.startswith("No gain is shown from about 1,340 more labelled rows with fine-tuning")
    assert said.endswith("(95% CI -0.4 to 3.7).")


@pytest.mark.parametrize("refused", ["a fit takes 5 sizes", "held back, 100% was not where it is", None])
def test_where_nothing_is_predicted_it_says_why(scores, refused):
    said = sentence(saying(scores, None, refused))
    why = refused or "it was not tried on all training rows"
    assert said.startswith(
        f"What more labelled rows would bring is not predicted with fine-tuning, the best technique: {why}"
    )
    (rows, low), (more, high) = [(size.labels, size.score.estimate) for size in scores.curve("finetuning").sizes[-2:]]
    assert f"{why}. From {rows} to {more} rows it went from {low:.1%} to {high:.1%}" in said


def test_a_flat_curve_is_an_answer_of_its_own(scores):
    flat = saying(scores, None, FLAT)
    assert sentence(flat).startswith("More labelled rows are not shown to bring anything: the curve does not rise")
    assert answer(studied(), flat).flat
    assert not answer(studied(), saying(scores, None, "a fit takes 5 sizes")).flat


def test_a_technique_that_is_best_everywhere_overtakes_none():
    skills = {"tf_idf": {"10%": 0.6, "50%": 0.6}, "finetuning": {"10%": 0.8, "50%": 0.9}}
    found = studied(skills)
    assert sentence(measured(found.curves, [])).endswith("; its mean is the best at every size.")


def test_the_answer_names_the_rows_and_the_split_that_it_is_about(scores):
    found = answer(studied(split="validation"), scores)
    assert (found.training.rows, found.split, found.labels) == (400, "validation", 400)


@pytest.mark.parametrize(("count", "said"), [(60.4, "60"), (7.2, "7"), (1234.0, "1,200")])
def test_about_so_many_rows_are_two_digits(count, said):
    assert about(count) == said
