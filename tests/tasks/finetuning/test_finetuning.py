"""One seed of fine-tuning: a model whose best epoch is kept, its curve, and no trace of a killed run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import ElectraConfig, ElectraModel, pipeline

from core.base.errors import UserError
from core.base.files import read_json, sha256
from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer
from core.encoders.inference import probabilities
from core.encoders.networks import load_classifier, load_finetuned
from tasks import params
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.forgetting import __main__ as forgetting
from tasks.tokenization import __main__ as tokenization

ROOT = Path(__file__).parents[3]
MODEL = Path("models/seeds/1")
LORA = {"finetuning.method": "lora", "finetuning.lora": {"rank": 2, "alpha": 4}, "finetuning.learning_rate": 0.01}


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}


def declare_weights() -> None:
    """Write the hash of the encoder's weights, which a test has changed, into params.yaml."""
    declared = yaml.safe_load(Path("params.yaml").read_text())
    declared["model"]["sha256"] = sha256(Path("models/pretrained/encoder/model.safetensors"))
    Path("params.yaml").write_text(yaml.safe_dump(declared))


def rename_weights(suffixes: dict[str, str]) -> None:
    """Save the encoder's weights under names as old checkpoints have them."""
    weights = load_file("models/pretrained/encoder/model.safetensors")
    for suffix, old in suffixes.items():
        weights = {f"{name.removesuffix(suffix)}{old * name.endswith(suffix)}": each for name, each in weights.items()}
    save_file(weights, "models/pretrained/encoder/model.safetensors", {"format": "pt"})
    declare_weights()


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_a_model_of_either_family_is_saved_with_its_tokenizer_and_labels(validated, tiny_params, family):
    tiny_params(family=family)
    tokenization.main()
    finetuning.main("1")
    assert load_finetuned(MODEL, params.load().model).config.id2label == {0: "routine", 1: "urgent"}
    assert load_tokenizer(MODEL)("melena")["input_ids"]
    assert not [path for path in MODEL.iterdir() if path.is_dir() or path.suffix == ".bin"]


