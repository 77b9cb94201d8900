"""One seed of fine-tuning: a model whose best epoch is kept, its curve, and no trace of a killed run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import ElectraConfig, ElectraModel, pipeline

from core.base.errors import UserError
from core.base.files import read_json, sha256
from core.encoders.checkpoint import load_tokenizer
from core.encoders.networks import load_finetuned
from tasks import params
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.forgetting import __main__ as forgetting
from tasks.leakage import __main__ as leakage
from tasks.tokenization import __main__ as tokenization
from tests.tasks.finetuning.conftest import LORA, declare_weights

ROOT = Path(__file__).parents[3]
MODEL = Path("models/seeds/1")


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}


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


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(validated):
    tokenization.main()
    finetuning.main("1")
    first = hashes(MODEL)
    finetuning.main("1")
    assert hashes(MODEL) == first
    finetuning.main("2")
    assert hashes(Path("models/seeds/2"))["model.safetensors"] != first["model.safetensors"]


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
    leakage.main()
    for seed in ("1", "2"):
        finetuning.main(seed)
    evaluation.main()
    forgetting.main()
    published = str(read_json(Path("reports/metrics.json"))["published_seed"])
    weights = load_file("models/finetuned/model.safetensors")
    merged = load_finetuned(Path("models/seeds", published), params.load().model).state_dict()
    assert weights.keys() == merged.keys() and all(torch.equal(weights[name], merged[name]) for name in weights)
    assert pipeline("text-classification", "models/finetuned")("severe melena")[0]["label"] in ("routine", "urgent")
    assert "| lora | rank 2, alpha 4 |" in Path("models/finetuned/README.md").read_text()
    assert set(read_json(Path("reports/forgetting.json"))["cka"]["seeds"]) == {"1", "2"}


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
