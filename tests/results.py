"""Whole results of a sound run, of which a test changes what it asks about by dotted names."""

from copy import deepcopy
from typing import Any

from core.scores.forgetting import ForgettingScores
from core.scores.metrics import Metrics
from core.scores.tallied import METRICS


def within(estimate: float, half: float = 0.02) -> dict[str, float]:
    """Return an estimate in the middle of an interval."""
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half}


def scores(**known: float) -> dict[str, float]:
    """Return one value for each metric: 0.5 where none is given."""
    return dict.fromkeys(METRICS, 0.5) | known


def model(**known: float) -> dict[str, float]:
    """Return the scores of a rung or a seed."""
    return scores(accuracy=0.88) | {"validation_accuracy": 0.95, "validation_loss": 0.23} | known


def trust(error: float, chance: float, overconfidence: float = 0.0, loss: float = 0.4) -> dict[str, Any]:
    """Return how far probabilities can be trusted whose calibration error this is."""
    return {
        "calibration_error": error,
        "by_chance_at_most": chance,
        "calibrated": error <= chance,
        "overconfidence": within(overconfidence),
        "brier": 0.2,
        "loss": loss,
    }


def part(by: str, name: str, accuracy: float, difference: float, p_holm: float = 0.2) -> dict[str, Any]:
    """Return a slice."""
    tested = within(difference, 0.1) | {"p_value": p_holm / 2, "p_holm": p_holm}
    return {"by": by, "slice": name, "rows": 40, "accuracy": within(accuracy, 0.1), "difference": tested}


ENDS = {metric: {"low": 0.8, "high": 0.95} for metric in METRICS}
CALIBRATION = {"raw": trust(0.02, 0.03), "temperature": 1.5, "scaled": trust(0.02, 0.03), "loss_change": within(0)}
SELECTION = {"threshold": None, "validation_coverage": None, "rows": 0, "coverage": None, "error_rate": None}
RUN: dict[str, Any] = {
    "verdict": "adapted",
    "baseline": {"name": "tf-idf", **scores(accuracy=0.72, loss=0.6), "intervals": ENDS},
    "finetuned": {"published_seed": 11, **scores(accuracy=0.88, macro_f1=0.88, loss=0.4), "intervals": ENDS},
    "difference": {metric: within(0.16) | {"p_value": 0.01, "p_holm": 0.02} for metric in METRICS},
    "mcnemar": {"only_baseline_right": 1, "only_finetuned_right": 9, "p_value": 0.02},
    "smallest_gain": 0.06,
    "gates": {
        "accuracy": {"min": 0.85, "value": 0.88, "passed": True},
        "loss": {"max": 0.5, "value": 0.4, "passed": True},
    },
    "from_validation": {"baseline": within(0), "finetuned": within(-0.07)},
    "calibration": {"baseline": CALIBRATION, "finetuned": CALIBRATION},
    "selection": {"target_error": 0.05, "baseline": SELECTION, "finetuned": SELECTION},
    "slices": [],
    "worst_slice": None,
    "ladder": {
        "majority": model(accuracy=0.5, validation_accuracy=0.52, validation_loss=0.69),
        "tf-idf": model(accuracy=0.72, validation_accuracy=0.75, validation_loss=0.53),
        "untrained head": model(accuracy=0.5, validation_accuracy=0.55, validation_loss=0.69),
        "frozen encoder": model(accuracy=0.7, validation_accuracy=0.73, validation_loss=0.56),
    },
    "seeds": {"11": model(), "12": model(), "13": model()},
    "test": {"rows": 600, "groups": 600},
}
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
