"""Figures whose bytes depend on the numbers alone, and whose labels are text and nothing else."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.data.epochs import Epoch
from core.scores.intervals import Interval
from tasks.report import figures, themes

CURVES = {
    seed: [
        Epoch(
            epoch=number,
            training_loss=1 / number,
            validation_loss=1.2 / number,
            validation_primary=0.8,
            kept=number == 1,
        )
        for number in (1, 2)
    ]
    for seed in ("11", "12")
}


def svg(draw, *arguments) -> str:
    """Return the light figure that a function draws."""
    themes.save(partial(draw, *arguments), Path(), "figure")
    return Path("figure.svg").read_text(encoding="utf-8")


def test_the_same_numbers_give_the_same_bytes_and_others_do_not():
    first, again = (svg(figures.training_curves, CURVES, "accuracy") for _ in range(2))
    assert first == again
    assert first != svg(figures.training_curves, {"11": CURVES["11"]}, "accuracy")


def test_each_model_stands_in_the_figure_of_the_first_screen_with_its_score():
    scores = {
        name: Interval(estimate=value, low=value - 0.05, high=value + 0.05)
        for name, value in (("tf-idf", 0.72), ("fine-tuned, seed 11", 0.88))
    }
    drawn = svg(figures.models, scores, "fine-tuned, seed 11", 1, "balanced accuracy on test")
    assert all(text in drawn for text in (*scores, "0.720", "0.880", "balanced accuracy on test"))


def test_the_curves_of_a_class_are_drawn_for_each_model():
    curve = np.array([[0.0, 0.0], [0.5, 0.4], [1.0, 1.0]])
    drawn = svg(figures.of_class, {"tf-idf": [curve] * 3, "seed 11": [curve] * 3}, curve)
    assert all(text in drawn for text in ("tf-idf", "seed 11", "every row", "sensitivity", "net benefit"))


def test_curves_of_many_rows_stay_small():
    shares = np.linspace(0, 1, 50_000)
    drawn = svg(figures.selection, {"model": np.column_stack([shares, shares])}, 0.05)
    assert len(drawn) < 60_000


def test_each_model_is_named_in_the_figures_on_probabilities():
    bins, curve = np.array([[0.6, 0.5, 10], [0.9, 0.8, 10]]), np.array([[0.5, 0.1], [1.0, 0.2]])
    assert "tf-idf" in svg(figures.reliability, {"tf-idf": bins})
    assert "tf-idf" in svg(figures.selection, {"tf-idf": curve}, 0.05)


def test_a_figure_is_shown_to_light_and_dark_pages_and_told_to_those_who_do_not_see_it():
    shown = figures.picture("training")
    assert '(prefers-color-scheme: dark)" srcset="figures/training-dark.svg"' in shown
    assert '<img alt="Line charts: loss and validation' in shown and 'src="figures/training.svg">' in shown


@pytest.mark.parametrize(("name", "drawn"), [("现有规则", "rung 2"), ("règles d'hier", "règles d'hier")])
def test_a_rung_of_the_team_s_own_that_the_font_cannot_draw_stands_by_its_place(name, drawn):
    assert figures.rung(name, {"majority": 0, name: 1}) == drawn
