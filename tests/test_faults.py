"""A run with one fault, from raw files to the report: it claims no more than it can, and names the fault."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from core.base.files import read_json
from tasks.augmentation import __main__ as augmentation
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.forgetting import __main__ as forgetting
from tasks.leakage import __main__ as leakage
from tasks.report import __main__ as report
from tasks.tokenization import __main__ as tokenization
from tasks.validation import __main__ as validation
from tests.conftest import write_companions

pytestmark = pytest.mark.no_cover  # whole runs, which being traced would double; other tests cover each part
SIGNS = {"urgent": "severe melena", "routine": "mild rash"}
COUNTS = {"train": 120, "validation": 60, "test": 60}


def rows(split: str, count: int) -> pd.DataFrame:
    """Return rows whose label hangs on two words, no two alike."""
    labels = ["urgent" if number % 2 else "routine" for number in range(count)]
    texts = [f"{SIGNS[label]} {split[:2]} {number}" for number, label in enumerate(labels)]
    return pd.DataFrame({"text": texts, "label": labels})


@pytest.fixture
def run(tiny_params: Callable[..., None]) -> Callable[..., tuple[dict[str, Any], str]]:
    """Return what runs every stage on three raw files and returns metrics.json and the report's diagnosis."""

    def every_stage(files: dict[str, pd.DataFrame], **changes: Any) -> tuple[dict[str, Any], str]:
        sound = {"finetuning.learning_rate": 0.005, "finetuning.batch_size": 8, "finetuning.epochs": 8}
        tiny_params(sound | {name.replace("__", "."): value for name, value in changes.items()})
        Path("data/raw").mkdir(parents=True)
        write_companions()
        for split, table in files.items():
            table.to_csv(f"data/raw/{split}.csv", index=False)
        for stage in (validation, augmentation, tokenization, baseline, leakage):
            stage.main()
        for seed in ("1", "2"):
            finetuning.main(seed)
        evaluation.main()
        forgetting.main()
        report.main()
        text = Path("reports/report.md").read_text(encoding="utf-8")
        return read_json(Path("reports/metrics.json")), text.split("\n## Diagnosis\n")[1].split("\n## ")[0]

    return every_stage


def test_shuffled_labels_show_no_gain_and_no_model_is_said_to_tell_the_classes(run):
    files = {}
    for split, count in COUNTS.items():
        files[split] = rows(split, count)
        files[split]["label"] = Random(split).sample(list(files[split]["label"]), count)
    metrics, diagnosis = run(files)
    assert metrics["verdict"] == "not shown"
    assert "**No model tells the classes.**" in diagnosis


def test_twenty_training_rows_claim_no_gain_and_are_said_to_be_few(run):
    files = {split: rows(split, count) for split, count in (COUNTS | {"train": 20}).items()}
    metrics, diagnosis = run(files)
    assert metrics["verdict"] != "adapted"
    assert "**Too few rows.** Training has 20 rows, 10 per class" in diagnosis


def test_a_learning_rate_of_one_is_said_to_be_too_high(run):
    files = {split: rows(split, count) for split, count in COUNTS.items()}
    metrics, diagnosis = run(files, finetuning__learning_rate=1.0)
    assert metrics["verdict"] != "adapted"
    assert "**Learning rate too high.**" in diagnosis
    assert "now 1: try 5e-05" in diagnosis
    assert "Label noise" not in diagnosis


def test_flipped_labels_are_named_by_row_id_and_never_by_their_text(run):
    files = {split: rows(split, count) for split, count in COUNTS.items()}
    flipped = [3, 14, 25, 36, 47, 58]
    other = {"urgent": "routine", "routine": "urgent"}
    files["validation"].loc[flipped, "label"] = files["validation"]["label"].map(other)
    _, diagnosis = run(files)
    named = {line.split("`")[1] for line in diagnosis.splitlines() if line.startswith("| `")}
    assert named == {f"validation-{number + 1}" for number in flipped}
    assert not any(text in diagnosis for text in files["validation"]["text"])
