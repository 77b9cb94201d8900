"""Which rows to label next: on points in a plane, and of a pool."""

from dataclasses import replace

import numpy as np
import pytest

from study.techniques import frozen_encoder
from study.techniques.choosing import Candidates, at_random, by_diversity, by_uncertainty, predict_after
from study.techniques.technique import Material
from tests.conftest import notes
from tests.study.techniques.material import few, material

STRATEGIES = [by_uncertainty, by_diversity, at_random]
NOT = np.nan
# Two classes left and right of 0; two of the others lie between them, one far above.
STATES = np.array([[-2, 0], [-2, 0.1], [2, 0], [2, 0.1], [-1.9, 0], [0.05, 0], [1.9, 0], [-0.4, 0], [1.8, 9]], float)
LABELS = np.array([0, 0, 1, 1, NOT, NOT, NOT, NOT, NOT])


@pytest.fixture(autouse=True)
def _parameters(tiny_params):
    tiny_params()


def plane(states: np.ndarray = STATES, labels: np.ndarray = LABELS) -> Candidates:
    return Candidates(states, labels, 2)


def test_by_uncertainty_come_first_the_rows_that_lie_between_two_classes():
    chosen = by_uncertainty(plane(), 2, 1)
    assert chosen.positions == [5, 7]
    assert 1 >= chosen.scores[0] > chosen.scores[1] > 0


def test_by_diversity_comes_first_the_row_that_is_farthest_from_all_labelled_ones():
    chosen = by_diversity(plane(), 2, 1)
    assert chosen.positions == [8, 5]  # far above, then the one in the middle
    assert chosen.scores == sorted(chosen.scores, reverse=True)


def test_by_diversity_one_of_two_neighbours_is_enough():
    states = np.vstack([STATES, [[1.8, 9.1]]])
    assert by_diversity(plane(states, np.append(LABELS, NOT)), 2, 1).positions == [9, 5]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_are_chosen_once_where_all_are_asked_for(strategy):
    assert sorted(strategy(plane(), 5, 1).positions) == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_rows_that_are_all_alike_are_chosen_once_too(strategy):
    alike = plane(np.ones((9, 2)))
    assert sorted(strategy(alike, 5, 1).positions) == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_seed_chooses_the_same_rows(strategy):
    assert strategy(plane(), 3, 7) == strategy(plane(), 3, 7)


def test_another_seed_draws_others_at_random():
    states, labels = np.zeros((50, 2)), np.full(50, NOT)
    draws = [at_random(plane(states, labels), 5, seed).positions for seed in (1, 2)]
    assert draws[0] != draws[1]


def started(rows: int, start: int = 4, pool: int = 24) -> Material:
    """Return a draw of some rows out of a pool, of which the smallest draw has the first ones."""
    given = few(pool)
    return replace(given, rows=given.pool.select(range(rows)), start=given.pool.select(range(start)))


def relabelled(given: Material, position: int) -> Material:
    """Return the same with another label of a row of the pool."""
    labels = list(given.pool["labels"])
    labels[position] = 1 - labels[position]
    pool = given.pool.remove_columns("labels").add_column("labels", labels)
    return replace(given, pool=pool)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_at_the_smallest_size_it_is_the_frozen_encoder_on_the_draw(strategy):
    given = started(4)
    assert predict_after(given, strategy) == pytest.approx(frozen_encoder.predict(given), abs=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_where_all_rows_are_chosen_it_is_the_frozen_encoder_on_all(strategy):
    given = started(24)
    assert predict_after(given, strategy) == pytest.approx(frozen_encoder.predict(given), abs=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_it_reads_the_labels_of_as_many_rows_as_the_draw_has(strategy):
    given = started(10)
    predicted = predict_after(given, strategy)
    read = [
        position
        for position in range(24)
        if not np.array_equal(predict_after(relabelled(given, position), strategy), predicted)
    ]
    assert {0, 1, 2, 3} <= set(read)
    assert len(read) == 10


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_other_rows_of_the_draw_change_nothing(strategy):
    given = started(10)
    other = replace(given, rows=given.pool.select([0, 1, 2, 3, *range(18, 24)]))
    assert np.array_equal(predict_after(given, strategy), predict_after(other, strategy))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_it_learns_what_the_labels_hang_on(strategy):
    given = material(notes("train", 96), notes("test", 8))
    given = replace(given, rows=given.pool.select(range(64)), start=given.pool.select(range(8)))
    predicted = predict_after(given, strategy)
    assert (predicted.argmax(1) == np.asarray(given.scored["labels"])).mean() > 0.7
