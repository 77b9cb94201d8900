"""The test of the study's predictions: what it counts is what it says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import extrapolation, studies
from benchmarks.extrapolation import Case, Outcome
from benchmarks.simulated_curves import KINDS, measured
from benchmarks.studies import Texts
from core.base.errors import UserError

CURVES = {kind.name: kind for kind in KINDS}


def test_a_regular_curve_is_predicted_and_a_level_one_is_not():
    regular, level = ([found(name, seed) for seed in range(5)] for name in ("power law", "level"))
    assert sum(each.held for each in regular) >= 4
    assert sum(each.reason is None for each in level) <= 2


def found(name, seed):
    generator = np.random.default_rng(seed)
    return extrapolation.outcome(measured(CURVES[name].draw(generator), generator))


def test_the_truth_is_hidden_from_the_fit():
    generator = np.random.default_rng(0)
    known = measured(CURVES["power law"].draw(generator), generator)
    moved = replace(known, values=[*known.values[:-1], {0: known.values[-1][0] - 0.3}])
    before, after = extrapolation.outcome(known), extrapolation.outcome(moved)
    assert (before.held, after.held) == (True, False)
    assert before.width == after.width


def test_a_simulated_study_ends_where_all_rows_are_drawn():
    generator = np.random.default_rng(1)
    curve = CURVES["power law"].draw(generator)
    known = measured(curve, generator)
    assert known.means[-1] == pytest.approx(curve(known.labels)[-1])
    many = [measured(curve, np.random.default_rng(seed)) for seed in range(30)]
    errors = [each.means[0] - curve(each.labels)[0] for each in many]
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(30)


def test_a_row_of_the_table_counts_what_was_offered():
    outcomes = [Outcome("the curve does not rise"), Outcome(None, True, True, False, 0.01, 0.02, 0.05)]
    assert extrapolation.line(outcomes) == ["2", "50%", "100%", "100%", "0%", "1.0", "2.0", "5.0"]
    assert extrapolation.line(outcomes[:1])[:3] == ["1", "100%", "-"]
    body = extrapolation.of_cases([Case("a set", "tf_idf", "loss", each) for each in outcomes])
    assert "- the curve does not rise: 1" in body


def test_reasons_are_counted_without_the_size_they_name():
    held = [f"held back, {size} was not where the smaller sizes predict it" for size in ("50%", "64 a class")]
    assert extrapolation.reasons([Outcome(each) for each in held]) == (
        "- the size held back was not where the smaller sizes predict it: 2"
    )


def test_a_file_without_training_rows_beside_it_is_named(tmp_path):
    pd.DataFrame({"text": ["a"], "label": ["b"]}).to_csv(tmp_path / "test.csv")
    with pytest.raises(UserError, match="train.csv is missing"):
        studies.read(tmp_path / "test.csv")


def test_a_study_of_texts_learns_from_its_draws_alone(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])  # for its params.yaml
    generator = np.random.default_rng(0)
    labels = {"train": np.arange(200) % 2, "scored": np.arange(60) % 2}
    texts = {
        part: [f"{'rash' if label else 'fever'} {n % 7}" for n, label in enumerate(each)]
        for part, each in labels.items()
    }
    states = {part: each[:, None] + generator.normal(size=(len(each), 3)) for part, each in labels.items()}
    known = studies.studied(Texts("toy", texts, labels, states), 1, 0.9)
    assert known.sizes == ["8 a class", "25%", "16 a class", "50%", "32 a class", "100%"]
    assert known.pool.tolist() == [60, 60]
    assert list(known.tables["tf_idf"]["8 a class"]) == list(range(1, 11))
    assert (known.tables["tf_idf"]["100%"][1].argmax(1) == known.labels).all()
    assert 0.5 < (known.tables["frozen_encoder"]["100%"][1].argmax(1) == known.labels).mean() < 0.9
