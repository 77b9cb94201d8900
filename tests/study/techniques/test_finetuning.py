"""Fine-tuning on a draw: what it learns, that it looks at no other rows, and that it leaves nothing in memory."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss
from transformers import Trainer

from study.techniques.finetuning import TECHNIQUE, batch_size, recipe
from tests.conftest import notes
from tests.study.techniques.material import few, material

LEARNS = {"finetuning.epochs": 9, "finetuning.learning_rate": 0.01, "finetuning.average_from": None}


def test_it_learns_what_the_labels_hang_on(tiny_params):
    tiny_params(LEARNS)
    given = material(notes("train", 32), notes("test", 8))
    assert (TECHNIQUE.predict(given).argmax(1) == np.asarray(given.scored["labels"])).all()


def test_the_same_draw_and_seed_give_the_same_bytes_and_another_seed_others(tiny_params):
    tiny_params()
    first, again, other = (TECHNIQUE.predict(few(seed=seed)) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert not np.allclose(first, other)


def test_neither_the_labels_of_the_scored_rows_nor_augmented_copies_change_anything(tiny_params):
    tiny_params()
    given = few()
    flipped = given.scored.remove_columns("labels").add_column(
        "labels", [1 - label for label in given.scored["labels"]]
    )
    others = replace(given, scored=flipped, copies=given.copies.select([]))
    assert TECHNIQUE.predict(others).tobytes() == TECHNIQUE.predict(given).tobytes()


def test_the_probabilities_of_each_row_sum_to_one(tiny_params):
    tiny_params()
    table = TECHNIQUE.predict(few())
    assert table.shape == (8, 2) and table.dtype == np.float64
    assert table.sum(1) == pytest.approx(1)


def test_one_row_a_class_is_enough(tiny_params):
    tiny_params()
    assert np.isfinite(TECHNIQUE.predict(few(rows=2))).all()


@pytest.mark.parametrize(
    ("rows", "of_the_section", "a_step"),
    [(16, 32, 2), (2, 32, 2), (64, 32, 8), (130, 32, 16), (256, 32, 32), (5000, 32, 32), (5000, 24, 24), (16, 1, 1)],
)
def test_a_step_has_fewer_rows_where_an_epoch_would_else_have_fewer_than_eight(
    tiny_params, rows, of_the_section, a_step
):
    tiny_params({"finetuning.batch_size": of_the_section})
    assert batch_size(rows, recipe()) == a_step


def test_the_last_epochs_mean_is_what_predicts(tiny_params):
    kept = []
    for averaged in (None, 1):
        tiny_params(LEARNS | {"finetuning.average_from": averaged, "finetuning.epochs": 3})
        kept.append(TECHNIQUE.predict(few()))
    assert not np.allclose(*kept)


def test_seeds_and_processes_of_the_section_are_no_part_of_what_a_cell_depends_on(tiny_params):
    tiny_params({"finetuning.seeds": [1, 2]})
    before = TECHNIQUE.parameters()
    tiny_params({"finetuning.seeds": [3], "finetuning.processes": 2})
    assert TECHNIQUE.parameters() == before
    tiny_params({"finetuning.learning_rate": 0.002})
    assert TECHNIQUE.parameters() != before


def test_nothing_of_a_cell_stays_in_memory_and_nothing_is_printed(tiny_params, monkeypatch, capfd):
    tiny_params()
    seen = []
    train = Trainer.train
    monkeypatch.setattr(Trainer, "train", lambda self, *a, **k: (seen.append(weakref.ref(self.model)), train(self))[1])
    for seed in (1, 2):
        TECHNIQUE.predict(few(seed=seed))
    assert len(seen) == 2 and [network() for network in seen] == [None, None]
    assert gc.get_freeze_count() == 0
    assert capfd.readouterr().out == ""


def test_an_adapter_learns_too(tiny_params):
    tiny_params(LEARNS | {"finetuning.method": "lora", "finetuning.lora": {"rank": 2, "alpha": 4}})
    given = few(rows=32)
    guess = np.full((8, 2), 0.5)
    assert log_loss(given.scored["labels"], TECHNIQUE.predict(given)) < log_loss(given.scored["labels"], guess)


def test_short_of_memory_fewer_rows_at_a_time_end_with_nearly_the_same(tiny_params, monkeypatch, capfd):
    tiny_params({"finetuning.batch_size": 4})
    given = few(rows=32)
    whole = TECHNIQUE.predict(given)
    step = Trainer.training_step

    def short(self, *arguments, **keywords):
        if self.args.per_device_train_batch_size > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return step(self, *arguments, **keywords)

    monkeypatch.setattr(Trainer, "training_step", short)
    assert TECHNIQUE.predict(given) == pytest.approx(whole, abs=1e-2)
    assert "2 at a time" in capfd.readouterr().out
