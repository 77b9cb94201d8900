"""A whole fine-tuning on a device: no tensor meets one that lies elsewhere, and what was trained there is saved."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import ElectraConfig, ElectraModel

from core.base.files import read_json
from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer
from core.encoders.inference import probabilities
from core.encoders.networks import load_finetuned
from tasks import params
from tasks.finetuning import __main__ as finetuning
from tasks.tokenization import __main__ as tokenization
from tests.conftest import ENCODER
from tests.fakecuda import DEVICE, cuda
from tests.tasks.finetuning.conftest import declare_weights

MODEL = Path("models/seeds/1")
SETTINGS = {"finetuning.learning_rate": 0.01, "finetuning.epochs": 3, "finetuning.interpolation": 0.5}


def predicted() -> np.ndarray:
    rows = tokenized_rows.inputs(tokenized_rows.read("validation"))
    return probabilities(load_finetuned(MODEL, params.load().model), load_tokenizer(MODEL), rows)


@pytest.mark.parametrize("family", ["bert", "electra"])
@pytest.mark.parametrize("method", ["full", "lora", "head"])
def test_a_seed_is_trained_averaged_kept_interpolated_saved_and_asked(validated, tiny_params, method, family, capsys):
    tiny_params(SETTINGS | {"finetuning.method": method})
    if family == "electra":  # is padded
        sizes = {"embedding_size": 16, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
        ElectraModel(ElectraConfig(vocab_size=200, num_hidden_layers=1, **sizes)).save_pretrained(ENCODER)
        declare_weights()
    tokenization.main()
    devices = set()

    def note(part: torch.nn.Module, inputs: object) -> None:
        devices.update(str(weight.device) for weight in part.parameters() if part.training)

    hook = register_module_forward_pre_hook(note)
    with cuda():
        finetuning.main("1")
        on_device = predicted()
    hook.remove()
    assert devices == {str(DEVICE)}
    assert f"seed 1 on {DEVICE}, bfloat16: {method}" in capsys.readouterr().out
    assert [epoch["epoch"] for epoch in read_json(Path("reports/training/1.json"))] == [1, 2, 3]
    np.testing.assert_allclose(on_device, predicted(), atol=1e-3)
    general = load_file(Path(ENCODER, "model.safetensors"))
    tuned = dict(load_finetuned(MODEL, params.load().model).base_model.named_parameters())
    moved = {name for name, weight in general.items() if not torch.equal(weight, tuned[name])}
    assert bool({name for name in moved if ".layer." in name}) == (method != "head")


def test_what_lies_on_the_cpu_is_refused_on_the_device():
    with cuda(), pytest.raises(RuntimeError, match="same device"):
        torch.ones(2, device=DEVICE).lerp_(torch.zeros(2), 0.5)
    assert torch.ones(2).device.type == "cpu"
