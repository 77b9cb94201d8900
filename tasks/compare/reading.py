"""A comparison on the project's test rows reads their labels: refused while these are sealed, recorded while open."""

from core.base import paths
from core.base.errors import UserError
from core.data import parquet, tokenized_rows
from core.scores import readings
from core.scores.readings import Outcome
from tasks.compare.comparison import Comparison
from tasks.compare.labelled import Labelled


def is_of_test(rows: Labelled) -> bool:
    """Return whether the rows, with their labels, are some of the project's test rows."""
    path = paths.validated("test")
    if not path.exists():
        return False
    known = parquet.frame(path, ["row_id", "label"]).itertuples(index=False, name=None)
    return set(zip(rows.row_ids, rows.labels, strict=True)) <= set(known)


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
