"""The numbers of a sound run, which a test changes into a run with exactly one fault."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.data.epochs import Epoch
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import ValidationCounts
from core.scores.intervals import Difference
from tasks import params
from tasks.report.diagnosis.inputs import Facts, OnValidation
from tasks.report.diagnosis.label_noise import Doubted
from tests import counts, results
from tests.conftest import PARAMS

FINETUNING = params.load(PARAMS).finetuning
Curve = list[tuple[float, float]]  # training and validation loss of each epoch
SOUND: Curve = [(0.62, 0.36), (0.26, 0.23), (0.15, 0.225), (0.09, 0.22), (0.08, 0.23)]
QUARANTINED = {
    "conflicting labels": 0,
    "duplicate": 90,
    "training text also in validation or test": 0,
    "validation text also in test": 0,
}
REPORTS: dict[str, Any] = {
    "validation": counts.validated(
        {"train": 1600, "validation": 400, "test": 600}, quarantined=QUARANTINED
    ).model_dump(),
    "tokenization": counts.tokenized({"train": 1952}).model_dump(),
}


def model(accuracy: float = 0.95, loss: float = 0.23, answered: float = 0.53, labelled: float = 0.52) -> OnValidation:
    """Return how a model does on validation."""
    return OnValidation(accuracy, loss, answer="routine", answered=answered, labelled=labelled)


def change(estimate: float, half: float = 0.02, p_holm: float = 0.5) -> Difference:
    """Return a difference to the baseline with its interval."""
    return Difference(**results.within(estimate, half), p_value=p_holm / 2, p_holm=p_holm)


MODELS = {
    "majority": model(0.52, 0.69, answered=1.0),
    "tf-idf": model(0.75, 0.53),
    "untrained head": model(0.55, 0.69),
    "frozen encoder": model(0.73, 0.56),
    "11": model(),
    "12": model(),
    "13": model(),
}


@pytest.fixture
def facts() -> Callable[..., Facts]:
    """Return what makes the facts of a sound run, with some counts, curves, settings or values changed."""

    def make(
        changes: dict[str, Any] | None = None,
        curves: tuple[Curve, ...] = (SOUND, SOUND, SOUND),
        settings: dict[str, Any] | None = None,
        doubts: int = 13,
        accuracy: float = 0.95,
        agreement: float = 0.9,
        models: dict[str, OnValidation] | None = None,
        **values: Any,
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
        reports = results.replaced(REPORTS, changes or {})
        sound = Facts(
            verdict="adapted",
            primary="accuracy",
            gates=2,
            failing_gates=[],
            baseline="tf-idf",
            rungs={"majority": 0.5, "tf-idf": 0.72, "untrained head": 0.5, "frozen encoder": 0.7},
            seeds={"11": 0.88, "12": 0.87, "13": 0.89},
            scores={"accuracy": 0.88, "macro_f1": 0.88, "loss": 0.4},
            differences={"accuracy": change(0.16), "macro_f1": change(0.16), "loss": change(-0.2)},
            confidence=0.95,
            smallest_gain=0.06,
            split="test",
            rows=600,
            suspects=0,
            groups=600,
            effective_groups=600.0,
            published="11",
            on_validation=MODELS | (models or {}),
            doubted=Doubted("tf-idf", list(range(doubts)), [0] * doubts, 400, accuracy, agreement),
            validation=ValidationCounts.model_validate(reports["validation"]),
            tokenization=TokenizationCounts.model_validate(reports["tokenization"]),
            epochs=written,
            finetuning=FINETUNING.model_copy(update={"learning_rate": 5e-5, "head": "random"} | (settings or {})),
            margin=0.0,
            studied=None,
        )
        return replace(sound, **values)

    return make


@pytest.fixture
def committed(finished, tmp_path, monkeypatch):
    """A copy of the project with all that it has committed, which is the current folder."""
    copy = finished.copy(tmp_path / "copy")
    copy.run("sh", "-c", "echo >> README.md")
    copy.commit()
    monkeypatch.chdir(copy.folder)
    return copy
