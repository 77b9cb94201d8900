"""What forgetting.json says of general understanding before and after fine-tuning, from predictions on the probe.

Topics are ids, shape (rows,); out-of-fold probabilities have shape (rows, topics).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from core.scores.bootstrap import Resampling, paired_bootstrap
from core.scores.statistics import Table, with_interval

Json = dict[str, Any]
GENERAL = "general"  # the name of the general encoder among those that the probe passes through


def verdict(low: float, high: float, margin: float) -> str:
    """Return what the interval of the change in accuracy says: kept above -margin, lost below it, else not shown.

    A test of non-inferiority: Piaggio et al., Reporting of Noninferiority and Equivalence Randomized Trials, JAMA 308
    (2012), figure 1.
    """
    return "kept" if low > -margin else "lost" if high < -margin else "not shown to be kept"


def accuracy(
    topics: NDArray[np.int64],
    general: Table,
    finetuned: Mapping[str, Table],
    resampling: Resampling,
    margin: float,
) -> Json:
    """Return the probe's accuracy before, after (mean over seeds), by seed, the change with interval, and the verdict.

    Rows and seeds are redrawn together; that linear probes share training rows is left out, as is usual.
    """
    each_alone, confidence = np.arange(len(topics)).astype(str), resampling.confidence
    tables = list(finetuned.values())
    compared = paired_bootstrap(topics, [general], tables, each_alone, resampling.resamples, resampling.seed)
    accuracy = compared["accuracy"]
    change = with_interval(accuracy.difference, confidence, -1, 1)
    return {
        "verdict": verdict(change["low"], change["high"], margin),
        "margin": margin,
        "accuracy": {
            "general": with_interval(accuracy.before, confidence, 0, 1),
            "finetuned": with_interval(accuracy.after, confidence, 0, 1),
            "difference": change,
            "seeds": {name: float((each.argmax(1) == topics).mean()) for name, each in finetuned.items()},
        },
    }


def masked_loss(general: Table, finetuned: Mapping[str, Table], resampling: Resampling) -> Json:
    """Return the masked loss (nats a token) before, after (mean over seeds), by seed, and the change with interval.

    Each table has shape (rows, 2): summed loss and hidden tokens. Rows are redrawn, seeds are not.
    """
    tokens, before = general[:, 1], general[:, 0]
    after = np.mean([each[:, 0] for each in finetuned.values()], 0)

    def change(before: Table, after: Table, tokens: Table, axis: int = -1) -> Any:
        return (after - before).sum(axis) / tokens.sum(axis)

    found = bootstrap(
        (before, after, tokens),
        change,
        paired=True,
        n_resamples=resampling.resamples,
        batch=500,  # resamples held in memory at a time
        confidence_level=resampling.confidence,
        method="percentile",
        rng=np.random.default_rng(resampling.seed),
    ).confidence_interval
    return {
        "tokens": int(tokens.sum()),
        "general": float(before.sum() / tokens.sum()),
        "finetuned": float(after.sum() / tokens.sum()),
        "difference": {
            "estimate": float(change(before, after, tokens)),
            "low": float(found.low),
            "high": float(found.high),
        },
        "seeds": {name: float(each[:, 0].sum() / tokens.sum()) for name, each in finetuned.items()},
    }
