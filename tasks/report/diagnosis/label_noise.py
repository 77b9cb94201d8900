"""Rows whose label the fine-tuned models contradict, found by confident learning where no model has trained."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues
from sklearn.metrics import cohen_kappa_score

from core.decision.scoring import Labels, Table


@dataclass(frozen=True)
class Doubted:
    """The rows in doubt among all that were asked about, and how well the models agree with the labels of all."""

    rows: list[int]  # their positions, the least likely label first
    likely: list[int]  # the class that the models name in place of each one's label
    asked: int
    accuracy: float
    agreement: float  # Cohen's kappa: 0 where the models name classes by chance, or one class for every row

    @property
    def share(self) -> float:
        return len(self.rows) / self.asked


def doubted(labels: Labels, seeds: Sequence[Table]) -> Doubted:
    """Return the rows whose label is likely wrong, by the mean probabilities of models that have not trained on them.

    Labels are class ids, shape (rows,); each seed's probabilities have shape (rows, classes). Northcutt, Jiang &
    Chuang, Confident Learning, JAIR 70 (2021), pruning by noise rate.

    What a share means was measured on the sample, 2.5% of whose labels are wrong as it stands, with one seed. After
    flips of 0, 3, 10 and 20% of the labels, 2.5, 5.5, 12.0 and 22.0% of the validation labels were wrong, and 4.0, 8.8,
    18.2 and 27.8% were doubted, among them 100, 95, 96 and 78% of the wrong ones. The linear head of the frozen
    encoder, right on 71%, doubts 23% of the training rows, out of fold, before anything is flipped: so it is the
    fine-tuned models that are asked, about validation rows. benchmarks/label_noise.py measures this anew.
    """
    mean = np.mean(seeds, axis=0)
    ranked = find_label_issues(
        labels,
        mean,
        return_indices_ranked_by="self_confidence",
        min_examples_per_class=0,  # it warns of few otherwise, which `validation` has counted
        n_jobs=1,
    )
    named, rows = mean.argmax(1), [int(row) for row in ranked]
    return Doubted(
        rows,
        [int(named[row]) for row in rows],
        len(labels),
        float((named == labels).mean()),
        float(cohen_kappa_score(labels, named, labels=range(mean.shape[1]))),
    )
