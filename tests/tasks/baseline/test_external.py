"""Predictions of your own are a rung of the ladder."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import log_loss

from core.base import paths
from core.base.errors import UserError
from core.data import ladder, predictions
from tasks import params
from tasks.baseline import __main__ as baseline
from tasks.report.verify import own_predictions
from tasks.tokenization import __main__ as tokenization

FILE = Path("data/external/incumbent.csv")


def held_out() -> pd.DataFrame:
    tables = [pd.read_parquet(paths.validated(split)) for split in ("validation", "test")]
    return pd.concat(tables).reset_index(drop=True)


@pytest.fixture
def incumbent(validated):
    """Let the ladder have a rung of a file, which says of all rows `urgent` unless it is told otherwise."""
    tokenization.main()
    values = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    values["baseline"]["external"] = {"incumbent": str(FILE)}
    Path("params.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    FILE.parent.mkdir()

    def write(**columns: object) -> None:
        rows = pd.DataFrame({"row_id": held_out()["row_id"]} | (columns or {"class": "urgent"}))
        rows.sample(frac=1, random_state=1).to_csv(FILE, index=False)

    return write


def of_rung(split: str) -> np.ndarray:
    row_ids = pd.read_parquet(paths.validated(split))["row_id"]
    return predictions.select(predictions.read(paths.BASELINE_PREDICTIONS), "incumbent", split, row_ids)


def test_probabilities_are_taken_as_they_are(incumbent):
    urgent = np.linspace(0.1, 0.9, len(held_out()))
    incumbent(routine=1 - urgent, urgent=urgent)
    baseline.main()
    found = np.concatenate([of_rung("validation"), of_rung("test")])
    assert found[:, 1].tolist() == urgent.tolist()
    described = {rung.name: rung.description for rung in ladder.read().rungs}
    assert described["incumbent"] == "predictions of your own, from `data/external/incumbent.csv`"
    assert own_predictions(params.load()) == []


def test_classes_alone_are_as_sure_as_they_were_right_on_validation(incumbent):
    rows = held_out()
    answers = rows["label"].copy()
    answers[0] = {"routine": "urgent", "urgent": "routine"}[answers[0]]  # of six validation rows
    incumbent(**{"class": answers.str.upper()})
    baseline.main()
    found = of_rung("validation")
    assert found.max(1).tolist() == [(5 + 1) / (6 + 2)] * 6
    assert (found.argmax(1) == (answers[:6] == "urgent")).all()
    labels = (rows["label"][:6] == "urgent").astype(int)
    others = (log_loss(labels, np.where(found > 0.5, sure, 1 - sure)) for sure in (0.6, 0.99))
    assert log_loss(labels, found) < min(others)


def test_what_is_nearly_always_wrong_still_says_its_class(incumbent):
    incumbent(**{"class": held_out()["label"].map({"routine": "urgent", "urgent": "routine"})})
    baseline.main()
    wrong = pd.read_parquet(paths.validated("test"))["label"] != "urgent"
    assert (of_rung("test").argmax(1) == wrong).all()


def test_texts_of_the_file_must_be_those_of_the_rows(incumbent):
    rows = held_out()
    incumbent(**{"class": "urgent", "text": rows["text"].str.upper()})
    baseline.main()
    incumbent(**{"class": "urgent", "text": ["another"] + list(rows["text"][1:])})
    with pytest.raises(
        UserError, match=r"other texts than validation for 1 rows \(validation-1\): it is of other data"
    ):
        baseline.main()


def test_every_file_s_problems_are_said_at_once(incumbent):
    values = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    values["baseline"]["external"]["people"] = "data/external/people.csv"
    Path("params.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    incumbent(**{"class": "severe"})
    with pytest.raises(UserError) as found:
        baseline.main()
    assert found.value.problems == (
        "data/external/incumbent.csv says 'severe' of 14 rows, and the classes are routine, urgent: write one of these",
        "data/external/people.csv is missing: name a file of this machine",
    )


def test_a_metric_that_ranks_cannot_decide_about_classes_alone(incumbent):
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(text.replace("primary: balanced_accuracy", "primary: roc_auc"), encoding="utf-8")
    incumbent()
    with pytest.raises(UserError, match="has classes alone, and ROC AUC decides"):
        baseline.main()


@pytest.mark.parametrize("kind", ["classes", "probabilities"])
def test_verify_names_the_rows_where_the_file_is_not_what_was_scored(incumbent, kind):
    urgent = np.where(np.arange(len(held_out())) % 2, 0.9, 0.2)
    columns = {"routine": 1 - urgent, "urgent": urgent}
    incumbent(**(columns if kind == "probabilities" else {"class": held_out()["label"]}))
    baseline.main()
    assert own_predictions(params.load()) == []
    rows = pd.read_csv(FILE)
    row = rows.index[rows["row_id"] == "test-1"][0]
    if kind == "probabilities":
        rows.loc[row, ["routine", "urgent"]] = [0.79, 0.21]
    else:
        rows.loc[row, "class"] = "urgent"
    rows.to_csv(FILE, index=False)
    assert own_predictions(params.load()) == [
        f"data/predictions/baseline.parquet: incumbent does not say of test-1 what {FILE} says"
    ]
