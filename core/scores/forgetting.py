"""reports/forgetting.json: what general understanding is left after fine-tuning, as predictions on the probe show it.

Topics are ids, shape (rows,); out-of-fold probabilities have shape (rows, topics).
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from core.base import paths, results
from core.base.results import Result
from core.decision.scoring import Table
from core.scores.bootstrap import Resampling, paired_bootstrap
from core.scores.intervals import Interval
from core.scores.statistics import with_interval

PRETRAINED = "general"  # the name of the pretrained encoder's predictions among those on the probe

Verdict = Literal["kept", "not shown to be kept", "lost"]


class ProbeAccuracy(Result):
    """How often linear probes on the frozen states name the topic of a sentence that they have not seen.

    Alain & Bengio, Understanding intermediate layers using linear classifier probes (2016).
    """

    general: Interval
    """Of the pretrained encoder: 0 to 1, higher is better."""
    finetuned: Interval
    """Of the fine-tuned encoders, mean over the seeds: 0 to 1, higher is better."""
    difference: Interval
    """Fine-tuned minus pretrained: -1 to 1."""
    seeds: dict[str, float]
    """Of each fine-tuned encoder, by its seed: 0 to 1, higher is better."""


class Probe(Result):
    """The probe: everyday sentences of data/probe, on which no model was trained."""

    rows: int
    """How many sentences it has."""
    topics: int
    """How many topics they are on."""


class Alignment(Result):
    """Linear centred kernel alignment (CKA) of the states of fine-tuned and pretrained encoder: 0 to 1.

    Kornblith et al., Similarity of Neural Network Representations Revisited (ICML 2019), section 3.
    """

    seeds: dict[str, float]
    """By seed; 1 is the same up to rotation and scale."""
    chance: dict[str, float]
    """By seed, with the sentences in another order: what chance reaches."""


class MaskedLoss(Result):
    """How well the encoders fill gaps in the probe's sentences, under the pretrained model's own head.

    Devlin et al., BERT (2019), section 3.1.
    """

    tokens: int
    """How many tokens were hidden."""
    general: float
    """Log loss of the pretrained encoder in nats a hidden token: 0 or more, lower is better."""
    finetuned: float
    """Log loss of the fine-tuned encoders, mean over the seeds, in nats a hidden token: 0 or more, lower is better."""
    difference: Interval
    """Fine-tuned minus pretrained, in nats a hidden token: a percentile bootstrap over sentences, not over seeds."""
    seeds: dict[str, float]
    """Log loss of each fine-tuned encoder, by its seed, in nats a hidden token."""


class ForgettingScores(Result):
    """What general understanding is left after fine-tuning. Floats are rounded to 6 decimals."""

    verdict: Verdict
    """Kept where the interval of the difference in accuracy lies above -margin, lost where it lies below.
    A test of non-inferiority: Piaggio et al., JAMA 308 (2012), figure 1."""
    margin: float
    """The fall in accuracy that still counts as kept, `forgetting.margin`: between 0 and 1."""
    accuracy: ProbeAccuracy
    """The accuracy of the linear probes."""
    probe: Probe
    """The sentences."""
    cka: Alignment
    """How alike the states of the encoders are."""
    masked_loss: MaskedLoss | None
    """The masked loss; null where the model's checkpoint has no masked-language head."""


def read() -> ForgettingScores:
    """Return what reports/forgetting.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.FORGETTING, ForgettingScores)


def verdict(low: float, high: float, margin: float) -> Verdict:
    """Return what the interval of the change in accuracy says: kept above -margin, lost below it, else not shown."""
    return "kept" if low > -margin else "lost" if high < -margin else "not shown to be kept"


def accuracy(
    topics: NDArray[np.int64], pretrained: Table, finetuned: Mapping[str, Table], resampling: Resampling
) -> ProbeAccuracy:
    """Return the probe's accuracy before, after (mean over seeds), by seed, and the change with its interval.

    Rows and seeds are redrawn together; that linear probes share training rows is left out, as is usual.
    """
    alone, confidence = np.arange(len(topics)).astype(str), resampling.confidence  # each row is its own cluster
    tables = list(finetuned.values())
    compared = paired_bootstrap(topics, [pretrained], tables, alone, resampling.resamples, resampling.seed)["accuracy"]
    return ProbeAccuracy(
        general=with_interval(compared.before, confidence, 0, 1),
        finetuned=with_interval(compared.after, confidence, 0, 1),
        difference=with_interval(compared.difference, confidence, -1, 1),
        seeds={seed: float((table.argmax(1) == topics).mean()) for seed, table in finetuned.items()},
    )


def masked_loss(pretrained: Table, finetuned: Mapping[str, Table], resampling: Resampling) -> MaskedLoss:
    """Return the masked loss before, after (mean over seeds), by seed, and the change with its interval.

    Each table has shape (rows, 2): summed loss (nats) and hidden tokens.
    """
    tokens, before = pretrained[:, 1], pretrained[:, 0]
    after = np.mean([table[:, 0] for table in finetuned.values()], 0)

    def change(before: Table, after: Table, tokens: Table, axis: int = -1) -> Any:
        return (after - before).sum(axis) / tokens.sum(axis)

    interval = bootstrap(
        (before, after, tokens),
        change,
        paired=True,
        n_resamples=resampling.resamples,
        batch=500,  # resamples held in memory at a time
        confidence_level=resampling.confidence,
        method="percentile",
        rng=np.random.default_rng(resampling.seed),
    ).confidence_interval
    estimate = float(change(before, after, tokens))
    return MaskedLoss(
        tokens=int(tokens.sum()),
        general=float(before.sum() / tokens.sum()),
        finetuned=float(after.sum() / tokens.sum()),
        difference=Interval(estimate=estimate, low=float(interval.low), high=float(interval.high)),
        seeds={seed: float(table[:, 0].sum() / tokens.sum()) for seed, table in finetuned.items()},
    )
