"""What you use today as a rung of the ladder: predictions of rules, a language model or people, from a file."""

from functools import partial

import numpy as np

from core.base.errors import UserError
from core.base.messages import listed
from core.data import given_predictions, threshold_rows
from core.data.given_predictions import Given
from core.data.sameness import row_keys
from core.data.splits import HELD_OUT
from core.data.texts import sides
from core.decision.scoring import METRICS
from tasks.baseline.rungs import Material, Predictions, Rung, Table


def rungs(material: Material) -> list[Rung]:
    """Return a rung for each file that params.yaml names. Raises UserError with what is wrong in any of them."""
    found: list[Rung] = []
    problems: list[str] = []
    for name, file in material.section.external.items():
        try:
            of_file = predicted(file, material)
        except UserError as error:
            problems += error.problems
        else:
            found.append(Rung(name, f"predictions of your own, from `{file}`", partial(_known, of_file)))
    if problems:
        raise UserError(*problems)
    return found


def _known(found: Predictions, _: Material) -> Predictions:
    return found


def predicted(file: str, material: Material) -> Predictions:
    """Return the probabilities that a file has of validation and test rows.

    Raises UserError where a row has no prediction, or one for another text, or where the primary metric needs
    probabilities and there are classes alone.
    """
    given = given_predictions.read(file)
    _require_its_texts(given, material)
    row_ids = {split: list(material.rows[split]["row_id"]) for split in HELD_OUT}
    found = given_predictions.answers(
        given, [row for split in HELD_OUT for row in row_ids[split]], material.class_names
    )
    validation, test = np.split(found.probabilities, [len(row_ids["validation"])])
    if not found.classes_alone:
        return {"validation": validation, "test": test}
    primary = METRICS[material.decision.primary]
    if not primary.of_classes:
        raise UserError(
            f"{file} has classes alone, and {primary.title} decides, which needs probabilities: give these, a column "
            "for each class, or set evaluation.primary to balanced_accuracy"
        )
    sure = sureness(validation, material)
    return {"validation": softened(validation, sure), "test": softened(test, sure)}


def sureness(validation: Table, material: Material) -> float:
    """Return the probability of a class that is given alone: the share of the validation rows that these have right.

    Of those that models are chosen by. A file that says classes alone would else be scored as always being sure. It is
    above that of any other class, so that the class stays the most probable one.
    """
    choosing = threshold_rows.choosing(material.rows["validation"])
    right = validation.argmax(1)[choosing] == np.asarray(material.labels["validation"])[choosing]
    return float(max((right.sum() + 1) / (len(right) + 2), 1.01 / validation.shape[1]))


def softened(classes: Table, sure: float) -> Table:
    """Return a table in which each row's class has this probability, and the others have equal parts of the rest."""
    return np.where(classes == 1, sure, (1 - sure) / (classes.shape[1] - 1))


def _require_its_texts(given: Given, material: Material) -> None:
    """Raise UserError where the file has texts too, and one is not its row's: row_ids may be those of old data."""
    for split in HELD_OUT:
        rows = material.texts[split].set_index("row_id", drop=False)
        known = rows[rows.index.isin(given.rows.index)]
        columns = sides(known)
        if not set(columns) <= set(given.rows):
            continue
        theirs = row_keys(given.rows.loc[known.index, columns].astype("str"))
        if other := list(known.index[(theirs != row_keys(known)).to_numpy()]):
            raise UserError(
                f"{given.name} has other texts than {split} for {len(other)} rows ({listed(other)}): it is of other "
                "data; predict these rows again"
            )
