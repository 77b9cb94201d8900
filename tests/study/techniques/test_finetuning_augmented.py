"""Fine-tuning with the augmented copies of the rows drawn."""

from dataclasses import replace

import numpy as np

from study.techniques import finetuning
from study.techniques.finetuning_augmented import TECHNIQUE
from tests.conftest import notes
from tests.study.techniques.material import few, material


def test_copies_are_learnt_from(tiny_params):
    tiny_params({"finetuning.epochs": 9, "finetuning.learning_rate": 0.01, "finetuning.average_from": None})
    drawn = notes("train", 32)
    copies = drawn.assign(label=drawn["label"].map({"urgent": "routine", "routine": "urgent"})).head(31)
    copies = copies.loc[copies.index.repeat(3)]
    given = material(drawn, notes("test", 8), copies)
    right, misled = finetuning.TECHNIQUE.predict(given), TECHNIQUE.predict(given)
    assert (right.argmax(1) == np.asarray(given.scored["labels"])).all()
    assert (misled.argmax(1) != np.asarray(given.scored["labels"])).all()


def test_without_copies_it_is_plain_fine_tuning(tiny_params):
    tiny_params()
    given = few()
    given = replace(given, copies=given.copies.select([]))
    assert TECHNIQUE.predict(given).tobytes() == finetuning.TECHNIQUE.predict(given).tobytes()
    assert TECHNIQUE.augmented and not finetuning.TECHNIQUE.augmented
