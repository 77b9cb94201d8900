"""Whether choosing rows beats drawing them, on curves whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from study.curves.choosing import measured
from tests.study.curves.of_draws import curves

SKILL = {"8 a class": 0.6, "16 a class": 0.65, "50%": 0.7, "100%": 0.8}


def skills(uncertainty: float = 0.0, diversity: float = 0.0) -> dict[str, dict[str, float]]:
    """Return the skill of rows drawn at random, and of both strategies by how much more they bring once they choose."""

    def more(gain: float) -> dict[str, float]:
        return {size: skill + gain * (size in ("16 a class", "50%")) for size, skill in SKILL.items()}

    return {
        "chosen_at_random": more(0),
        "chosen_by_uncertainty": more(uncertainty),
        "chosen_by_diversity": more(diversity),
    }


def test_a_gain_is_the_mean_over_the_sizes_at_which_rows_are_chosen():
    found = measured(curves(skills(uncertainty=0.1)))
    by_uncertainty, by_diversity = found.strategies
    assert by_uncertainty.sizes == ["16 a class", "50%"]  # not the start, and not all rows
    assert (by_uncertainty.fewest, by_uncertainty.most, by_uncertainty.draws) == (32, 100, 5)
    assert by_uncertainty.gain.estimate == pytest.approx(0.1, abs=0.02)
    assert by_diversity.gain.estimate == 0
    assert (found.start, found.pool) == (16, 200)


def test_a_gain_is_shown_where_its_interval_lies_above_0():
    found = measured(curves(skills(uncertainty=0.1, diversity=-0.1)))
    assert [each.shown for each in found.strategies] == [True, False]
    assert found.best.technique == "chosen_by_uncertainty"


def test_of_two_that_are_shown_the_larger_gain_is_the_best():
    assert measured(curves(skills(0.1, 0.2))).best.technique == "chosen_by_diversity"


def test_nothing_is_shown_where_draws_scatter_more_than_strategies_differ():
    found = measured(curves(skills(0.02, 0.02), scatter=0.1, seed=1))
    assert found.best is None
    assert all(each.gain.low < 0 < each.gain.high for each in found.strategies)


def test_where_less_is_better_a_gain_is_what_is_saved():
    found = measured(curves(skills(uncertainty=0.1), primary="loss"))
    assert found.strategies[0].gain.estimate > 0


def test_without_rows_drawn_at_random_nothing_is_said():
    known = curves(skills())
    tables = {name: by_size for name, by_size in known.tables.items() if name != "chosen_at_random"}
    assert measured(replace(known, tables=tables)).strategies == []


def test_of_a_study_that_tries_no_strategy_nothing_is_said():
    assert measured(replace(curves({}), drawn={})).strategies == []


def test_one_draw_says_nothing_of_others():
    assert measured(curves(skills(0.1), draws=1)).strategies == []


def test_draws_that_failed_are_left_out_on_both_sides():
    known = curves(skills(uncertainty=0.1), draws=4)
    for number in (2, 3):
        del known.tables["chosen_at_random"]["50%"][number]
    found = measured(known).strategies[0]
    del known.tables["chosen_by_uncertainty"]["50%"][2], known.tables["chosen_by_uncertainty"]["50%"][3]
    assert found == measured(known).strategies[0]
    assert found.draws == 4


def test_a_draw_that_alone_has_its_sizes_is_left_out():
    known = curves(skills(uncertainty=0.1), draws=4)
    del known.tables["chosen_at_random"]["50%"][2]
    assert measured(known).strategies[0].draws == 3


def test_each_size_counts_alike_however_many_draws_it_has():
    known = curves({name: {**by_size, "50%": 0.5} for name, by_size in skills(uncertainty=0.2).items()}, draws=6)
    for name in known.tables:
        for number in (3, 4, 5, 6):
            del known.tables[name]["50%"][number]
    assert measured(known).strategies[0].gain.estimate == pytest.approx(0.1, abs=0.02)


def test_an_interval_holds_the_gain_as_often_as_it_says():
    holds, shown = [], []
    for seed in range(40):
        known = curves(skills(uncertainty=0.05), rows=100, draws=6, scatter=0.05, seed=seed)
        for name in known.tables:
            for number in (1, 2, 3):
                del known.tables[name]["50%"][number]
        by_uncertainty, by_diversity = measured(known).strategies
        holds.append(by_uncertainty.gain.low <= 0.05 <= by_uncertainty.gain.high)
        shown.append(by_diversity.shown)
    assert np.mean(holds) >= 0.9
    assert np.mean(shown) <= 0.08
