"""What the earlier stages wrote, read once: the report is made from this, and from nothing else."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from datasets import Dataset

from core.base import paths
from core.data import epochs, ladder, parquet, predictions, tokenization_counts, tokenized_rows, validation_counts
from core.data.epochs import Epoch
from core.data.ladder import Ladder
from core.data.texts import shown
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import ValidationCounts
from core.decision.scoring import Labels, Table
from core.scores import forgetting
from core.scores.forgetting import ForgettingScores
from core.scores.metrics import Metrics
from tasks.params import Params
from tasks.report.diagnosis.label_noise import Doubted, doubted


@dataclass(frozen=True)
class HeldOut:
    """The rows of validation or test, and what models predict for them; rows are in the same order everywhere."""

    row_ids: list[str]
    labels: Labels  # class ids, shape (rows,)
    baseline: Table  # probabilities of the best rung, shape (rows, classes)
    ladder: dict[str, Table]  # of each rung
    seeds: dict[str, Table]  # probabilities of each fine-tuned model
    texts: list[str] | None  # where params.yaml lets the report show them


@dataclass(frozen=True)
class Outputs:
    """The parameters, and what the earlier stages wrote."""

    params: Params
    metrics: Metrics
    validation: ValidationCounts
    tokenization: TokenizationCounts
    forgetting: ForgettingScores
    ladder: Ladder
    epochs: dict[str, list[Epoch]]  # by seed
    class_names: list[str]  # in the order of the class ids
    train: Dataset  # tokenized, augmented copies among them
    held_out: dict[str, HeldOut]  # by split: validation, test
    augmented: pd.DataFrame
    vocabulary: pd.DataFrame | None  # words of the domain, where params.yaml lets the report show them

    @property
    def confidence(self) -> float:
        """Return the level of all intervals."""
        return self.params.evaluation.confidence

    @property
    def test(self) -> HeldOut:
        return self.held_out["test"]

    @property
    def published_seed(self) -> int:
        return self.metrics.finetuned.published_seed

    @property
    def published(self) -> Table:
        """Return the published model's probabilities on test."""
        return self.test.seeds[str(self.published_seed)]

    @cached_property
    def doubted(self) -> Doubted:
        """Return the validation rows whose label the best model at hand doubts."""
        validation = self.held_out["validation"]
        together = {"the fine-tuned models together": np.mean(list(validation.seeds.values()), axis=0)}
        return doubted(validation.labels, validation.ladder | together)


def read(params: Params, metrics: Metrics) -> Outputs:
    """Return what the earlier stages wrote. Raises UserError where a file is missing, damaged or outdated."""
    texts = params.report.show_texts
    return Outputs(
        params=params,
        metrics=metrics,
        validation=validation_counts.read(),
        tokenization=tokenization_counts.read(),
        forgetting=forgetting.read(),
        ladder=ladder.read(),
        epochs={seed: epochs.read(seed) for seed in metrics.seeds},
        class_names=tokenized_rows.labels(tokenized_rows.read("test")),
        train=tokenized_rows.read("train"),
        held_out={split: _held_out(split, metrics, texts) for split in ("validation", "test")},
        augmented=parquet.frame(paths.AUGMENTED),
        vocabulary=parquet.frame(paths.VOCABULARY) if texts else None,
    )


def _held_out(split: str, metrics: Metrics, texts: bool) -> HeldOut:
    rows = tokenized_rows.read(split)
    row_ids = list(rows["row_id"])
    rungs, finetuned = predictions.read(paths.BASELINE_PREDICTIONS), predictions.read(paths.FINETUNED_PREDICTIONS)
    return HeldOut(
        row_ids=row_ids,
        labels=np.asarray(rows["labels"]),
        baseline=predictions.select(rungs, metrics.baseline.name, split, row_ids),
        ladder={rung: predictions.select(rungs, rung, split, row_ids) for rung in metrics.ladder},
        seeds={seed: predictions.select(finetuned, seed, split, row_ids) for seed in metrics.seeds},
        texts=shown(parquet.frame(paths.validated(split))) if texts else None,
    )
