"""The verdict: chosen on validation, measured on test, written for machines."""

import shutil
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from core.base import paths, results
from core.base.errors import UserError
from core.base.files import sha256
from core.data import predictions
from core.scores import metrics, readings
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.leakage import __main__ as leakage
from tasks.tokenization import __main__ as tokenization
from tests import counts
from tests.conftest import COUNTS


@pytest.fixture
def trained(validated, once) -> None:
    once(tokenization.main, baseline.main, leakage.main, *(partial(finetuning.main, seed) for seed in ("1", "2")))


def test_the_published_model_is_held_against_every_baseline(trained):
    evaluation.main()
    found = metrics.read()
    assert found.split == "test" and set(found.against) == set(found.ladder)
    best = found.published.of("balanced_accuracy").estimate
    for name, model in found.ladder.items():
        gain = best - model.of("balanced_accuracy").estimate
        assert found.against[name].gain.estimate == pytest.approx(gain, abs=1e-5)


def test_a_sealed_test_split_is_not_read(trained, write_params, tiny_params):
    tiny_params({"evaluation.test": "sealed"})
    evaluation.main()
    assert metrics.read().split == "validation"
    assert set(predictions.read(paths.FINETUNED_PREDICTIONS)["split"]) == {"validation"}
    assert readings.read() == []


def test_each_reading_of_the_test_split_stands_in_the_ledger_once(trained, tiny_params):
    evaluation.main()
    evaluation.main()
    (reading,) = readings.read()
    found = metrics.read()
    assert (reading.reading, reading.published) == (1, str(found.published_seed))
    assert reading.scores["tf-idf"] == found.ladder["tf-idf"].of("balanced_accuracy").estimate


def test_the_predictions_of_every_seed_are_kept(trained):
    evaluation.main()
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    assert list(table["model"].unique()) == ["1", "2"]
    assert len(table) == 2 * (6 + 8)


def test_the_published_model_is_the_seed_with_the_best_validation(trained):
    evaluation.main()
    found = metrics.read()
    published = str(found.published_seed)
    chosen_by = {seed: (each.validation, -each.validation_loss) for seed, each in found.seeds.items()}
    assert chosen_by[published] == max(chosen_by.values())
    weights = "model.safetensors"
    assert sha256(Path("models/finetuned") / weights) == sha256(Path("models/seeds") / published / weights)


def test_running_again_gives_the_same_bytes(trained):
    hashes = []
    for _ in range(2):
        evaluation.main()
        hashes.append([sha256(path) for path in (paths.METRICS, paths.FINETUNED_PREDICTIONS)])
    assert hashes[0] == hashes[1]


def test_a_model_that_is_missing_names_the_stage_that_makes_it(trained):
    shutil.rmtree("models/seeds/2")
    with pytest.raises(UserError, match=r"models/seeds/2 is no model folder.*dvc repro"):
        evaluation.main()


def test_a_test_set_of_one_group_is_refused(validated):
    rows = pd.read_parquet("data/validated/test.parquet")
    rows.assign(group="ward 7").to_parquet("data/validated/test.parquet", index=False)
    tokenization.main()
    with pytest.raises(UserError, match="all 8 test rows share the group 'ward 7'.*Set validation.group"):
        evaluation.main()


def test_a_model_of_other_labels_is_refused(trained, tiny_params):
    for split in ("train", "validation", "test"):
        path = f"data/validated/{split}.parquet"
        rows = pd.read_parquet(path)
        rows["label"] = rows["label"].replace({"urgent": "soon"})
        rows.to_parquet(path, index=False)
    augmented = pd.read_parquet("data/augmented/train.parquet")
    augmented.iloc[:0].to_parquet("data/augmented/train.parquet", index=False)
    results.write(paths.VALIDATION_COUNTS, counts.validated(COUNTS, ["routine", "soon"]))
    tokenization.main()
    with pytest.raises(UserError, match="fine-tuned on other labels"):
        evaluation.main()
