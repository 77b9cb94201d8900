"""Whole results of a sound run, of which a test changes what it asks about by dotted names."""

from copy import deepcopy
from typing import Any

import numpy as np

from core.decision.asked import Asked
from core.decision.decision import Decision
from core.decision.scoring import Table
from core.scores.evidence import Evidence
from core.scores.forgetting import ForgettingScores
from core.scores.learning_curve import Answer
from core.scores.measuring import measure
from core.scores.metrics import Metrics
from core.scores.rounding import rounded
from core.scores.slicing import Slicing

ROWS = 600
LABELS = np.arange(ROWS) % 2
RIGHT = {"majority": None, "tf-idf": 0.72, "untrained head": 0.5, "frozen encoder": 0.7}  # shares of the rows
SEEDS = {"11": 0.88, "12": 0.87, "13": 0.86}


def within(estimate: float, half: float = 0.02) -> dict[str, float]:
    """Return an estimate in the middle of an interval."""
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half}


def predicting(right: float | None, seed: int) -> dict[str, Table]:
    """Return probabilities that have a share of the rows right, the same share of each class; None: one class."""
    if right is None:
        table = np.tile([0.51, 0.49], (ROWS, 1))
        return {"validation": table, "test": table}
    order = np.random.default_rng(seed).permutation(ROWS // 2)
    wrong = np.concatenate([2 * order[round(right * ROWS / 2) :], 2 * order[round(right * ROWS / 2) :] + 1])
    answers = LABELS.copy()
    answers[wrong] = 1 - answers[wrong]
    sure = np.random.default_rng(seed).uniform(0.6, 0.99, ROWS)
    table = np.where(np.eye(2)[answers] == 1, sure[:, None], 1 - sure[:, None])
    return {"validation": table, "test": table}


def evidence(
    ladder: dict[str, dict[str, Table]] | None = None, seeds: dict[str, dict[str, Table]] | None = None, **decided: Any
) -> Evidence:
    """Return what a sound run would measure, rows that share nothing."""
    return Evidence(
        split="test",
        names=["routine", "urgent"],
        ladder=ladder or {name: predicting(right, n) for n, (name, right) in enumerate(RIGHT.items())},
        seeds=seeds or {name: predicting(right, n) for n, (name, right) in enumerate(SEEDS.items(), start=10)},
        labels={"validation": LABELS, "test": LABELS},
        groups={split: np.asarray([f"{split}-{row}" for row in range(ROWS)]) for split in ("validation", "test")},
        clusters=None,
        suspects=np.zeros(ROWS, dtype=bool),
        decision=Decision(**({"primary": "balanced_accuracy", "classes": 2, "positive": 1} | decided)),
    )


BY = {
    "half": Slicing(["first", "second"], (np.arange(ROWS) >= ROWS // 2).astype(int)),
    "class": Slicing(["routine", "urgent"], LABELS, automatic=True),
}
ASKED = Asked(specificity=0.9, prevalences=[0.05, 0.2], thresholds=[0.1, 0.3], target_error=0.05, seed=13)
RUN: dict[str, Any] = rounded(measure(evidence(), BY, ASKED)).model_dump()


PROBED = {
    "accuracy": within(0.85),
    "brier": within(0.12),
    "verdict": "lost",
    "rise": within(0.05, 0.01),
    "power": 0.97,
    "accuracy_change": within(-0.05),
}
FORGETTING: dict[str, Any] = {
    "margin": 0.02,
    "pretrained": {"accuracy": within(0.9), "brier": within(0.07)},
    "seeds": {"1": PROBED | {"verdict": "kept", "rise": within(0.0, 0.01)}, "2": PROBED},
    "probe": {"rows": 500, "topics": 5},
    "cka": {"seeds": {"1": 0.4, "2": 0.6}, "chance": {"1": 0.04, "2": 0.05}},
    "masked_loss": None,
}


def replaced(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return nested values, some changed by their dotted names."""
    changed = deepcopy(values)
    for name, value in changes.items():
        *places, key = name.split(".")
        place: Any = changed
        for inner in places:
            place = place[int(inner) if isinstance(place, list) else inner]
        place[int(key) if isinstance(place, list) else key] = value
    return changed


def metrics(changes: dict[str, Any] | None = None) -> Metrics:
    """Return the metrics of a sound run with some values changed."""
    return Metrics.model_validate(replaced(RUN, changes or {}))


def forgetting(changes: dict[str, Any] | None = None) -> ForgettingScores:
    """Return the scores of a run that has forgotten something, with some values changed."""
    return ForgettingScores.model_validate(replaced(FORGETTING, changes or {}))


STUDIED: dict[str, Any] = {
    "training": {"rows": 1600, "row_ids": "0" * 12, "texts": "1" * 12, "labels": "2" * 12},
    "split": "test",
    "primary": "balanced_accuracy",
    "confidence": 0.95,
    "technique": "fine-tuning",
    "labels": 1600,
    "more": 340,
    "gain": {"estimate": 0.021, "low": 0.004, "high": 0.037},
    "flat": False,
    "unpredicted": None,
    "sentence": "About 340 more labelled rows would bring +2.1 points.",
}


def studied(changes: dict[str, Any] | None = None) -> Answer:
    """Return what a study says of a curve that rises, with some values changed."""
    return Answer.model_validate(replaced(STUDIED, changes or {}))
