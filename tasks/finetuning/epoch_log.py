"""What training tells of itself, epoch by epoch."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback

from core.data.epochs import Epoch
from core.decision.decision import Decision
from core.decision.scoring import METRICS


def epoch_log(history: Sequence[Mapping[str, float]], decision: Decision) -> list[Epoch]:
    """Return the epochs that a Trainer's history tells of, their numbers to six decimals."""
    training_losses = {round(entry["epoch"]): entry["loss"] for entry in history if "loss" in entry}
    scored = [entry for entry in history if "eval_loss" in entry]
    best = METRICS[decision.primary].best([entry["eval_primary"] for entry in scored])
    return [
        Epoch(
            epoch=round(entry["epoch"]),
            training_loss=round(training_losses[round(entry["epoch"])], 6),
            validation_loss=round(entry["eval_loss"], 6),
            validation_primary=round(entry["eval_primary"], 6),
            kept=number == best,
        )
        for number, entry in enumerate(scored)
    ]


class Progress(TrainerCallback):
    """A line of text an epoch and, in a terminal, a bar of the steps."""

    def __init__(self, name: str, decision: Decision) -> None:
        self.name, self.decision = name, decision

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar = tqdm(total=state.max_steps, desc=self.name, unit="step", disable=None)  # None: not in a log

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update()

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        last = epoch_log(state.log_history, self.decision)[-1]
        self.bar.write(
            f"{self.name} epoch {last.epoch}/{args.num_train_epochs}: training loss {last.training_loss:.3f}, "
            f"validation loss {last.validation_loss:.3f}, "
            f"validation {METRICS[self.decision.primary].title} {last.validation_primary:.3f}"
        )
        sys.stdout.flush()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.close()
