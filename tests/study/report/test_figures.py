"""Figures of the study: each technique by its name, the same bytes for the same numbers."""

from functools import partial
from pathlib import Path

import pytest

from core.scores.intervals import Interval
from study.curves.forecasts import PredictedScore
from study.curves.results import StudyScores, measured
from study.report import figures
from tasks.report import themes
from tests.study.report.studies import SKILLS, studied


@pytest.fixture(scope="module")
def scores() -> StudyScores:
    return measured(studied().curves, [])


def svg(draw, scores: StudyScores) -> str:
    themes.save(partial(draw, scores), Path(), "figure")
    return Path("figure.svg").read_text(encoding="utf-8")


def test_each_technique_has_its_name_and_each_size_its_rows(scores):
    drawn = svg(figures.curves, scores)
    assert all(text in drawn for text in ("tf-idf", "frozen encoder", "fine-tuning, augmented", "balanced accuracy on"))
    assert all(f"<!-- {labels} -->" in drawn for labels in (20, 40, 100, 200, 400))
    assert drawn == svg(figures.curves, scores)


def test_what_is_predicted_is_drawn_beyond_the_largest_size(scores):
    line = [
        PredictedScore(labels=labels, score=Interval(estimate=0.9, low=0.85, high=0.95)) for labels in (200, 400, 1600)
    ]
    forecasts = [each.model_copy(update={"line": line}) for each in scores.forecasts]
    drawn = svg(figures.curves, scores.model_copy(update={"forecasts": forecasts}))
    assert "fine-tuning: predicted" in drawn and "<!-- 1,600 -->" in drawn
    assert "predicted" not in svg(
        figures.curves,
        scores.model_copy(update={"forecasts": [each.model_copy(update={"line": []}) for each in scores.forecasts]}),
    )


def test_differences_are_to_the_frozen_encoder_or_else_to_the_first(scores):
    assert "gain over frozen encoder" in svg(figures.differences, scores)
    without = measured(studied({name: SKILLS[name] for name in ("tf_idf", "finetuning")}).curves, [])
    assert "gain over tf-idf" in svg(figures.differences, without)


def test_sizes_that_stand_close_share_a_tick():
    found = measured(studied({"tf_idf": {"50%": 0.6}}).curves, [])
    near = [size.model_copy(update={"labels": labels}) for size in found.sizes for labels in (200, 210)]
    drawn = svg(figures.curves, found.model_copy(update={"sizes": near}))
    assert "<!-- 210 -->" in drawn and "<!-- 200 -->" not in drawn


def test_a_figure_is_shown_to_light_and_dark_pages():
    assert 'srcset="study_figures/curves-dark.svg"' in figures.picture("curves")
