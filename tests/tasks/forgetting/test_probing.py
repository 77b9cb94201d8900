"""Linear probes answer for rows that they have not seen, and CKA says how alike two encoders are."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from core.base.errors import UserError
from core.scores.forgetting import PRETRAINED
from tasks.forgetting.params import Forgetting
from tasks.forgetting.probing import alignment, cka, out_of_fold

SECTION = Forgetting(seed=1, folds=5, repeats=1, regularization=0.01, margin=0.02, masked=0.15)


def states(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(60, 8))


def test_probes_tell_topics_that_the_states_tell_and_no_others():
    topics = np.arange(60) % 3
    telling = np.eye(3)[topics] + 0.1 * np.random.default_rng(0).normal(size=(60, 3))
    found = {name: out_of_fold(each, topics, SECTION) for name, each in (("told", telling), ("noise", states()))}
    assert found["told"].sum(1) == pytest.approx(1)
    accuracies = {name: float((each.argmax(1) == topics).mean()) for name, each in found.items()}
    assert accuracies["told"] == 1
    assert accuracies["noise"] < 0.6  # a probe asked of its own training rows would know nearly all of them


def test_several_repeats_are_averaged():
    topics = np.arange(60) % 3
    once = [out_of_fold(states(), topics, SECTION.model_copy(update={"seed": seed})) for seed in (1, 2)]
    both = out_of_fold(states(), topics, SECTION.model_copy(update={"repeats": 2}))
    assert both == pytest.approx(np.mean(once, axis=0))
    assert not np.allclose(once[0], once[1])


def test_a_topic_with_fewer_rows_than_folds_is_refused():
    with pytest.raises(UserError, match="a topic has 4 rows, forgetting.folds is 5: lower it"):
        out_of_fold(states()[:20], np.arange(20) % 5, SECTION)


def test_states_are_alike_whatever_their_rotation_scale_and_place():
    turned = states() @ np.linalg.qr(states(1)[:8])[0] * 7 + 3
    assert cka(states(), turned) == pytest.approx(1)
    assert cka(states(), states(2)) < 0.5
    assert cka(states(), np.ones((60, 8))) == 0


def test_chance_is_what_rows_in_another_order_are_like():
    found = alignment({PRETRAINED: states(), "11": states()}, seed=1)
    assert found.seeds == {"11": pytest.approx(1)}
    assert found.chance["11"] < 0.5


def test_linear_probes_say_the_same_however_many_threads_there_are():
    wide, topics = np.random.default_rng(0).normal(size=(200, 384)), np.arange(200) % 10
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(out_of_fold(wide, topics, SECTION))
    assert np.array_equal(*found)
