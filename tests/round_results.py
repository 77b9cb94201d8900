"""Results of a sound run in round numbers, of which a test changes what it asks about by dotted names."""

from typing import Any

from core.decision.scoring import METRICS
from core.scores.metrics import Metrics
from tests.results import replaced, within


def by_metric(known: dict[str, Any], other: Any = None) -> dict[str, Any]:
    """Return one value for each metric: that of `other` where none is given."""
    return dict.fromkeys(METRICS, other) | known


def model(primary: float, validation: float = 0.93, **known: float) -> dict[str, Any]:
    """Return the scores of a rung or a seed."""
    values = dict.fromkeys(APPLY, 0.5) | {"balanced_accuracy": primary, "accuracy": primary} | known
    scores = {name: within(value) for name, value in values.items()}
    return {"scores": by_metric(scores), "validation": validation, "validation_loss": 0.3}


def against(gain: float, half: float = 0.04) -> dict[str, Any]:
    """Return the published model against a baseline."""
    return {
        "gain": within(gain, half),
        "p_value": 0.01,
        "smallest_gain": 0.057,
        "better": gain > half,
        "no_worse": gain > half,
        "worse": gain < -half,
    }


def change(estimate: float, p_holm: float = 0.02) -> dict[str, float]:
    """Return a difference to the baseline."""
    return within(estimate) | {"p_value": p_holm / 2, "p_holm": p_holm}


def of_class(name: str, sensitivity: float) -> dict[str, Any]:
    """Return how a model does on one class against all others: 200 rows of 1,000."""
    missed = round(200 * (1 - sensitivity))
    return {
        "name": name,
        "rows": 200,
        "called": 250,
        "missed": missed,
        "prevalence": within(0.2),
        "sensitivity": within(sensitivity, 0.05),
        "specificity": within(0.9),
        "positive_predictive_value": within(0.7),
        "negative_predictive_value": within(0.95),
        "missed_per_1000": within(missed, 10),
        "false_alarms_per_1000": within(80, 15),
        "roc_auc": within(0.94),
        "average_precision": within(0.85),
    }


def positive(sensitivity: float) -> dict[str, Any]:
    """Return how a model does on the class that must not be missed."""
    at_prevalence = {
        "prevalence": 0.05,
        "positive_predictive_value": within(0.3, 0.05),
        "negative_predictive_value": None,
        "missed_per_1000": within(7.5, 2.5),
        "false_alarms_per_1000": within(95, 20),
    }
    at_specificity = {
        "required": 0.95,
        "threshold": 0.83,
        "validation_sensitivity": 0.8,
        "sensitivity": within(0.78, 0.05),
        "specificity": within(0.94),
        "missed_per_1000": within(44, 10),
    }
    return of_class("urgent", sensitivity) | {"at_prevalences": [at_prevalence], "at_specificity": at_specificity}


def trust(overconfidence: float = 0.0, slope: float = 1.0, loss: float = 0.4) -> dict[str, Any]:
    """Return how far probabilities can be trusted that are so much too high, or so extreme."""
    of_class = {
        "label": 1,
        "rows": 200,
        "in_the_large": within(0.01),
        "intercept": within(-0.1, 0.2),
        "slope": within(slope, 0.1),
    }
    return {
        "calibration_error": 0.02,
        "by_chance_at_most": 0.03,
        "overconfidence": within(overconfidence),
        "by_class": [of_class],
        "brier": 0.2,
        "loss": loss,
    }


def part(by: str, name: str, accuracy: float, difference: float = 0.1, p_holm: float = 0.2) -> dict[str, Any]:
    """Return a slice."""
    tested = within(difference, 0.1) | {"p_value": p_holm / 2, "p_holm": p_holm}
    return {
        "by": by, "slice": name, "rows": 40, "groups": 40, "accuracy": within(accuracy, 0.1), "difference": tested
    }  # fmt: skip


def family(*parts: dict[str, Any], **known: Any) -> dict[str, Any]:
    """Return slices whose p-values are corrected together."""
    worst = min(parts, key=lambda one: one["accuracy"]["estimate"], default=None)
    return {"slices": list(parts), "worst": worst, "gaps": [], "too_small": []} | known


APPLY = [name for name in METRICS if name not in ("weighted_kappa", "cost")]
CALIBRATION = {"raw": trust(), "temperature": 1.5, "scaled": trust(), "loss_change": within(0)}
SELECTION: dict[str, Any] = {
    "threshold": None,
    "refused": "too many errors",
    "threshold_rows": 200,
    "threshold_groups": 100,
    "threshold_positives": 40,
    "groups_needed": 59,
    "error_at_most": None,
    "missed_at_most": None,
    "rows": 0,
    "coverage": None,
    "wrong": 0,
    "error_rate": None,
    "missed": None,
    "missed_rate": None,
}
RUN: dict[str, Any] = {
    "split": "test",
    "primary": "balanced_accuracy",
    "verdict": "adapted",
    "published_seed": 11,
    "baseline": "tf-idf",
    "rows": {"rows": 1000, "groups": 640, "clusters": None, "effective_groups": 600.0, "commonest": 0.6},
    "leakage": {"suspects": 0, "without": None},
    "against": {
        "majority": against(0.38),
        "tf-idf": against(0.16),
        "untrained head": against(0.38),
        "frozen encoder": against(0.18),
    },
    "difference": by_metric({name: change(-0.2 if name == "loss" else 0.16) for name in APPLY}),
    "ladder": {
        "majority": model(0.5, 0.52),
        "tf-idf": model(0.72, 0.75),
        "untrained head": model(0.5, 0.55),
        "frozen encoder": model(0.7, 0.73),
    },
    "seeds": {"11": model(0.88), "12": model(0.87, 0.92), "13": model(0.89, 0.91)},
    "new_seed": within(0.88, 0.05),
    "positive": {"baseline": positive(0.7), "published": positive(0.85)},
    "classes": {side: [of_class("routine", 0.9), of_class("urgent", 0.85)] for side in ("baseline", "published")},
    "net_benefit": [
        {
            "threshold": 0.1,
            "called": 300,
            "finetuned": within(0.16),
            "baseline": within(0.12),
            "all": within(0.11),
            "over_baseline": within(0.04),
            "over_all": within(0.05),
        }
    ],
    "from_validation": {"baseline": within(0), "published": within(-0.07)},
    "calibration": {"baseline": CALIBRATION, "published": CALIBRATION},
    "selection": {"target_error": 0.05, "baseline": SELECTION, "published": SELECTION},
    "prediction_sets": {"baseline": None, "published": None},
    "slices": {"columns": family(), "automatic": family(), "rare_classes": {}},
}


def metrics(changes: dict[str, Any] | None = None) -> Metrics:
    """Return the metrics of a sound run with some values changed."""
    return Metrics.model_validate(replaced(RUN, changes or {}))
