"""The numbers of a sound run, which a test changes into a run with exactly one fault."""

from collections.abc import Callable
from typing import Any

import pytest

from core.data.epochs import Epoch
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import ValidationCounts
from core.scores.metrics import Metrics
from tasks import params
from tasks.report.diagnosis.inputs import Facts
from tasks.report.diagnosis.label_noise import Doubted
from tests import counts, results
from tests.conftest import PARAMS

FINETUNING = params.load(PARAMS).finetuning
Curve = list[tuple[float, float]]  # training and validation loss of each epoch
SOUND: Curve = [(0.62, 0.36), (0.26, 0.23), (0.15, 0.225), (0.09, 0.22), (0.08, 0.23)]
USABLE = {"train": 1600, "validation": 400, "test": 600}
QUARANTINED = {
    "conflicting labels": 0,
    "duplicate": 90,
    "training text also in validation or test": 0,
    "validation text also in test": 0,
}
REPORTS: dict[str, Any] = {
    "metrics": results.RUN,
    "validation": counts.validated(
        {"train": 1600, "validation": 400, "test": 600}, quarantined=QUARANTINED
    ).model_dump(),
    "tokenization": counts.tokenized({"train": 1952}).model_dump(),
}


@pytest.fixture
def facts() -> Callable[..., Facts]:
    """Return what makes the facts of a sound run, with some values, curves or doubted rows changed."""

    def make(
        changes: dict[str, Any] | None = None,
        curves: tuple[Curve, ...] = (SOUND, SOUND, SOUND),
        doubts: int = 13,
        accuracy: float = 0.95,
        agreement: float = 0.9,
        learning_rate: float = 5e-5,
        method: str = "full",
        head: str = "random",
    ) -> Facts:
        written = {
            str(seed): [
                Epoch(
                    epoch=number,
                    training_loss=training,
                    validation_loss=validation,
                    validation_primary=0.95,
                    kept=number == 1,
                )
                for number, (training, validation) in enumerate(curve, start=1)
            ]
            for seed, curve in enumerate(curves, start=11)
        }
        doubted = Doubted(list(range(doubts)), [0] * doubts, 400, accuracy, agreement)
        reports = results.replaced(REPORTS, changes or {})
        return Facts(
            metrics=Metrics.model_validate(reports["metrics"]),
            validation=ValidationCounts.model_validate(reports["validation"]),
            tokenization=TokenizationCounts.model_validate(reports["tokenization"]),
            epochs=written,
            doubted=doubted,
            finetuning=FINETUNING.model_copy(update={"learning_rate": learning_rate, "method": method, "head": head}),
        )

    return make
