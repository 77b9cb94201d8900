"""How the published model's score has changed since a git revision, on the rows that both have scored.

Where data has grown, old rows are in the split where they were: then this is what the new rows brought.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset
from pydantic import ValidationError

from core.base import paths
from core.base.files import read_json
from core.data import parquet, predictions, tokenized_rows
from core.data.sameness import row_keys
from core.decision.scoring import METRICS, Table
from core.reporting.markdown import code, interval
from core.scores import uncertainty
from core.scores.metrics import Metrics
from core.scores.statistics import with_interval
from tasks.params import Params
from tasks.report import git_revision
from tasks.report.git_revision import Revision


class Earlier(NamedTuple):
    """What a revision has scored: the keys of the rows' texts, their labels, and what its published model says."""

    keys: list[str]
    labels: list[str]
    table: Table


def since(before: Revision, metrics: Any, now: Metrics, used: Params) -> str:
    """Return the change of the published model's primary score with its interval, or why there is none.

    `metrics` is what metrics.json held at the revision.
    """
    if not paths.validated(now.split).is_file() or not paths.FINETUNED_PREDICTIONS.is_file():
        return "No interval of the change: the predictions are not at hand here."
    try:
        then = Metrics.model_validate(metrics)
    except ValidationError:
        return f"No interval of the change: another version of this project wrote the metrics of {code(before.name)}."
    if (then.split, then.primary) != (now.split, now.primary):
        return "No interval of the change: other rows, or another metric, decided."
    rows = tokenized_rows.read(now.split)
    names = tokenized_rows.labels(rows)
    with TemporaryDirectory() as folder:
        earlier = _earlier(before, then, names, Path(folder))
    return earlier if isinstance(earlier, str) else _compared(earlier, rows, now, used)


def _earlier(before: Revision, then: Metrics, names: list[str], folder: Path) -> Earlier | str:
    """Return what the revision has scored, or in words why that is not to be had."""
    wanted = (paths.validated(then.split), paths.FINETUNED_PREDICTIONS, paths.VALIDATION_COUNTS)
    files = [git_revision.fetched(before, path, folder) for path in wanted]
    if not all(files):
        return f"No interval of the change: the predictions of {code(before.name)} are not at hand here."
    scored, predicted, counts = (file for file in files if file)
    if read_json(counts).get("labels") != names:
        return f"No interval of the change: {code(before.name)} has other labels."
    rows, seed = parquet.frame(scored), str(then.published_seed)
    table = predictions.select(predictions.read(predicted), seed, then.split, list(rows["row_id"]))
    return Earlier(row_keys(rows).tolist(), rows["label"].tolist(), table)


def _compared(earlier: Earlier, rows: Dataset, now: Metrics, used: Params) -> str:
    split, row_ids = now.split, list(rows["row_id"])
    validated = parquet.frame(paths.validated(split)).set_index("row_id").loc[row_ids]
    keys, labels = row_keys(validated).tolist(), validated["label"].tolist()
    places = {key: place for place, key in enumerate(earlier.keys)}
    both = np.array([row for row, key in enumerate(keys) if key in places], dtype=np.int64)
    if not len(both):
        return f"No interval of the change: no {split} row is in both."
    after = predictions.select(predictions.read(paths.FINETUNED_PREDICTIONS), str(now.published_seed), split, row_ids)
    clusters = tokenized_rows.clusters(rows)
    decision = used.evaluation.decision(tokenized_rows.labels(rows))
    change = uncertainty.of_difference(
        now.primary,
        np.asarray(rows["labels"])[both],
        earlier.table[[places[keys[row]] for row in both]],
        after[both],
        tokenized_rows.groups(rows)[both],
        decision,
        None if clusters is None else clusters[both],
    )
    if np.isnan(change.value):
        return f"No interval of the change: the {len(both)} {split} rows that both have are of a single class."
    said = interval(with_interval(change, decision.confidence), "{:+.3f}".format)
    new, gone = len(keys) - len(both), len(earlier.keys) - len(both)
    relabelled = sum(labels[row] != earlier.labels[places[keys[row]]] for row in both.tolist())
    counts = ((new, "new"), (gone, "gone"), (relabelled, "of them by another label than then"))
    others = [f"{count} {how}" for count, how in counts if count]
    which = f"the {len(both)} {split} rows that both have" if new or gone else f"the same {split} rows"
    return (
        f"{METRICS[now.primary].title} of the published model changes by {said} on {which} ({decision.confidence:.0%} "
        f"interval){': ' if others else ''}{', '.join(others)}."
    )
