"""What remains of the scores without the rows that have a near twin."""

from dataclasses import replace

import numpy as np
import pytest

from core.scores.leakage import leakage
from core.scores.measuring import measure
from tests.results import ASKED, BY, LABELS, ROWS, evidence, predicting


def suspected(rows: np.ndarray, **changes):
    return replace(evidence(), suspects=rows, **changes)


def test_where_no_row_is_suspect_nothing_is_told_twice():
    found = leakage(evidence())
    assert (found.suspects, found.without) == (0, None)


def test_the_scores_without_suspects_are_those_of_a_test_set_that_never_had_them():
    suspects = np.arange(ROWS) % 5 == 0
    found = leakage(suspected(suspects)).without
    given, left = evidence(), ~suspects
    alone = replace(
        given,
        labels=given.labels | {"test": LABELS[left]},
        groups=given.groups | {"test": given.groups["test"][left]},
        suspects=suspects[left] & False,
        ladder={name: each | {"test": each["test"][left]} for name, each in given.ladder.items()},
        seeds={name: each | {"test": each["test"][left]} for name, each in given.seeds.items()},
    )
    due = measure(alone, {name: each._replace(member=each.member[left]) for name, each in BY.items()}, ASKED)
    assert found.rows == left.sum()
    assert found.verdict == due.verdict
    assert found.published == due.published.of("balanced_accuracy")
    assert found.gains == {name: each.gain for name, each in due.against.items()}


def test_a_gain_that_rests_on_suspect_rows_is_gone_without_them():
    honest = predicting(0.72, 1)
    labels = np.eye(2)[LABELS] * 0.9 + 0.05
    learnt = {"validation": honest["validation"], "test": honest["test"].copy()}
    suspects = np.arange(ROWS) < ROWS // 2
    learnt["test"][suspects] = labels[suspects]  # knows by heart what it has seen
    given = replace(evidence({"tf-idf": honest}, {"11": learnt}), suspects=suspects)
    found = measure(given, BY, ASKED)
    assert found.verdict == "adapted"
    assert found.leakage.without.gains["tf-idf"].estimate == pytest.approx(0)
    assert found.leakage.without.verdict != "adapted"


@pytest.mark.parametrize("suspects", [np.ones(ROWS, dtype=bool), LABELS == 0])
def test_where_too_little_is_left_there_is_nothing_to_score(suspects):
    found = leakage(suspected(suspects))
    assert (found.suspects, found.without) == (suspects.sum(), None)
