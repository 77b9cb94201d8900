"""Rows whose label the best model at hand contradicts, found by confident learning where no model has trained."""

from collections.abc import Mapping
from dataclasses import dataclass

from cleanlab.filter import find_label_issues
from sklearn.metrics import cohen_kappa_score

from core.decision.scoring import Labels, Table, log_loss


@dataclass(frozen=True)
class Doubted:
    """The rows in doubt among all that were asked about, and how well the model agrees with the labels of all."""

    model: str  # whose doubts they are

    rows: list[int]  # their positions, the least likely label first
    likely: list[int]  # the class that the model names in place of each one's label
    asked: int
    accuracy: float
    agreement: float  # Cohen's kappa: 0 where the model names classes by chance, or one class for every row

    @property
    def share(self) -> float:
        return len(self.rows) / self.asked


def doubted(labels: Labels, models: Mapping[str, Table]) -> Doubted:
    """Return the rows whose label is likely wrong, by the best of some models that have not trained on them.

    The best agrees most with the labels, by Cohen's kappa, and of equal ones has the lowest log loss: a weak model
    doubts whatever it cannot tell. Labels are class ids, shape (rows,); probabilities have shape (rows, classes).
    Northcutt, Jiang & Chuang, Confident Learning, JAIR 70 (2021), pruning by noise rate.

    What a share means was measured on the sample, 2.5% of whose labels are wrong as it stands, with one seed. After
    flips of 0, 3, 10 and 20% of the labels, 2.5, 5.5, 12.0 and 22.0% of the validation labels were wrong, and 4.0, 8.8,
    18.2 and 27.8% were doubted, among them 100, 95, 96 and 78% of the wrong ones. The linear head of the frozen
    encoder, right on 71%, doubts 23% of the training rows, out of fold, before anything is flipped: so it is a model
    that is right more often that is asked, about validation rows. benchmarks/label_noise.py measures this anew.
    """
    model = max(models, key=lambda name: (_agreement(labels, models[name]), -log_loss(labels, models[name]).mean()))
    table = models[model]
    ranked = find_label_issues(
        labels,
        table,
        return_indices_ranked_by="self_confidence",
        min_examples_per_class=0,  # it warns of few otherwise, which `validation` has counted
        n_jobs=1,
    )
    named, rows = table.argmax(1), [int(row) for row in ranked]
    return Doubted(
        model,
        rows,
        [int(named[row]) for row in rows],
        len(labels),
        float((named == labels).mean()),
        _agreement(labels, table),
    )


def _agreement(labels: Labels, table: Table) -> float:
    return float(cohen_kappa_score(labels, table.argmax(1), labels=range(table.shape[1])))
