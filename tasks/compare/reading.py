"""A comparison on the project's test rows reads their labels: refused while these are sealed, recorded while open."""

from collections.abc import Iterable, Sequence

from core.base import paths
from core.base.errors import UserError
from core.data import parquet, tokenized_rows
from core.data.sameness import key, row_keys
from core.scores import readings
from core.scores.readings import Outcome
from tasks.compare.comparison import Comparison
from tasks.compare.labelled import Labelled

ALIKE = 0.9  # share of the rows with a test row's row_id, or text, from which labels that agree are no chance


def is_of_test(rows: Labelled) -> bool:
    """Return whether any of the rows are the project's test rows, with their labels, however these are spelled.

    They are known by their row_ids, and under other ones by their texts. Tables that have nothing to do with it may use
    the same row_ids: of those, other rows have other labels.
    """
    path = paths.validated("test")
    if not path.exists():
        return False
    test = parquet.frame(path)
    labels = list(map(key, test["label"]))
    return _agree(rows.row_ids, rows.labels, test["row_id"], labels) or (
        rows.texts is not None and _agree(rows.texts, rows.labels, row_keys(test), labels)
    )


def _agree(names: Sequence[str], labels: Sequence[str], of_test: Iterable[str], test_labels: Sequence[str]) -> bool:
    known = dict(zip(of_test, test_labels, strict=True))
    same = [known[name] == key(label) for name, label in zip(names, labels, strict=True) if name in known]
    return bool(same) and sum(same) >= ALIKE * len(same)


def require_open(test: str) -> None:
    """Raise UserError while the test split is sealed."""
    if test == "sealed":
        raise UserError(
            f"these are test rows, and evaluation.test is sealed: open it in {paths.PARAMS}, or compare on "
            f"`--labels {paths.validated('validation')}`"
        )


def record(found: Comparison) -> str:
    """Return in words which reading of the test split by a comparison this is; it is recorded."""
    test = tokenized_rows.read("test")
    identity = readings.test_set(test["row_id"], test["input_ids"], test["labels"])
    primary = found.rows.decision.primary
    scores = {side.name: each.estimate for side in found.sides if (each := side.scores.of(primary))}
    outcome = Outcome(found.judged.verdict, primary, found.second.name, scores)
    number = readings.enter(identity, found.models, outcome, paths.COMPARISONS).reading
    return f"Reading {number} of this test split by a comparison: `{paths.COMPARISONS}` has them all."
