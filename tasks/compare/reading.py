"""A comparison on the project's test rows reads their labels: refused while these are sealed, recorded while open."""

from core.base import paths
from core.base.errors import UserError
from core.data import parquet, tokenized_rows
from core.data.sameness import key
from core.scores import readings
from core.scores.readings import Outcome
from tasks.compare.comparison import Comparison
from tasks.compare.labelled import Labelled

ALIKE = 0.9  # share of the rows with a test row's row_id from which labels that agree are no chance


def is_of_test(rows: Labelled) -> bool:
    """Return whether any of the rows are the project's test rows, with their labels, however these are spelled.

    Tables that have nothing to do with it may use the same row_ids: of those, other rows have other labels.
    """
    path = paths.validated("test")
    if not path.exists():
        return False
    test = parquet.frame(path, ["row_id", "label"])
    known = dict(zip(test["row_id"], map(key, test["label"]), strict=True))
    same = [known[row] == key(label) for row, label in zip(rows.row_ids, rows.labels, strict=True) if row in known]
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
