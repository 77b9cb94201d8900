"""The encoder is the declared one, pretrained, or it is refused."""

import copy
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from core.base.errors import UserError
from core.base.files import sha256
from core.encoders import checkpoint, networks
from tasks import params
from tests.conftest import save_tokenizer

WEIGHTS = Path("models/pretrained/encoder") / checkpoint.WEIGHTS


def model() -> params.Model:
    return params.load().model


def refused(act, *arguments) -> str:
    with pytest.raises(UserError) as caught:
        act(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_random_weights_are_refused_for_every_family(tiny_params, family):
    tiny_params({"model.pretrained_only": True}, family=family)
    assert "does not train from scratch" in refused(networks.load_encoder, model())
    assert "does not train from scratch" in refused(networks.load_classifier, model(), ["a", "b"], 0)


def test_the_pretrained_default_is_not_taken_for_random(write_params):
    write_params({})
    assert networks.load_encoder(model()).config.hidden_size == 384


def test_an_encoder_that_lacks_weights_is_refused(tiny_params):
    tiny_params()
    weights = load_file(WEIGHTS)
    save_file({name: tensor for name, tensor in weights.items() if "attention" not in name}, WEIGHTS, {"format": "pt"})
    tiny_params({"model.sha256": sha256(WEIGHTS), "model.pretrained_only": True})
    save_file({name: tensor for name, tensor in weights.items() if "attention" not in name}, WEIGHTS, {"format": "pt"})
    assert "of the encoder's weights" in refused(networks.load_classifier, model(), ["a", "b"], 0)


@pytest.mark.parametrize(
    ("family", "name"), [("bert", "attention_probs_dropout_prob"), ("distilbert", "attention_dropout")]
)
def test_a_classifier_carries_the_labels_and_the_attention_dropout(tiny_params, family, name):
    tiny_params(family=family)
    classifier = networks.load_classifier(model(), ["routine", "urgent"], 0, attention_dropout=0.25)
    assert classifier.config.id2label == {0: "routine", 1: "urgent"}
    assert getattr(classifier.config, name) == 0.25


def test_the_seed_draws_the_head(tiny_params):
    tiny_params()
    first, again, other = (networks.load_classifier(model(), ["a", "b"], seed).classifier.weight for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def save_classifier(network, folder: str) -> params.Model:
    """Save a network where a model may lie; return what params.yaml would say of it."""
    network.save_pretrained(folder)
    found = checkpoint.fingerprint(checkpoint.weights(Path(folder)))
    return params.Model(name=folder, revision=None, sha256=found, package=None, pretrained_only=False)


SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "vocab_size": 50}
HEADS = {
    "bert": transformers.BertConfig(**SIZES),
    "roberta": transformers.RobertaConfig(**SIZES),
    "distilbert": transformers.DistilBertConfig(dim=16, n_layers=1, n_heads=2, hidden_dim=32, vocab_size=50),
    "modernbert": transformers.ModernBertConfig(**SIZES, pad_token_id=0, cls_token_id=1, sep_token_id=2),
}


@pytest.mark.parametrize("labels", [2, 3])
@pytest.mark.parametrize("family", HEADS)
def test_a_checkpoint_with_a_head_of_its_own_gets_a_new_one_and_keeps_its_encoder(family, labels):
    # case 5
    config = copy.deepcopy(HEADS[family])
    config.num_labels = labels
    saved = transformers.AutoModelForSequenceClassification.from_config(config)
    used = save_classifier(saved, f"models/pretrained/{family}")
    first, again, other = (networks.load_classifier(used, ["a", "b"], seed).state_dict() for seed in (1, 1, 2))
    for name, old in saved.state_dict().items():
        assert torch.equal(first[name], again[name]), name
        if name.startswith(f"{saved.base_model_prefix}."):
            assert torch.equal(first[name], old), name
        elif name.endswith("weight") and "norm" not in name:
            assert not torch.equal(first[name], old), name
            assert not torch.equal(first[name], other[name]), name


@pytest.mark.parametrize(("kind", "outputs"), [("regression", 1), ("multi_label_classification", 3)])
def test_a_head_for_another_problem_leaves_nothing_of_it_to_those_who_use_the_published_model(kind, outputs):
    # case 5
    config = copy.deepcopy(HEADS["bert"])
    config.num_labels, config.problem_type = outputs, kind
    used = save_classifier(transformers.BertForSequenceClassification(config), "models/pretrained/other")
    networks.load_classifier(used, ["a", "b"], 1).save_pretrained("published")
    save_tokenizer(Path("published"))
    (scores,) = transformers.pipeline("text-classification", "published", top_k=None)(["a"])
    assert sum(each["score"] for each in scores) == pytest.approx(1)


def test_a_head_of_pretraining_that_knows_of_no_labels_is_kept():
    saved = transformers.AutoModelForMaskedLM.from_config(HEADS["modernbert"])
    used = save_classifier(saved, "models/pretrained/masked")
    assert torch.equal(networks.load_classifier(used, ["a", "b"], 1).head.dense.weight, saved.head.dense.weight)


def test_weights_of_another_shape_than_the_configuration_gives_are_refused(tiny_params):
    tiny_params()
    path = WEIGHTS.with_name("config.json")
    path.write_text(path.read_text().replace('"intermediate_size": 32', '"intermediate_size": 64'))
    assert "another shape than the weights have" in refused(networks.load_classifier, model(), ["a", "b"], 0)


def test_a_folder_that_is_no_model_is_named(tiny_params):
    tiny_params()
    Path("empty").mkdir()
    assert "empty is no model folder" in refused(networks.load_finetuned, Path("empty"), model())


def test_a_damaged_model_is_named(tiny_params):
    tiny_params()
    shutil.copytree("models/pretrained/encoder", "models/seeds/1")
    Path("models/seeds/1/model.safetensors").write_bytes(b"not weights")
    assert "models/seeds/1 is damaged" in refused(networks.load_finetuned, Path("models/seeds/1"), model())
