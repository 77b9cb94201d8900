"""What fine-tuning took, counted from the model, the rows and the parameters."""

import json
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset
from safetensors.numpy import save_file

from tasks import params
from tasks.report.document import rendered
from tasks.report.sections import cost

ROWS = Dataset.from_dict({"length": [3] * 4 + [1]})


@pytest.fixture
def model() -> Path:
    """A saved model of 50 parameters, whose training counted 10 that it trained."""
    folder = Path("model")
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"trained_parameters": 10}))
    weights = {"words.weight": np.zeros((10, 4)), "head.weight": np.zeros((2, 4)), "head.bias": np.zeros(2)}
    save_file(weights, folder / "model.safetensors")
    return folder


def section(model: Path) -> str:
    used = params.load()
    return rendered("sections/cost.md.j2", {"cost": cost.cost(ROWS, used.finetuning, model), "params": used})


def test_parameters_are_counted_and_those_trained_are_what_training_counted(model, write_params):
    write_params({"finetuning.method": "head"})
    assert "The model has 50 parameters; fine-tuning (`finetuning.method: head`) trains 10." in section(model)


def test_rows_tokens_and_steps_are_counted_for_one_seed_and_for_all(model, write_params):
    write_params({"finetuning.epochs": 3, "finetuning.batch_size": 2})
    said = section(model)
    assert "| fine-tuning | one seed | all 3 |" in said
    assert "| rows times epochs | 15 | 45 |" in said
    assert "| tokens read | 39 | 117 |" in said
    assert "| optimizer steps | 9 | 27 |" in said
