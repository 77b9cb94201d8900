"""What the earlier stages wrote, read once: the report is made from this, and from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from datasets import Dataset

from core.base import paths
from core.data import (
    environment,
    epochs,
    ladder,
    leakage_counts,
    parquet,
    predictions,
    tokenization_counts,
    tokenized_rows,
    validation_counts,
)
from core.data.environment import Environment
from core.data.epochs import Epoch
from core.data.ladder import Ladder
from core.data.leakage_counts import LeakageCounts
from core.data.splits import HELD_OUT
from core.data.texts import shown
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import ValidationCounts
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores import forgetting, gates, learning_curve, readings
from core.scores.evidence import Evidence, gathered
from core.scores.forgetting import ForgettingScores
from core.scores.gates import Judged
from core.scores.learning_curve import Answer
from core.scores.metrics import Metrics
from core.scores.readings import Reading
from tasks.params import Params
from tasks.report.diagnosis.label_noise import Doubted, doubted


@dataclass(frozen=True)
class Outputs:
    """The parameters, and what the earlier stages wrote; rows are in the same order everywhere."""

    params: Params
    metrics: Metrics
    validation: ValidationCounts
    tokenization: TokenizationCounts
    forgetting: ForgettingScores
    ladder: Ladder
    leakage: LeakageCounts
    environment: Environment
    epochs: dict[str, list[Epoch]]  # by seed
    evidence: Evidence
    row_ids: dict[str, list[str]]  # by split
    texts: dict[str, list[str]]  # by split; none where params.yaml does not let the report show them
    train: Dataset  # tokenized, augmented copies among them
    augmented: pd.DataFrame
    vocabulary: pd.DataFrame | None  # words of the domain, where params.yaml lets the report show them
    readings: list[Reading]
    reading: Reading | None  # the one that metrics.json is of; None while the test split is sealed
    study: Answer | None  # what the learning-curve study says, if one was made
    study_readings: int  # of this test set
    comparisons: int  # the same by `python -m tasks.compare`

    @property
    def decision(self) -> Decision:
        return self.evidence.decision

    @property
    def class_names(self) -> list[str]:
        """Return the names of the classes in the order of their ids."""
        return list(self.evidence.names)

    @property
    def labels(self) -> Labels:
        """Return the labels of the scored rows."""
        return self.evidence.labels[self.metrics.split]

    @property
    def baseline(self) -> Table:
        """Return the probabilities of the baseline with the best validation score on the scored rows."""
        return self.evidence.ladder[self.metrics.baseline][self.metrics.split]

    @property
    def published(self) -> Table:
        """Return the published model's probabilities on the scored rows."""
        return self.evidence.seeds[str(self.metrics.published_seed)][self.metrics.split]

    @cached_property
    def studied(self) -> Answer | None:
        """Return what the learning-curve study says; None where none was made on these rows by this metric."""
        if self.study is None or self.study.primary != self.params.evaluation.primary:
            return None
        return self.study if self.study.training == learning_curve.training_rows(self.train) else None

    @cached_property
    def judged(self) -> list[Judged]:
        """Return the gates and whether they hold."""
        section = self.params.evaluation
        return gates.judge(section.gates, self.metrics, self.forgetting, section.positive)

    @cached_property
    def doubted(self) -> Doubted:
        """Return the validation rows whose label the best model at hand doubts."""
        models = {name: tables["validation"] for name, tables in self.evidence.ladder.items()}
        together = np.mean([tables["validation"] for tables in self.evidence.seeds.values()], axis=0)
        return doubted(self.evidence.labels["validation"], models | {"the fine-tuned models together": together})


def read(params: Params, metrics: Metrics) -> Outputs:
    """Return what the earlier stages wrote. Raises UserError where a file is missing, damaged or outdated."""
    texts = params.report.show_texts
    splits = HELD_OUT if metrics.split == "test" else ("validation",)
    rows = {split: tokenized_rows.read(split) for split in splits}
    evidence = scored(params, rows, {split: np.asarray(each["labels"]) for split, each in rows.items()})
    known = readings.read()
    read_now = _reading(known, rows["test"], evidence, metrics) if metrics.split == "test" else None
    return Outputs(
        params=params,
        metrics=metrics,
        validation=validation_counts.read(),
        tokenization=tokenization_counts.read(),
        forgetting=forgetting.read(),
        ladder=ladder.read(),
        leakage=leakage_counts.read(),
        environment=environment.read(),
        epochs={seed: epochs.read(seed) for seed in metrics.seeds},
        evidence=evidence,
        row_ids={split: list(each["row_id"]) for split, each in rows.items()},
        texts={split: shown(parquet.frame(paths.validated(split))) for split in splits} if texts else {},
        train=tokenized_rows.read("train"),
        augmented=parquet.frame(paths.AUGMENTED),
        vocabulary=parquet.frame(paths.VOCABULARY) if texts else None,
        readings=known,
        reading=read_now,
        study=learning_curve.read(),
        study_readings=len(learning_curve.readings_of(read_now.test)) if read_now else 0,
        comparisons=sum(each.test == read_now.test for each in readings.read(paths.COMPARISONS)) if read_now else 0,
    )


def scored(params: Params, rows: Mapping[str, Dataset], labels: Mapping[str, Labels]) -> Evidence:
    """Return the predictions, and the labels that they are scored by."""
    row_ids = {split: each["row_id"] for split, each in rows.items()}
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    seeds = predictions.by_model(table, map(str, params.finetuning.seeds), row_ids)
    decision = params.evaluation.decision(tokenized_rows.labels(rows["validation"]))
    return gathered(rows, labels, seeds, decision)


def _reading(known: list[Reading], test: Dataset, evidence: Evidence, metrics: Metrics) -> Reading | None:
    identity = readings.test_set(test["row_id"], test["input_ids"], test["labels"])
    return readings.same(known, identity, readings.models(evidence), metrics)
