"""A study whose cells are made up: techniques that are right as often as their skill says."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from datasets import ClassLabel, Dataset

from study.cells.cell import Cell, Computed
from study.cells.files import Failure
from study.cells.rows import Rows
from study.report.cells import Known, Studied
from tasks.params import load
from tests.conftest import PARAMS
from tests.study.curves.of_draws import table

NAMES = ["routine", "ur|gent"]
SHARES = {"5%": 0.05, "10%": 0.1, "25%": 0.25, "50%": 0.5, "100%": 1.0}
RISING = {"5%": 0.6, "10%": 0.68, "25%": 0.76, "50%": 0.81, "100%": 0.85}
SKILLS: Mapping[str, Mapping[str, float]] = {
    "tf_idf": {"5%": 0.55, "10%": 0.58, "25%": 0.62, "50%": 0.65, "100%": 0.67},
    "frozen_encoder": {"5%": 0.66, "10%": 0.69, "25%": 0.72, "50%": 0.73, "100%": 0.74},
    "finetuning": RISING,
    "finetuning_augmented": {size: skill + 0.01 for size, skill in RISING.items() if size != "100%"},
}
POOL, DRAWS = 400, 5
HERE = Computed(device="cpu", precision="float32", copies=0, packages={})


def rows(split: str, count: int) -> Dataset:
    """Return tokenized rows of two classes in turn."""
    known = Dataset.from_dict(
        {
            "row_id": [f"{split}-{number}" for number in range(count)],
            "input_ids": [[2, number, 3] for number in range(count)],
            "labels": [number % 2 for number in range(count)],
            "group": [None] * count,
            "parent": [None] * count,
        }
    )
    return known.cast_column("labels", ClassLabel(names=NAMES))


def studied(
    skills: Mapping[str, Mapping[str, float]] = SKILLS, split: str = "test", scored: int = 600, seed: int = 0
) -> Studied:
    """Return a study of such skills by technique and size."""
    generator = np.random.default_rng(seed)
    pool, to_score = rows("train", POOL), rows(split, scored)
    labels, ease = np.asarray(to_score["labels"]), generator.random(scored)
    nothing = pd.DataFrame()
    known = []
    for name, by_size in skills.items():
        for size, skill in by_size.items():
            draws = 1 if size == "100%" and name in ("tf_idf", "frozen_encoder") else DRAWS
            for number in range(1, draws + 1):
                right = ease < skill + 0.01 * generator.normal()
                cell = Cell(
                    technique=name,
                    size=size,
                    repetition=number,
                    seed=number,
                    drawn=list(range(round(POOL * SHARES[size]))),
                    start=list(range(round(POOL * SHARES["5%"]))),
                    gpu=False,
                    name=f"{name}-{size}-{number}",
                )
                known.append(Known(cell, table(labels, right), HERE, None))
    params = load(PARAMS)
    evaluation = params.evaluation.model_copy(update={"positive": NAMES[1]})
    return Studied(
        params.model_copy(update={"evaluation": evaluation}),
        Rows(split, pool, nothing, pool.select([]), to_score, to_score.remove_columns("labels"), nothing),
        known,
    )


def failed(known: Known, reason: str) -> Known:
    """Return a cell that has failed instead."""
    return Known(known.cell, None, None, Failure(cell=known.cell.title, kind="error", reason=reason))
