"""Draws are stratified, nested and reproducible."""

import numpy as np
import pytest

from study import draws
from study.draws import Size
from study.params import Study

LABELS = [0] * 100 + [1] * 40 + [2] * 10
SIZES = [
    Size("4 a class", per_class=4),
    Size("16 a class", per_class=16),
    Size("50%", share=0.5),
    Size("100%", share=1),
]


def counts(drawn):
    return {name: np.bincount(np.asarray(LABELS)[rows], minlength=3).tolist() for name, rows in drawn.items()}


def test_a_draw_has_so_many_rows_of_each_class_or_all_that_there_are():
    drawn = counts(draws.nested(LABELS, SIZES, 1, 1))
    assert drawn["4 a class"] == [4, 4, 4]
    assert drawn["16 a class"] == [16, 16, 10]
    assert drawn["100%"] == [100, 40, 10]


def test_a_share_mixes_the_classes_as_all_rows_do_whatever_draws_by_class_have_taken():
    assert counts(draws.nested(LABELS, SIZES, 1, 1))["50%"] == [50, 20, 5]  # 16 a class take all ten of the rare class


@pytest.mark.parametrize("repetition", [1, 2, 3])
@pytest.mark.parametrize(
    ("labels", "sizes"),
    [
        pytest.param(LABELS, SIZES[:2], id="by class"),
        pytest.param(LABELS, SIZES[2:], id="by share"),
        pytest.param([0, 1, 2] * 40, SIZES, id="of classes as frequent"),
    ],
)
def test_a_smaller_draw_is_part_of_every_larger_one(labels, sizes, repetition):
    drawn = sorted(draws.nested(labels, sizes, 7, repetition).values(), key=len)
    assert all(set(small) <= set(large) for small, large in zip(drawn, drawn[1:], strict=False))


def test_draws_hang_on_seed_and_repetition_and_not_on_which_other_sizes_are_asked_for():
    first = draws.nested(LABELS, SIZES[:1], 1, 1)["4 a class"]
    assert np.array_equal(draws.nested(LABELS, SIZES, 1, 1)["4 a class"], first)
    others = [draws.nested(LABELS, SIZES[:1], seed, repetition)["4 a class"] for seed, repetition in [(1, 2), (2, 1)]]
    assert not any(np.array_equal(first, other) for other in others)


def test_a_class_without_rows_is_drawn_nothing_of():
    assert len(draws.nested([0, 0, 2, 2], [Size("1 a class", per_class=1)], 1, 1)["1 a class"]) == 2


def test_small_sizes_are_drawn_more_often_and_all_rows_less():
    section = Study.model_validate(
        {
            "seed": 1,
            "sizes": {"per_class": [64, 8], "shares": [1.0, 0.125]},
            "repetitions": {"few": 10, "many": 5, "all": 3},
            "techniques": ["tf_idf"],
            "largest": {},
            "contrastive": {"pairs": 1, "epochs": 1},
        }
    )
    found = {size.name: draws.repetitions(size, section) for size in draws.sizes(section)}
    assert found == {"8 a class": 10, "64 a class": 5, "12.5%": 5, "100%": 3}
