"""What lies beside the pretrained model adapts that model alone, and is refused where it is not whole."""

import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from core.base.errors import UserError
from core.encoders import adapters
from core.encoders.networks import load_classifier, load_finetuned
from tasks import params
from tasks.finetuning import trainable
from tests.conftest import ENCODER

FOLDER = Path("models/seeds/1")
IDS = torch.tensor([[2, 50, 51, 3]])


@pytest.fixture
def adapted(tiny_params, request) -> torch.Tensor:
    """The logits of a saved classifier whose adapter, and head, say something."""
    tiny_params({"finetuning.method": "lora"}, family=getattr(request, "param", "bert"))
    chosen = params.load()
    classifier = load_classifier(chosen.model, ["a", "b"], 1)
    trainable.prepare(classifier, chosen.model, chosen.finetuning)
    for weight in filter(lambda each: each.requires_grad, classifier.parameters()):
        torch.nn.init.normal_(weight, std=0.3)
    FOLDER.mkdir(parents=True)
    adapters.save(classifier, FOLDER)
    return classifier.eval()(IDS).logits.detach()


def refused() -> str:
    with pytest.raises(UserError) as caught:
        load_finetuned(FOLDER, params.load().model)
    return str(caught.value)


@pytest.mark.parametrize("adapted", ["bert", "distilbert"], indirect=True)
def test_it_is_merged_into_the_general_model_under_its_own_head(adapted):
    found = load_finetuned(FOLDER, params.load().model).eval()
    assert torch.allclose(found(IDS).logits, adapted, atol=1e-5)
    assert not [name for name, _ in found.named_parameters() if "lora" in name or "modules_to_save" in name]


def test_peft_itself_reads_it(adapted):
    general = load_classifier(params.load().model, ["a", "b"], 2)
    assert torch.allclose(PeftModel.from_pretrained(general, FOLDER).eval()(IDS).logits, adapted, atol=1e-5)


def test_it_names_the_general_model_as_params_does_and_no_place_on_this_machine(adapted):
    for file in FOLDER.glob("*.json"):
        assert str(Path.cwd()) not in file.read_text()
    known = json.loads((FOLDER / adapters.CONFIG).read_text())
    assert known["base_model_name_or_path"] == ENCODER
    assert known["target_modules"] == sorted(known["target_modules"])


def test_one_without_weights_is_refused(adapted):
    (FOLDER / adapters.WEIGHTS).unlink()
    assert refused() == "models/seeds/1 is damaged (no adapter_model.safetensors): delete it and run `dvc repro`"


def test_one_whose_weights_are_cut_off_is_refused(adapted):
    weights = FOLDER / adapters.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "models/seeds/1 is damaged (" in refused()


def test_one_without_a_config_is_refused(adapted):
    (FOLDER / "config.json").unlink()
    assert "models/seeds/1 is no model folder" in refused()


def test_one_of_another_general_model_is_refused_with_both_names(adapted, tiny_params):
    tiny_params({"model.revision": "a" * 40})
    said = f"models/seeds/1 adapts {ENCODER}, revision None, but params.yaml names {ENCODER}, revision aaaa"
    assert refused().startswith(said)
