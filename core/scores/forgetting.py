"""reports/forgetting.json: the topic probe, what fine-tuning left of it, from predictions on everyday sentences.

Topics are ids, shape (rows,); out-of-fold probabilities have shape (rows, topics).
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from core.base import paths, results
from core.base.results import Result
from core.decision.scoring import Table
from core.scores.intervals import Interval
from core.scores.statistics import Estimate, mean, share, with_interval

PRETRAINED = "pretrained"  # the name of the pretrained encoder's predictions among those on the probe
POWER = 0.8  # the least with which it judges

Verdict = Literal["kept", "inconclusive", "lost", "cannot judge"]


class ProbeScores(Result):
    """How well linear probes on an encoder's frozen states name the topics of sentences that they have not seen.

    Alain & Bengio, Understanding intermediate layers using linear classifier probes (2016).
    """

    accuracy: Interval
    """Share of the sentences whose topic is named right: 0 to 1, higher is better."""
    brier: Interval
    """Brier score, halved: half the squared distance of the topics' probabilities from the truth, mean over the
    sentences: 0 to 1, lower is better. Brier, Monthly Weather Review 78 (1950)."""


class Probed(ProbeScores):
    """What the topic probe says of one fine-tuned encoder beside the pretrained one, paired by sentence."""

    verdict: Verdict
    """Lost where the interval of `rise` lies above the margin; else cannot judge where `power` is below 0.8, kept where
    the interval lies below the margin, and inconclusive where it holds it.
    A test of non-inferiority: Piaggio et al., JAMA 308 (2012), figure 1."""
    rise: Interval
    """Brier score, fine-tuned minus pretrained: -1 to 1, above 0 where fine-tuning has cost something. Its interval is
    over new sentences and new linear probes."""
    power: float
    """The chance that this probe says kept of such an encoder where nothing is lost, from the standard error of `rise`:
    0 to 1."""
    accuracy_change: Interval
    """Accuracy, fine-tuned minus pretrained: -1 to 1. The verdict does not rest on it."""


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


class MaskedChange(Result):
    """The masked loss of one fine-tuned encoder."""

    loss: float
    """Log loss in nats a hidden token: 0 or more, lower is better."""
    difference: Interval
    """Fine-tuned minus pretrained, in nats a hidden token, paired by sentence.
    The error of a ratio: Cochran, Sampling Techniques (1977), section 2.11."""


class MaskedLoss(Result):
    """How well the encoders fill gaps in the probe's sentences, under the pretrained model's own head.

    Devlin et al., BERT (2019), section 3.1.
    """

    tokens: int
    """How many tokens were hidden."""
    pretrained: float
    """Log loss of the pretrained encoder in nats a hidden token: 0 or more, lower is better."""
    seeds: dict[str, MaskedChange]
    """Of each fine-tuned encoder, by its seed."""


class ForgettingScores(Result):
    """The topic probe before and after fine-tuning. Floats are rounded to 6 decimals."""

    margin: float
    """The rise of the Brier score that still counts as kept, `forgetting.margin`: between 0 and 1."""
    pretrained: ProbeScores
    """The pretrained encoder."""
    seeds: dict[str, Probed]
    """Each fine-tuned encoder, by its seed; the published model is one of them."""
    probe: Probe
    """The sentences."""
    cka: Alignment
    """How alike the states of the encoders are."""
    masked_loss: MaskedLoss | None
    """The masked loss; null where the model's checkpoint has no masked-language head."""


def read() -> ForgettingScores:
    """Return what reports/forgetting.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.FORGETTING, ForgettingScores)


def brier(topics: NDArray[np.int64], table: Table) -> Table:
    """Return each row's Brier score, halved: shape (rows,), 0 to 1."""
    return np.asarray(((table - np.eye(table.shape[1])[topics]) ** 2).sum(1) / 2)


def new_probes(difference: Estimate, folds: int) -> Estimate:
    """Return a paired difference with the error that holds for probes of other training rows, too.

    Sentences share the linear probes that read them, each trained on all folds but one, so that errors are alike:
    Nadeau & Bengio, Inference for the Generalization Error, Machine Learning 52 (2003), equation 8.
    """
    return difference._replace(error=difference.error * float(np.sqrt(1 + folds / (folds - 1))))


def power(rise: Estimate, margin: float, confidence: float) -> float:
    """Return the chance that the interval of a rise lies below the margin where there is none, at the same error."""
    if rise.error == 0:
        return 1.0
    reach = scipy.stats.t.ppf((1 + confidence) / 2, rise.freedom)
    return float(scipy.stats.t.cdf(margin / rise.error - reach, rise.freedom))


def verdict(rise: Interval, power: float, margin: float) -> Verdict:
    """Return what the interval of the rise says, with that power to say that nothing is lost."""
    if rise.low > margin:
        return "lost"  # a loss that is shown is no less shown where a probe could hardly have said kept
    if power < POWER:
        return "cannot judge"
    return "kept" if rise.high < margin else "inconclusive"


def scores(topics: NDArray[np.int64], table: Table, confidence: float) -> ProbeScores:
    """Return how well one encoder's states tell the topics, by the linear probes that read them."""
    alone = _alone(topics)
    return ProbeScores(
        accuracy=with_interval(share(table.argmax(1) == topics, alone), confidence, 0, 1),
        brier=with_interval(mean(brier(topics, table), alone), confidence, 0, 1),
    )


def probed(
    topics: NDArray[np.int64],
    pretrained: Table,
    finetuned: Mapping[str, Table],
    folds: int,
    margin: float,
    confidence: float,
) -> dict[str, Probed]:
    """Return what the probe says of each fine-tuned encoder, by linear probes trained on all folds but one."""
    alone, right = _alone(topics), (pretrained.argmax(1) == topics).astype(np.float64)
    by_seed = {}
    for seed, table in finetuned.items():
        rise = new_probes(mean(brier(topics, table) - brier(topics, pretrained), alone), folds)
        change = new_probes(mean((table.argmax(1) == topics) - right, alone, (1, -1)), folds)
        able, risen = power(rise, margin, confidence), with_interval(rise, confidence, -1, 1)
        by_seed[seed] = Probed(
            **scores(topics, table, confidence).model_dump(),
            verdict=verdict(risen, able, margin),
            rise=risen,
            power=able,
            accuracy_change=with_interval(change, confidence, -1, 1),
        )
    return by_seed


def masked_loss(pretrained: Table, finetuned: Mapping[str, Table], confidence: float) -> MaskedLoss:
    """Return the masked loss before and after, by seed, and its change with its interval.

    Each table has shape (rows, 2): summed loss (nats) and hidden tokens.
    """
    losses, tokens = pretrained.T
    by_seed = {}
    for seed, table in finetuned.items():
        change = (table[:, 0] - losses).sum() / tokens.sum()
        as_mean = change + (table[:, 0] - losses - change * tokens) / tokens.mean()  # linearised, a row a value
        difference = with_interval(mean(as_mean, _alone(tokens)), confidence)
        by_seed[seed] = MaskedChange(loss=float(table[:, 0].sum() / tokens.sum()), difference=difference)
    return MaskedLoss(tokens=int(tokens.sum()), pretrained=float(losses.sum() / tokens.sum()), seeds=by_seed)


def _alone(rows: NDArray[np.generic]) -> NDArray[np.str_]:
    """Return a group of its own for each row: no two sentences share anything."""
    return np.arange(len(rows)).astype(str)