@pytest.mark.parametrize("method", ["full", "lora", "head"])
def test_an_architecture_that_cannot_be_packed_is_padded_and_the_log_says_so(validated, tiny_params, capsys, method):
    tiny_params({"finetuning.method": method})
    sizes = {"embedding_size": 16, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
    ElectraModel(ElectraConfig(vocab_size=200, num_hidden_layers=1, **sizes)).save_pretrained(
        "models/pretrained/encoder"
    )
    declare_weights()
    tokenization.main()
    finetuning.main("1")
    assert "electra is no architecture that can be packed" in capsys.readouterr().out
    assert load_finetuned(MODEL, params.load().model).config.model_type == "electra"


def test_the_curve_has_a_record_for_each_epoch(validated, capsys):
    tokenization.main()
    finetuning.main("1")
    epochs = read_json(Path("reports/training/1.json"))
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    assert set(epochs[0]) == {"epoch", "training_loss", "validation_loss", "validation_accuracy"}
    assert "seed 1 epoch 2/2: training loss" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(validated):
    tokenization.main()
    finetuning.main("1")
    first = hashes(MODEL)
    finetuning.main("1")
    assert hashes(MODEL) == first
    finetuning.main("2")
    assert hashes(Path("models/seeds/2"))["model.safetensors"] != first["model.safetensors"]


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
def test_the_best_epoch_by_validation_accuracy_is_the_one_saved(validated, tiny_params, method):
    rates = {"finetuning.epochs": 5, "finetuning.learning_rate": 0.02, "finetuning.interpolation": 1.0}
    tiny_params({"finetuning.method": method} | rates)
    tokenization.main()
    finetuning.main("1")
    best = max(epoch["validation_accuracy"] for epoch in read_json(Path("reports/training/1.json")))
    rows = tokenized_rows.read("validation")
    saved = load_finetuned(MODEL, params.load().model)
    found = probabilities(saved, load_tokenizer(MODEL), tokenized_rows.inputs(rows)).argmax(1)
    assert float((found == rows["labels"]).mean()) == pytest.approx(best, abs=1e-6)


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
    accuracies = [epoch["validation_accuracy"] for epoch in curves[0]]
    assert accuracies.index(max(accuracies)) < 4  # so that the last epoch's weights would be others
    assert curves[1] == curves[0]
    assert {name for name, weight in saved[0].items() if not torch.equal(weight, saved[1][name])} == set()


def test_averaged_epochs_are_scored_while_steps_go_on_as_without_averaging(validated, tiny_params):
    curves = {}
    for start in (2, 4):  # of three epochs: the last alone is another one's mean, or none is
        tiny_params({"finetuning.epochs": 3, "finetuning.learning_rate": 0.02, "finetuning.average_from": start})
        tokenization.main()
        finetuning.main("1")
        curves[start] = read_json(Path("reports/training/1.json"))
    averaged, own = curves[2], curves[4]
    assert [epoch["training_loss"] for epoch in averaged] == [epoch["training_loss"] for epoch in own]
    assert averaged[:2] == own[:2]
    assert averaged[2]["validation_loss"] != own[2]["validation_loss"]


def test_epochs_of_an_adapter_are_not_averaged(validated, tiny_params):
    curves = []
    for start in (2, 9):  # the mean of two epochs, where there is one, or no mean at all
        tiny_params(LORA | {"finetuning.epochs": 3, "finetuning.average_from": start})
        tokenization.main()
        finetuning.main("1")
        curves.append(read_json(Path("reports/training/1.json")))
    assert curves[0] == curves[1]
    assert len({epoch["validation_loss"] for epoch in curves[0]}) == 3


@pytest.mark.parametrize("freeze", [True, False])
@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_word_embeddings_stay_those_of_the_general_model_where_params_say_so(validated, tiny_params, family, freeze):
    tiny_params({"finetuning.freeze_embeddings": freeze}, family=family)
    tokenization.main()
    finetuning.main("1")
    general = load_file("models/pretrained/encoder/model.safetensors")["embeddings.word_embeddings.weight"]
    tuned = load_file(MODEL / "model.safetensors")[f"{family}.embeddings.word_embeddings.weight"]
    assert bool((general == tuned).all()) == freeze


def test_the_encoder_is_drawn_back_towards_the_general_one_and_the_head_is_not(validated, tiny_params):
    name = "bert.encoder.layer.0.output.dense.weight"
    saved = {}
    for share in (1.0, 0.5):
        tiny_params({"finetuning.interpolation": share})
        tokenization.main()
        finetuning.main("1")
        saved[share] = load_file(MODEL / "model.safetensors")
    general = load_file("models/pretrained/encoder/model.safetensors")[name.removeprefix("bert.")]
    assert not torch.allclose(saved[1.0][name], general)
    assert torch.allclose(saved[0.5][name], (saved[1.0][name] + general) / 2, atol=1e-7)
    assert torch.equal(saved[0.5]["classifier.weight"], saved[1.0]["classifier.weight"])


def test_what_an_adapter_adds_is_drawn_back_as_the_encoder_would_be(validated, tiny_params):
    name, merged, heads = "encoder.layer.0.output.dense.weight", {}, {}
    for share in (1.0, 0.5):
        tiny_params(LORA | {"finetuning.interpolation": share})
        tokenization.main()
        finetuning.main("1")
        found = load_finetuned(MODEL, params.load().model)
        merged[share] = found.base_model.get_parameter(name).detach().clone()  # out of a file that is written again
        heads[share] = load_file(MODEL / "adapter_model.safetensors")["base_model.model.classifier.weight"]
    general = load_file("models/pretrained/encoder/model.safetensors")[name]
    assert float((merged[1.0] - general).abs().max()) > 1e-3
    assert torch.allclose(merged[0.5], (merged[1.0] + general) / 2, atol=1e-7)
    assert torch.equal(heads[0.5], heads[1.0])


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_a_head_trained_alone_leaves_the_encoder_the_general_one_to_the_bit(validated, tiny_params, capsys, family):
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
def test_a_seed_of_lora_is_an_adapter_beside_the_general_model_and_not_a_copy_of_it(validated, tiny_params, family):
    tiny_params(LORA, family=family)
    tokenization.main()
    finetuning.main("1")
    weights = load_file(MODEL / "adapter_model.safetensors")
    assert not [path for path in MODEL.iterdir() if path.name == "model.safetensors" or path.suffix == ".bin"]
    assert {shape for weight in weights.values() for shape in weight.shape} <= {2, 16, 32}  # no table of words
    encoder = [name for name in weights if f".{family}." in name and "pooler" not in name]
    assert encoder and all(".lora_A." in name or ".lora_B." in name for name in encoder)


def test_the_same_seed_gives_the_same_adapter_to_the_byte_in_any_process(validated, tiny_params):
    tiny_params(LORA)
    tokenization.main()
    finetuning.main("1")
    first = hashes(MODEL)
    command = [sys.executable, "-m", "tasks.finetuning", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert hashes(MODEL) == first


def test_the_models_of_adapters_are_scored_published_whole_and_asked_what_they_forgot(validated, tiny_params):
    tiny_params(LORA)
    tokenization.main()
    baseline.main()
    for seed in ("1", "2"):
        finetuning.main(seed)
    evaluation.main()
    forgetting.main()
    published = str(read_json(Path("reports/metrics.json"))["finetuned"]["published_seed"])
    weights = load_file("models/finetuned/model.safetensors")
    merged = load_finetuned(Path("models/seeds", published), params.load().model).state_dict()
    assert weights.keys() == merged.keys() and all(torch.equal(weights[name], merged[name]) for name in weights)
    assert pipeline("text-classification", "models/finetuned")("severe melena")[0]["label"] in ("routine", "urgent")
    assert "| lora | rank 2, alpha 4 |" in Path("models/finetuned/README.md").read_text()
    assert set(read_json(Path("reports/forgetting.json"))["cka"]["seeds"]) == {"1", "2"}


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
    assert max(epoch["validation_accuracy"] for epoch in read_json(Path("reports/training/1.json"))) == 1


def test_test_rows_are_never_read(validated):
    tokenization.main()
    for file in Path("data/tokenized/test").iterdir():
        file.unlink()
    finetuning.main("1")
    assert MODEL.is_dir()


@pytest.mark.parametrize(
    ("given", "said"), [([], "no seed given"), (["7"], "7 is not in finetuning.seeds"), (["1", "2"], "1 2 is not in")]
)
def test_a_seed_that_params_does_not_name_is_refused(tiny_params, given, said):
    tiny_params()
    with pytest.raises(UserError, match=f"{said}.*one of 1, 2"):
        finetuning.main(*given)


def test_a_loss_that_is_not_finite_stops_the_stage_and_saves_nothing(validated, tiny_params):
    weights = load_file("models/pretrained/encoder/model.safetensors")
    weights["embeddings.word_embeddings.weight"][:] = float("nan")
    save_file(weights, "models/pretrained/encoder/model.safetensors", {"format": "pt"})
    declare_weights()
    tokenization.main()
    with pytest.raises(
        UserError, match="diverged.*learning rate too high. Lower finetuning.learning_rate, now 0.001: try 5e-05"
    ):
        finetuning.main("1")
    assert not MODEL.exists()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_a_run_ended_half_way_leaves_nothing_and_the_next_one_gives_the_same_bytes(validated, tiny_params, by):
    tiny_params({"finetuning.epochs": 5})
    tokenization.main()
    finetuning.main("1")
    expected = hashes(MODEL)
    subprocess.run(["rm", "-r", "models/seeds", "reports/training"], check=True)
    command = [sys.executable, "-m", "tasks.finetuning", "1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    stage = subprocess.Popen(command, env=environment, **pipes)
    assert stage.stdout
    while "epoch 2/5" not in stage.stdout.readline():
        assert stage.poll() is None
    stage.send_signal(by)
    assert "Traceback" not in stage.communicate()[1]
    assert stage.returncode == -by
    assert not MODEL.exists()
    finetuning.main("1")
    assert hashes(MODEL) == expected
    assert sorted(path.name for path in MODEL.parent.iterdir()) == ["1"]
