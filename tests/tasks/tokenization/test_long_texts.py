"""Texts longer than `max_length`: what each way of `tokenization.long` reads, and that the card's code reads it too."""

import ast
import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import load_from_disk
from safetensors.torch import load_file, save_file
from transformers import ElectraConfig, ElectraModel, PreTrainedTokenizerFast

from core.base import paths
from core.base.errors import UserError
from core.base.files import read_json, sha256
from core.data import predictions
from tasks import params
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.tokenization import __main__ as tokenization
from tests.conftest import ENCODER, WORDS

LONG = " ".join(WORDS.split()[number % 16] for number in range(600))
SETTINGS = {"finetuning.seeds": [1], "finetuning.epochs": 1}
TOLERANCE = 0.15  # of the log odds: predictions are in bfloat16 where the machine has it, the card's code in float32


@pytest.fixture
def long(validated: None, tiny_params: Callable[..., None]) -> Callable[..., None]:
    """Write a project's parameters, and texts of which the first of each split is long."""

    def write(way: str, family: str = "bert") -> None:
        tiny_params({"tokenization.long": way} | SETTINGS)
        for split in ("train", "validation", "test"):
            path = f"data/validated/{split}.parquet"
            rows = pd.read_parquet(path)
            rows.loc[0, "text"] = f"{LONG} {split}"
            rows.to_parquet(path, index=False)
        if family == "electra":
            electra()
        elif family != "bert":
            Path(ENCODER, "1_Pooling").mkdir()
            Path(ENCODER, "1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": true}', encoding="utf-8")

    return write


def electra() -> None:
    """Put an encoder that cannot be packed into the place of the tiny one."""
    sizes = {"embedding_size": 16, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
    before = str(params.load().model.sha256)
    ElectraModel(ElectraConfig(vocab_size=200, num_hidden_layers=1, **sizes)).save_pretrained(ENCODER)
    declared = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(declared.replace(before, sha256(Path(ENCODER, "model.safetensors"))))


def evaluate() -> None:
    """Run the stages up to evaluation, of a model with weights that say another thing of each text."""
    tokenization.main()
    baseline.main()
    finetuning.main("1")
    path = Path("models/seeds/1/model.safetensors")
    torch.manual_seed(0)
    weights = {name: torch.randn_like(each) / 2 if each.ndim == 2 else each for name, each in load_file(path).items()}
    save_file(weights, path, {"format": "pt"})
    evaluation.main()


def tokens(text: str) -> list[int]:
    return list(PreTrainedTokenizerFast.from_pretrained(ENCODER)(text)["input_ids"])


def test_of_head_and_tail_a_quarter_is_the_head_and_what_lost_its_middle_is_counted(long):
    long("head_tail")
    tokenization.main()
    rows, whole = load_from_disk("data/tokenized")["test"], tokens(f"{LONG} test")
    assert list(rows["input_ids"])[0] == whole[:4] + whole[-12:]  # of 16, as 129 of 512
    assert list(rows["truncated"]) == [True] + [False] * 7
    counted = read_json(Path("reports/tokenization.json"))
    assert (counted["long"], counted["splits"]["test"]["truncated"]) == ("head_tail", 1)


def test_of_chunks_every_token_stands_in_one_window_with_special_tokens_of_its_own(long, capsys):
    long("chunks")
    tokenization.main()
    rows, content = load_from_disk("data/tokenized")["test"], tokens(f"{LONG} test")[1:-1]
    first = rows[0]
    lengths = first["windows"]
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    read = [first["input_ids"][end - length : end] for end, length in zip(ends, lengths, strict=True)]
    assert all((ids[0], ids[-1]) == (2, 3) and len(ids) <= 16 for ids in read)
    assert [token for ids in read for token in ids[1:-1]] == content
    assert [len(each) for each in rows["windows"]][1:] == [1] * 7
    counted = read_json(Path("reports/tokenization.json"))["splits"]["test"]
    assert (counted["truncated"], counted["windows"]) == (0, len(lengths) + 7)
    assert f"test: 8 rows, {len(lengths) + 7} windows of 16 tokens" in capsys.readouterr().out


@pytest.mark.parametrize("way", ["head_tail", "chunks"])
def test_pairs_know_truncation_alone(write_params, way):
    write_params({"tokenization.long": way, "validation.text": ["a", "b"]})
    with pytest.raises(UserError, match=f"params.yaml: tokenization.long is '{way}', which reads one text a row"):
        params.load()


def said(text: str, *pair: str) -> dict[str, float]:
    """Return what the code of the published model's card prints for a text, or a pair of them."""
    card = Path("models/finetuned/README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)[1]
    assert len(code.splitlines()) < 20
    for known, given in zip(("a text of the domain", "its second text"), (text, *pair), strict=False):
        assert code.count(known) == 1
        code = code.replace(known, given)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    found = ast.literal_eval(printed.getvalue())
    return found if isinstance(found, dict) else {each["label"]: each["score"] for each in found}


def require_the_same(rows: pd.DataFrame) -> None:
    """Hold that the card's code gives the probabilities that were predicted for the first rows."""
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    expected = predictions.select(table, "1", "test", [f"test-{number}" for number in range(1, 9)])
    odds = np.log(expected[:, 0] / expected[:, 1])
    assert odds.std() > TOLERANCE, "a model that says the same of every text proves nothing"
    for number in range(4):
        found = said(*(rows[side][number] for side in ("text", "text_pair") if side in rows))
        assert np.log(found["routine"] / found["urgent"]) == pytest.approx(odds[number], abs=TOLERANCE)


@pytest.mark.parametrize("family", ["bert", "bert, pooled by the mean", "electra"])
@pytest.mark.parametrize("way", ["truncate", "head_tail", "chunks"])
def test_the_code_on_the_card_gives_the_predictions_for_short_and_long_texts(long, way, family):
    long(way, family)
    evaluate()
    require_the_same(pd.read_parquet("data/validated/test.parquet"))


def test_the_code_on_the_card_gives_the_predictions_for_pairs(validated, tiny_params):
    tiny_params({"validation.text": ["text", "second"]} | SETTINGS)
    for path in ("validated/train", "validated/validation", "validated/test", "augmented/train"):
        rows = pd.read_parquet(f"data/{path}.parquet")
        rows.assign(text_pair=[*rows["text"][1:], LONG]).to_parquet(f"data/{path}.parquet", index=False)
    evaluate()
    require_the_same(pd.read_parquet("data/validated/test.parquet"))
