"""What the gates of params.yaml may ask: a bound for a metric of all rows, of a class or of a slice."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.base.params import Name, Section

Bound = Annotated[float, Field(allow_inf_nan=False)]
Gated = Literal[
    "balanced_accuracy",
    "accuracy",
    "macro_f1",
    "roc_auc",
    "average_precision",
    "weighted_kappa",
    "cost",
    "loss",
    "sensitivity",
    "specificity",
    "positive_predictive_value",
    "negative_predictive_value",
    "calibration_in_the_large",
    "calibration_slope",
    "topic_probe",
]
OF_A_CLASS = (
    "sensitivity",
    "specificity",
    "positive_predictive_value",
    "negative_predictive_value",
    "calibration_in_the_large",
    "calibration_slope",
)


class Gate(Section):
    """A bound that the published model must keep, held against the end of its interval and not its estimate."""

    metric: Gated
    of_class: Name | None = None  # of what is measured by class; null: evaluation.positive
    slice: dict[Name, Name] | None = None  # {column of validation.slices: value}
    at_least: Bound | None = None
    at_most: Bound | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("name one bound, at_least or at_most")
        if self.slice is not None and (len(self.slice) != 1 or self.metric != "accuracy"):
            raise ValueError("of a slice, {column: value}, accuracy can be asked for")
        if self.of_class is not None and self.metric not in OF_A_CLASS:
            raise ValueError(f"of_class goes with {', '.join(OF_A_CLASS)}")
        return self
