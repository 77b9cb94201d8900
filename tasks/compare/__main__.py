"""Whether one model is better than another on labelled rows, whoever made the predictions: nothing is trained.

By the statistics of the project's own verdict: paired, over clusters, with a margin and the smallest detectable gain.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.base import params, paths
from core.base.errors import UserError, run
from core.data import given_predictions
from core.decision.scoring import METRICS
from core.reporting.markdown import code
from tasks.compare import labelled, reading
from tasks.compare.comparison import compared
from tasks.compare.document import markdown
from tasks.compare.labelled import Columns
from tasks.evaluation.params import Evaluation
from tasks.validation.params import Validation


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    line = argparse.ArgumentParser(
        prog="python -m tasks.compare",
        description="Say whether model B is better than model A, as markdown. What decides stands in params.yaml.",
        epilog="Tables are CSV, tab-separated, JSON Lines or Parquet; of one with several models, FILE:MODEL is one.",
    )
    line.add_argument("A", help="its predictions: row_id, and class or a column of probabilities for each class")
    line.add_argument("B", help="predictions for the same rows")
    line.add_argument("--labels", type=Path, required=True, metavar="FILE", help="row_id, label")
    for name in ("row_id", "label", given_predictions.CLASS):
        line.add_argument(_option(name), default=name, metavar="COLUMN", help=f"where its name is not {name}")
    for name in ("group", "cluster"):
        line.add_argument(_option(name), metavar="COLUMN", help=f"of FILE, what rows share, where it is not {name}")
    decided = line.add_argument_group("decided by", argument_default=argparse.SUPPRESS)
    decided.add_argument("--primary", choices=[name for name in METRICS if name != "loss"], help=_in_place("primary"))
    decided.add_argument("--positive", metavar="CLASS", help=_in_place("positive"))
    for name in ("margin", "non_inferiority", "confidence"):
        decided.add_argument(_option(name), type=float, metavar="NUMBER", help=_in_place(name))
    return line


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _in_place(name: str) -> str:
    return f"in place of evaluation.{name}"


def decided(section: Evaluation, asked: Mapping[str, Any], names: Sequence[str]) -> tuple[Evaluation, list[str]]:
    """Return what decides, and what of params.yaml does not go with the classes named, in words."""
    changed = {name: asked[name] for name in type(section).model_fields if name in asked}
    notes = []
    if section.positive not in (None, *names) and "positive" not in asked:
        changed["positive"] = None
        notes.append(
            f"No class counts more than others: `evaluation.positive`, {code(str(section.positive))}, is none of these."
        )
    try:
        return section.model_validate(section.model_dump() | changed), notes
    except ValidationError as error:
        raise UserError(*map(_problem, error.errors())) from None


def _problem(fault: Any) -> str:
    """Return what is wrong with an option, or with what options and params.yaml say together."""
    said = fault["msg"].removeprefix("Value error, ")
    return f"{_option(fault['loc'][0])}: {said[0].lower()}{said[1:]}" if fault["loc"] else f"{paths.PARAMS}: {said}"


def main(*arguments: str) -> None:
    options = vars(parser().parse_args(arguments))
    columns = Columns(**{name: options[name] for name in Columns._fields})
    rows = labelled.read(options["labels"], columns)
    models = [
        given_predictions.read(options[side], columns.row_id, options[given_predictions.CLASS]) for side in ("A", "B")
    ]
    names = labelled.class_names(rows.labels)
    section, notes = decided(params.load(Evaluation), options, names)
    if section.primary == "weighted_kappa":
        names = labelled.ordered_names(rows.labels, params.load(Validation).labels)
    if any(given_predictions.PROBABILITIES in model.rows for model in models):
        notes.append(f"Lists of probabilities are read in this order of the classes: {', '.join(map(code, names))}.")
    is_of_test = reading.is_of_test(rows)
    if is_of_test:
        reading.require_open(section.test)
    found = compared(rows, models, names, section.decision(names))
    if is_of_test:
        notes.append(reading.record(found))
    print(markdown(found, notes), end="")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
