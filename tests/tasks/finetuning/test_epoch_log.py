"""What training tells of itself: a record an epoch, rounded, and a line of text."""

from pathlib import Path

from core.base.files import read_json
from core.decision.decision import Decision
from tasks.finetuning import __main__ as finetuning
from tasks.finetuning.epoch_log import epoch_log
from tasks.tokenization import __main__ as tokenization


def test_the_training_loss_of_an_epoch_joins_its_evaluation_whichever_was_logged_first():
    history = [
        {"epoch": 1.0, "loss": 0.61234567},
        {"epoch": 1.0, "eval_loss": 0.5, "eval_primary": 0.75},
        {"epoch": 2.0, "eval_loss": 0.4, "eval_primary": 1.0},
        {"epoch": 1.9999, "loss": 0.3},
        {"epoch": 2.0, "train_runtime": 1.5},
    ]
    assert [dict(epoch) for epoch in epoch_log(history, Decision("accuracy", classes=2))] == [
        {"epoch": 1, "training_loss": 0.612346, "validation_loss": 0.5, "validation_primary": 0.75, "kept": False},
        {"epoch": 2, "training_loss": 0.3, "validation_loss": 0.4, "validation_primary": 1.0, "kept": True},
    ]


def test_where_lower_is_better_the_lowest_is_kept_and_of_equals_the_first():
    costs = [0.7, 0.3, 0.3]
    history = [{"epoch": n + 1.0, "loss": 0.5, "eval_loss": 0.5, "eval_primary": cost} for n, cost in enumerate(costs)]
    assert [epoch.kept for epoch in epoch_log(history, Decision("cost", classes=2))] == [False, True, False]


def test_a_seed_writes_a_record_for_each_epoch_and_prints_a_line(validated, capsys):
    tokenization.main()
    finetuning.main("1")
    epochs = read_json(Path("reports/training/1.json"))
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    assert set(epochs[0]) == {"epoch", "training_loss", "validation_loss", "validation_primary", "kept"}
    assert "seed 1 epoch 2/2: training loss" in capsys.readouterr().out
