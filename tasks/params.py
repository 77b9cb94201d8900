"""All of params.yaml, which `python -m tasks.params` checks."""

import difflib
import sys
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from core.base import paths
from core.base.errors import run
from core.base.params import Section, read
from core.decision.gates import Gate
from core.encoders.params import Model
from study.params import Study
from tasks.augmentation.params import Augmentation
from tasks.baseline.params import Baseline
from tasks.evaluation.params import Evaluation
from tasks.finetuning.params import Finetuning
from tasks.forgetting.params import Forgetting
from tasks.leakage.params import Leakage
from tasks.report.params import Report
from tasks.tokenization.params import Tokenization
from tasks.validation.params import Validation

A_GATE = "{metric: sensitivity, at_least: 0.9}"
NO_SHARES = ("cost", "loss", "calibration_in_the_large", "calibration_slope")  # of what a gate bounds


class Params(Section):
    """All of params.yaml."""

    model: Model
    validation: Validation
    augmentation: Augmentation
    tokenization: Tokenization
    baseline: Baseline
    leakage: Leakage
    finetuning: Finetuning
    evaluation: Evaluation
    forgetting: Forgetting
    report: Report
    study: Study

    @model_validator(mode="before")
    @classmethod
    def _gates_are_gates(cls, values: Any) -> Any:
        section = values.get("evaluation") if isinstance(values, dict) else None
        gates = section.get("gates", []) if isinstance(section, dict) else []
        if not isinstance(gates, list):
            raise ValueError(f"evaluation.gates is {gates!r}: write a list of gates, such as [{A_GATE}], or []")
        if wrong := [said for number, gate in enumerate(gates) if (said := _miswritten(number, gate))]:
            raise ValueError("; ".join(wrong))
        return values

    @model_validator(mode="after")
    def _pairs_are_truncated(self) -> Self:
        if len(self.validation.texts) == 2 and self.tokenization.long != "truncate":
            raise ValueError(
                f"tokenization.long is {self.tokenization.long!r}, which reads one text a row, and validation.text "
                "names two columns: set it to truncate, which cuts the longer one first"
            )
        return self

    @model_validator(mode="after")
    def _classes_are_labels(self) -> Self:
        labels, section = self.validation.labels, self.evaluation
        if section.primary == "weighted_kappa" and self.validation.rare == "merge":
            raise ValueError(
                "evaluation.primary is 'weighted_kappa', which needs an order, and a merged class has none: set "
                "validation.rare to stop or leave_out"
            )
        if labels is None:
            if section.primary == "weighted_kappa":
                raise ValueError(
                    "evaluation.primary is 'weighted_kappa', which needs an order: set validation.labels to the "
                    "labels, from the lowest to the highest"
                )
            return self
        if self.validation.rare == "merge":
            labels = [*labels, self.validation.merged]
        if unknown := [name for name in section.named_classes if name not in labels]:
            raise ValueError(
                f"evaluation.positive or evaluation.cost names {', '.join(map(repr, unknown))}, and validation.labels "
                f"are {', '.join(map(repr, labels))}: name one of these, or null where no class counts more"
            )
        return self

    @model_validator(mode="after")
    def _gates_can_be_held(self) -> Self:
        labels, section = self.validation.labels, self.evaluation
        for number, gate in enumerate(section.gates):
            where = f"evaluation.gates.{number}"
            if labels is not None and gate.of_class is not None and gate.of_class not in labels:
                raise ValueError(
                    f"{where}.of_class is {gate.of_class!r}, and validation.labels are "
                    f"{', '.join(map(repr, labels))}: name one of these"
                )
            if unknown := [column for column in gate.slice or {} if column not in self.validation.slices]:
                raise ValueError(
                    f"{where}.slice names the column {unknown[0]!r}, which validation.slices does not: add it there"
                )
            if gate.metric == "cost" and section.cost is None:
                raise ValueError(f"{where} is about cost, and evaluation.cost is null: write what mistakes cost")
            if gate.metric == "weighted_kappa" and section.primary != "weighted_kappa":
                raise ValueError(
                    f"{where} is about weighted_kappa, which is measured where it is evaluation.primary alone"
                )
            bound = gate.at_most if gate.at_least is None else gate.at_least
            if gate.metric not in NO_SHARES and bound is not None and abs(bound) > 1:
                raise ValueError(f"{where} bounds {gate.metric} by {bound:g}, and it is 1 at most: write 90% as 0.9")
        return self


def _miswritten(number: int, gate: Any) -> str:
    """Return what is wrong with how a gate is written; empty where nothing is, or its values alone."""
    known = list(Gate.model_fields)
    if not isinstance(gate, dict):
        return f"evaluation.gates.{number} is {gate!r}: write a gate as {A_GATE}"
    for key in (key for key in gate if key not in known):
        nearest = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
        meant = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}, as in {A_GATE}"
        return f"evaluation.gates.{number}.{key} is not a known key; {meant}"
    return ""


def load(path: Path = paths.PARAMS) -> Params:
    """Return the checked parameters. Raises UserError with every problem of the file at once."""
    return read(path, Params)


def main() -> None:
    load()
    print(f"{paths.PARAMS} is valid")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
