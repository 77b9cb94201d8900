"""One seed by several processes, and with fewer rows at a time: what is learnt stays what one process learns."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.modules.module import register_module_forward_pre_hook
from transformers import DebertaV2Config, DebertaV2Model, XLNetConfig, XLNetModel

from core.base.errors import UserError
from core.base.files import read_json, sha256
from tasks.finetuning import __main__ as finetuning
from tasks.tokenization import __main__ as tokenization
from tests.conftest import ENCODER

ROOT = Path(__file__).parents[3]
WEIGHTS = Path("models/seeds/1/model.safetensors")
CURVE = Path("reports/training/1.json")
PADDED = Path("models/pretrained/padded")
COMMAND = [sys.executable, "-m", "tasks.finetuning", "1"]
# 13 rows: the last step of an epoch has a single one.
LEARNING = {
    "finetuning.head": "random",
    "finetuning.learning_rate": 0.01,
    "finetuning.epochs": 3,
    "finetuning.interpolation": 1.0,
}


@pytest.fixture
def steady(validated: None, tiny_params: Callable[..., None]) -> Callable[[int], None]:
    """Write params.yaml for a number of processes, and an encoder without dropout, so that runs can be compared."""

    def write(processes: int) -> None:
        tiny_params(LEARNING | {"finetuning.processes": processes})
        config = json.loads(Path("models/pretrained/encoder/config.json").read_text())
        Path("models/pretrained/encoder/config.json").write_text(json.dumps(config | {"hidden_dropout_prob": 0.0}))

    write(1)
    tokenization.main()
    return write


def run() -> subprocess.CompletedProcess[str]:
    """Return the stage's command after its end."""
    path = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(COMMAND, env=path, capture_output=True, text=True, check=False)


def learnt() -> tuple[dict[str, torch.Tensor], list[dict[str, float]]]:
    return load_file(WEIGHTS), read_json(CURVE)


def nearly(found: Any, expected: Any) -> None:
    """Fail where losses or weights differ by more than rounding in bfloat16 explains."""
    (weights, curve), (expected_weights, expected_curve) = found, expected
    for epoch, expected_epoch in zip(curve, expected_curve, strict=True):
        assert epoch == pytest.approx(expected_epoch, abs=1e-4)
    general = load_file("models/pretrained/encoder/model.safetensors")
    names = [f"bert.{name}" for name in general if f"bert.{name}" in expected_weights]
    moved = sum(float((expected_weights[name] - general[name.removeprefix("bert.")]).norm() ** 2) for name in names)
    apart = sum(float((expected_weights[name] - weights[name]).norm() ** 2) for name in names)
    assert moved > 0.01
    assert (apart / moved) ** 0.5 < 0.02


def test_two_processes_learn_what_one_does_and_the_same_bytes_each_time(steady):
    finetuning.main("1")
    alone = learnt()
    steady(2)
    ended = run()
    assert ended.returncode == 0, ended.stderr
    assert [line.partition(":")[0] for line in ended.stdout.splitlines()[1:]] == [
        f"seed 1 epoch {epoch}/3" for epoch in (1, 2, 3)
    ]
    assert ended.stderr.strip() == ""
    nearly(learnt(), alone)
    assert sorted(path.name for path in WEIGHTS.parents[1].rglob("*")) == [
        "1", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"
    ]  # fmt: skip
    first = sha256(WEIGHTS)
    finetuning.main("1")
    assert sha256(WEIGHTS) == first


@pytest.fixture
def limit(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Let the classifier's head run out of memory, in training, where it is given more rows than the test says."""

    def refuse(module: Any, inputs: Any) -> None:
        head = isinstance(module, torch.nn.Linear) and module.out_features == 2
        if head and module.training and len(inputs[0]) > request.param:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")

    hooks: list[Any] = []
    yield lambda: hooks.append(register_module_forward_pre_hook(refuse))
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("limit", [1, 2], indirect=True)
def test_fewer_rows_at_a_time_learn_what_whole_batches_do(steady, limit, capsys):
    finetuning.main("1")
    whole = learnt()
    limit()
    finetuning.main("1")
    assert "seed 1: out of memory with 4 rows at a time: 2 at a time, accumulated over 2" in capsys.readouterr().out
    nearly(learnt(), whole)


@pytest.mark.parametrize("limit", [0], indirect=True)
def test_memory_too_small_for_one_row_is_the_user_s_to_mend(steady, limit):
    limit()
    with pytest.raises(UserError, match="seed 1: out of memory with one row at a time: lower tokenization.max_length"):
        finetuning.main("1")
    assert not WEIGHTS.parent.exists()


def save_padded(family: str) -> None:
    """Save an encoder without dropout of an architecture that cannot be packed; XLNet has weights that nothing uses."""
    torch.manual_seed(0)
    if family == "xlnet":
        config = XLNetConfig(
            vocab_size=200, d_model=16, n_layer=1, n_head=2, d_inner=32, dropout=0.0, summary_last_dropout=0.0
        )
        XLNetModel(config).save_pretrained(PADDED)
        tokenizer = PADDED / "tokenizer_config.json"
        tokenizer.write_text(json.dumps(json.loads(tokenizer.read_text()) | {"padding_side": "left"}))
    else:
        dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "pooler_dropout": 0.0}
        sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
        attention = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}
        DebertaV2Model(DebertaV2Config(vocab_size=200, **sizes, **dropout, **attention)).save_pretrained(PADDED)


@pytest.mark.parametrize("family", ["deberta-v2", "xlnet"])
def test_two_processes_learn_what_one_does_of_padded_rows_too(steady, tiny_params, family):
    shutil.copytree(ENCODER, PADDED)
    save_padded(family)
    curves = []
    for processes in (1, 2):
        sha = {"model.name": str(PADDED), "model.sha256": sha256(PADDED / "model.safetensors")}
        tiny_params(LEARNING | {"finetuning.processes": processes} | sha)
        finetuning.main("1")
        curves.append(read_json(CURVE))
    for alone, shared in zip(*curves, strict=True):
        assert shared == pytest.approx(alone, abs=1e-4)  # bfloat16 rounds otherwise where rows are padded otherwise
    assert abs(curves[0][0]["training_loss"] - curves[0][-1]["training_loss"]) > 0.002  # it has learnt something
