"""Logistic regression that chooses its regularization on the rows that it is fitted to."""

from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core.base import params
from study.techniques.regression import cross_validated, strength
from tasks.baseline.params import Baseline

STRENGTHS = [0.001, 1.0]


@pytest.fixture
def section(tiny_params):
    tiny_params({"baseline.regularization": STRENGTHS})
    return params.load(Baseline)


def kind(strength):
    return LogisticRegression(C=strength, max_iter=5000)


def rows(noise, count=40, seed=0):
    """Return features and labels of two classes, of which the first feature alone tells."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    return np.column_stack([labels + noise * generator.normal(size=count), generator.normal(size=(count, 30))]), labels


def test_features_that_tell_all_are_trusted_more_than_those_that_tell_nothing():
    chosen = partial(strength, strengths=STRENGTHS, kind=kind, seed=0)
    assert chosen(*rows(noise=0.01)) == 1.0
    assert chosen(*rows(noise=100)) == 0.001


def test_of_one_row_a_class_it_is_the_strongest_regularization():
    assert strength(*rows(noise=0.01, count=2), [1.0, 0.1, 10.0], kind, 0) == 0.1


def test_two_rows_a_class_are_enough_to_choose():
    assert strength(*rows(noise=0.01, count=4), STRENGTHS, kind, 0) in STRENGTHS


def test_a_class_that_was_not_drawn_has_no_probability(section):
    features, labels = rows(noise=0.1)
    table = cross_validated(features, labels * 2, features, 4, section)
    assert table.shape == (40, 4)
    assert (table[:, [1, 3]] == 0).all()
    assert table.sum(1) == pytest.approx(1)
    assert (table.argmax(1) == labels * 2).mean() > 0.9


def test_the_probabilities_hang_on_nothing_but_the_arguments(section):
    features, labels = rows(noise=1)
    first, again = (cross_validated(features, labels, features, 2, section) for _ in range(2))
    assert first.tobytes() == again.tobytes()
