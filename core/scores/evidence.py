"""What is measured: predictions, and the labels and clusters of the rows that they are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core.base import paths
from core.base.errors import UserError
from core.data import leakage_counts, predictions, tokenized_rows
from core.data.splits import HELD_OUT
from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table, choose
from core.scores.by_metric import ScoredRows
from core.scores.statistics import Groups

T = TypeVar("T")
Predicted = dict[str, dict[str, Table]]  # a model's name -> a split's name -> probabilities
Split = Literal["test", "validation"]


@dataclass(frozen=True)
class Evidence:
    """What the rungs and the fine-tuned models predict, and the labels and groups of the rows, by split."""

    split: Split  # what is scored
    names: Sequence[str]  # of the classes, in the order of their ids
    ladder: Predicted
    seeds: Predicted
    labels: dict[str, Labels]
    groups: dict[str, Groups]
    clusters: Groups | None  # of the scored rows: what they share besides
    suspects: NDArray[np.bool_]  # of the scored rows: those with a near twin that models learn from or are chosen by
    decision: Decision

    @cached_property
    def choosing(self) -> NDArray[np.bool_]:
        """Return which validation rows models are chosen by: the others are kept for thresholds."""
        return ~threshold_rows(self.groups["validation"], self.labels["validation"])

    @cached_property
    def rung(self) -> str:
        """Return the name of the baseline with the best validation score."""
        return self._best(self.ladder)

    @cached_property
    def published(self) -> str:
        """Return the seed of the model that is published."""
        return self._best(self.seeds)

    def _best(self, models: Predicted) -> str:
        names, labels = list(models), self.labels["validation"][self.choosing]
        return names[choose([models[name]["validation"][self.choosing] for name in names], labels, self.decision)]

    @property
    def rows(self) -> ScoredRows:
        """Return what models are scored by."""
        return ScoredRows(self.labels[self.split], self.groups[self.split], self.clusters, self.decision)

    def scored(self, model: dict[str, Table]) -> tuple[Labels, Table]:
        """Return the labels of the scored rows, and what a model predicts for them."""
        return self.labels[self.split], model[self.split]

    def by_role(self, of: Mapping[str, T]) -> dict[str, T]:
        """Return by split what is chosen on, `validation`, and what is scored, as `test`."""
        return {"validation": of["validation"], "test": of[self.split]}


def splits_read(test: Literal["sealed", "open"]) -> tuple[str, ...]:
    """Return the held-out splits whose labels `evaluation.test` lets one read."""
    return HELD_OUT if test == "open" else ("validation",)


def _absent(split: str, names: Sequence[str], labels: Mapping[str, Labels]) -> list[str]:
    rows = np.bincount(labels[split], minlength=len(names))
    return [
        f"no {split} row is of the class {names[number]!r}: `dvc repro`"
        for number in np.flatnonzero(rows == 0).tolist()
    ]


def gathered(
    rows: Mapping[str, Dataset], labels: Mapping[str, Labels], seeds: Predicted, decision: Decision
) -> Evidence:
    """Return the evidence on validation and, where its rows are given, test: with the baselines' predictions.

    Raises UserError where a class has no row in one of them, so that nothing can be told of it.
    """
    split: Split = "test" if "test" in rows else "validation"
    if absent := [problem for name in rows for problem in _absent(name, tokenized_rows.labels(rows[name]), labels)]:
        raise UserError(*absent)
    table, row_ids = predictions.read(paths.BASELINE_PREDICTIONS), {name: each["row_id"] for name, each in rows.items()}
    return Evidence(
        split=split,
        names=tokenized_rows.labels(rows[split]),
        ladder=predictions.by_model(table, table["model"].unique(), row_ids),
        seeds=seeds,
        labels=dict(labels),
        groups={name: tokenized_rows.groups(each) for name, each in rows.items()},
        clusters=tokenized_rows.clusters(rows[split]),
        suspects=leakage_counts.suspects(split, row_ids[split]),
        decision=decision,
    )
