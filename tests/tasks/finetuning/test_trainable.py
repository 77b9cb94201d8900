"""What of a classifier is trained by each method, and that nothing else moves."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.encoders.networks import load_classifier
from tasks import params
from tasks.finetuning import __main__ as finetuning
from tasks.tokenization import __main__ as tokenization
from tests.tasks.finetuning.conftest import LORA

MODEL = Path("models/seeds/1")


@pytest.mark.parametrize("freeze", [True, False])
@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_word_embeddings_stay_those_of_the_pretrained_model_where_params_say_so(validated, tiny_params, family, freeze):
    tiny_params({"finetuning.freeze_embeddings": freeze}, family=family)
    tokenization.main()
    finetuning.main("1")
    general = load_file("models/pretrained/encoder/model.safetensors")["embeddings.word_embeddings.weight"]
    tuned = load_file(MODEL / "model.safetensors")[f"{family}.embeddings.word_embeddings.weight"]
    assert bool((general == tuned).all()) == freeze


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_a_head_trained_alone_leaves_the_encoder_the_pretrained_one_to_the_bit(validated, tiny_params, capsys, family):
    tiny_params({"finetuning.method": "head"}, family=family)
    tokenization.main()
    finetuning.main("1")
    general, tuned = load_file("models/pretrained/encoder/model.safetensors"), load_file(MODEL / "model.safetensors")
    encoder = {name: weight for name, weight in general.items() if not name.startswith("pooler.")}  # the head's
    assert all(torch.equal(tuned[f"{family}.{name}"], weight) for name, weight in encoder.items())
    untrained = load_classifier(params.load().model, ["routine", "urgent"], 1)
    assert not torch.equal(tuned["classifier.weight"], untrained.classifier.weight)
    assert ": head, 0.0 of 0.0 million weights trained" in capsys.readouterr().out


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_a_seed_of_lora_is_an_adapter_beside_the_pretrained_model_and_not_a_copy_of_it(validated, tiny_params, family):
    tiny_params(LORA, family=family)
    tokenization.main()
    finetuning.main("1")
    weights = load_file(MODEL / "adapter_model.safetensors")
    assert not [path for path in MODEL.iterdir() if path.name == "model.safetensors" or path.suffix == ".bin"]
    assert {shape for weight in weights.values() for shape in weight.shape} <= {2, 16, 32}  # no table of words
    encoder = [name for name in weights if f".{family}." in name and "pooler" not in name]
    assert encoder and all(".lora_A." in name or ".lora_B." in name for name in encoder)
