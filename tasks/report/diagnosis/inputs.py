"""What the rules of the diagnosis read, in small values, and what a rule answers.

`facts` alone knows where these values stand in the results of the earlier stages.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.data.epochs import Epoch
from core.data.ladder import FROZEN_ENCODER, MAJORITY, UNTRAINED_HEAD
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import ValidationCounts
from core.decision.scoring import METRICS, Labels, Metric, Table, log_loss
from core.scores.intervals import Difference
from core.scores.learning_curve import Answer
from tasks.finetuning.params import Finetuning
from tasks.report.diagnosis.label_noise import Doubted
from tasks.report.outputs import Outputs


@dataclass(frozen=True)
class Finding:
    """A fault that the numbers support: sentences with those numbers, and what to change."""

    evidence: str
    change: str

    def instead(self, change: str) -> "Finding":
        """Return the same fault with other advice."""
        return replace(self, change=change)


@dataclass(frozen=True)
class OnValidation:
    """How a rung or a seed does on the validation rows."""

    accuracy: float
    loss: float  # log loss in nats
    answer: str  # the class that it names most often
    answered: float  # the share of the rows that it names that class for
    labelled: float  # the share of the rows that have that label

    @property
    def answers_alike(self) -> bool:
        """Whether it names hardly any other class: for less than a tenth of the rows that have another label."""
        return 1 - self.answered < (1 - self.labelled) / 10


@dataclass(frozen=True)
class Facts:
    """What the earlier stages found: scores are of the scored rows, by metrics that apply."""

    verdict: str
    primary: str  # the metric of the verdict
    gates: int  # that params.yaml sets
    failing_gates: list[str]
    baseline: str  # the rung with the best validation score
    rungs: dict[str, float]  # each rung's primary score
    seeds: dict[str, float]  # each seed's
    scores: dict[str, float]  # the published model's, by metric
    differences: dict[str, Difference]  # published model minus baseline, by metric
    confidence: float
    smallest_gain: float | None  # that would be shown with 80% power, by the primary metric
    split: str  # whose rows are scored
    rows: int
    suspects: int  # scored rows with a near twin that models learn from or are chosen by
    groups: int
    effective_groups: float
    published: str  # seed
    on_validation: dict[str, OnValidation]  # of each rung and each seed, by name
    doubted: Doubted
    validation: ValidationCounts
    tokenization: TokenizationCounts
    epochs: dict[str, list[Epoch]]  # by seed
    finetuning: Finetuning
    margin: float  # the smallest gain worth having
    studied: Answer | None  # what the learning-curve study says of these training rows

    @property
    def metric(self) -> Metric:
        return METRICS[self.primary]

    @property
    def left_to_gain(self) -> float:
        """Return how far the baseline is from a perfect score by the primary metric."""
        score = self.rungs[self.baseline]
        return self.metric.most - score if self.metric.higher_is_better else score

    @property
    def training_rows(self) -> dict[str, int]:
        """Return the original training rows of each class."""
        return dict(self.validation.rows["train"].classes)

    @property
    def majority(self) -> OnValidation:
        return self.on_validation[MAJORITY]

    @property
    def imbalance(self) -> float:
        """Return how many times as many training rows the commonest class has as the rarest; of none at all, one."""
        counts = self.training_rows.values()
        return max(counts) / max(min(counts), 1)

    @property
    def guessing(self) -> float:
        """Return the lowest mean training loss (nats) of one answer to every row.

        The entropy of the classes' shares; where the loss is weighted so that classes count alike, of even shares.
        """
        counts = [rows for rows in self.training_rows.values() if rows]
        if self.finetuning.class_weights == "balanced":
            return math.log(len(counts))
        return -sum(rows / sum(counts) * math.log(rows / sum(counts)) for rows in counts)

    @property
    def start(self) -> float:
        """Return the validation loss before the first epoch: of the frozen encoder where the head starts as its."""
        rung = FROZEN_ENCODER if self.finetuning.head == "probed" else UNTRAINED_HEAD
        return self.on_validation[rung].loss

    def amount(self, difference: float) -> str:
        """Return a difference by the primary metric in words: points, or its own unit where that has no bound."""
        if math.isinf(self.metric.most):
            return f"{difference:.3f} of {self.metric.title}"
        return f"{100 * difference:.1f} points of {self.metric.title}"

    def most_seeds(self, holds: Callable[[list[Epoch]], bool]) -> bool:
        """Return whether something holds of the curves of more than half of the seeds."""
        return 2 * sum(holds(epochs) for epochs in self.epochs.values()) > len(self.epochs)

    def mean(self, value: Callable[[list[Epoch]], float]) -> float:
        """Return a number of each seed's curve, averaged over the seeds."""
        return sum(value(epochs) for epochs in self.epochs.values()) / len(self.epochs)


def on_validation(labels: Labels, table: Table, class_names: list[str]) -> OnValidation:
    """Return how one model does on the validation rows."""
    named = table.argmax(1)
    commonest = int(np.bincount(named).argmax())
    return OnValidation(
        accuracy=float((named == labels).mean()),
        loss=float(log_loss(labels, table).mean()),
        answer=class_names[commonest],
        answered=float((named == commonest).mean()),
        labelled=float((labels == commonest).mean()),
    )


def facts(run: Outputs) -> Facts:
    """Return what the rules read of a run."""
    metrics, evidence = run.metrics, run.evidence
    models = {name: tables["validation"] for name, tables in (evidence.ladder | evidence.seeds).items()}
    labels, published = evidence.labels["validation"], metrics.published.scores
    return Facts(
        verdict=metrics.verdict,
        primary=metrics.primary,
        gates=len(run.judged),
        failing_gates=[gate.title for gate in run.judged if not gate.passed],
        baseline=metrics.baseline,
        rungs={name: rung.of(metrics.primary).estimate for name, rung in metrics.ladder.items()},
        seeds={name: seed.of(metrics.primary).estimate for name, seed in metrics.seeds.items()},
        scores={name: score.estimate for name in METRICS if (score := published.of(name))},
        differences={name: change for name in METRICS if (change := metrics.difference.of(name))},
        confidence=run.decision.confidence,
        smallest_gain=metrics.against[metrics.baseline].smallest_gain,
        split=metrics.split,
        rows=metrics.rows.rows,
        suspects=metrics.leakage.suspects,
        groups=metrics.rows.groups,
        effective_groups=metrics.rows.effective_groups,
        published=str(metrics.published_seed),
        on_validation={name: on_validation(labels, table, run.class_names) for name, table in models.items()},
        doubted=run.doubted,
        validation=run.validation,
        tokenization=run.tokenization,
        epochs=run.epochs,
        finetuning=run.params.finetuning,
        margin=run.decision.margin,
        studied=run.studied,
    )
