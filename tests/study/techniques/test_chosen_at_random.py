"""The frozen encoder on rows chosen at random."""

from dataclasses import replace

import numpy as np

from study.techniques import choosing
from study.techniques.chosen_at_random import TECHNIQUE
from tests.study.techniques.material import few


def test_it_is_the_regression_on_rows_that_this_strategy_chooses(tiny_params):
    tiny_params()
    given = few(24)
    given = replace(given, rows=given.pool.select(range(10)), start=given.pool.select(range(4)))
    predicted = TECHNIQUE.predict(given)
    by_strategy = [
        np.array_equal(predicted, choosing.predict_after(given, strategy))
        for strategy in (choosing.by_uncertainty, choosing.by_diversity, choosing.at_random)
    ]
    assert by_strategy == [False, False, True]


def test_its_cells_hang_on_the_pool_that_it_chooses_from_and_on_the_seed():
    assert TECHNIQUE.reads_pool and TECHNIQUE.seeded
