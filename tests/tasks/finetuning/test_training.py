"""Fine-tuning with one seed: what it draws, what it learns, and that the best epoch is what is saved."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import balanced_accuracy_score
from torch.nn.modules.module import register_module_forward_pre_hook

from core.base.files import read_json
from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer
from core.encoders.inference import probabilities
from core.encoders.networks import load_classifier, load_finetuned
from tasks import params
from tasks.finetuning import __main__ as finetuning
from tasks.tokenization import __main__ as tokenization
from tests.tasks.finetuning.conftest import declare_weights

MODEL = Path("models/seeds/1")


def test_head_and_dropout_of_neighbouring_seeds_are_drawn_from_four_streams(validated):
    tokenization.main()
    drawn = set()
    hook = register_module_forward_pre_hook(lambda part, _: drawn.add(torch.initial_seed()) if part.training else None)
    for seed in (1, 2):
        finetuning.main(str(seed))
    hook.remove()
    for seed in (1, 2):
        load_classifier(params.load().model, ["routine", "urgent"], seed)
        drawn.add(torch.initial_seed())
    assert len(drawn) == 4


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_best_epoch_by_the_primary_metric_is_the_one_saved(validated, tiny_params, method):
    rates = {"finetuning.epochs": 5, "finetuning.learning_rate": 0.02, "finetuning.interpolation": 1.0}
    tiny_params({"finetuning.method": method} | rates)
    tokenization.main()
    finetuning.main("1")
    best = max(epoch["validation_primary"] for epoch in read_json(Path("reports/training/1.json")))
    rows = tokenized_rows.read("validation")
    saved = load_finetuned(MODEL, params.load().model)
    found = probabilities(saved, load_tokenizer(MODEL), tokenized_rows.inputs(rows)).argmax(1)
    assert balanced_accuracy_score(rows["labels"], found) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_fine_tuning_learns_what_the_labels_hang_on(validated, tiny_params, method):
    tiny_params(
        {
            "finetuning.method": method,
            "finetuning.epochs": 9,
            "finetuning.learning_rate": 0.01,
            "finetuning.batch_size": 1,
        }
    )
    tokenization.main()
    finetuning.main("1")
    assert max(epoch["validation_primary"] for epoch in read_json(Path("reports/training/1.json"))) == 1


def rename_weights(suffixes: dict[str, str]) -> None:
    """Save the encoder's weights under names as old checkpoints have them."""
    weights = load_file("models/pretrained/encoder/model.safetensors")
    for suffix, old in suffixes.items():
        weights = {f"{name.removesuffix(suffix)}{old * name.endswith(suffix)}": each for name, each in weights.items()}
    save_file(weights, "models/pretrained/encoder/model.safetensors", {"format": "pt"})
    declare_weights()


@pytest.mark.parametrize("method", ["full", "lora", "head"])
def test_what_was_scored_is_saved_whatever_names_the_checkpoint_has_for_it(validated, tiny_params, method):
    rates = {"finetuning.epochs": 5, "finetuning.learning_rate": 0.02, "finetuning.interpolation": 1.0}
    tiny_params({"finetuning.method": method} | rates)
    tokenization.main()
    saved, curves = [], []
    for suffixes in ({}, {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}):
        rename_weights(suffixes)
        finetuning.main("1")
        saved.append(load_finetuned(MODEL, params.load().model).state_dict())
        curves.append(read_json(Path("reports/training/1.json")))
    accuracies = [epoch["validation_primary"] for epoch in curves[0]]
    assert accuracies.index(max(accuracies)) < 4  # so that the last epoch's weights would be others
    assert curves[1] == curves[0]
    assert {name for name, weight in saved[0].items() if not torch.equal(weight, saved[1][name])} == set()
