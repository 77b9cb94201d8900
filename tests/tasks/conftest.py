"""What tests of several stages share."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core.base.files import sha256
from tasks import params
from tests.conftest import ENCODER, WORDS

LONG_TEXT = " ".join(WORDS.split()[number % 16] for number in range(600))
ONE_EPOCH = {"finetuning.seeds": [1], "finetuning.epochs": 1}


@pytest.fixture
def long_texts(validated: None, tiny_params: Callable[..., None]) -> Callable[..., None]:
    """Write a project's parameters, and texts of which the first of each split is long."""

    def write(way: str, family: str = "bert") -> None:
        tiny_params({"tokenization.long": way} | ONE_EPOCH)
        for split in ("train", "validation", "test"):
            path = f"data/validated/{split}.parquet"
            rows = pd.read_parquet(path)
            rows.loc[0, "text"] = f"{LONG_TEXT} {split}"
            rows.to_parquet(path, index=False)
        if family == "electra":
            electra()
        elif family != "bert":
            Path(ENCODER, "1_Pooling").mkdir()
            Path(ENCODER, "1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": true}', encoding="utf-8")

    return write


@pytest.fixture
def pairs(validated: None, tiny_params: Callable[..., None]) -> None:
    """A project whose rows are pairs of texts, the last of them long."""
    tiny_params({"validation.text": ["text", "text_pair"]} | ONE_EPOCH)
    for path in ("validated/train", "validated/validation", "validated/test", "augmented/train"):
        rows = pd.read_parquet(f"data/{path}.parquet")
        rows.assign(text_pair=[*rows["text"][1:], LONG_TEXT]).to_parquet(f"data/{path}.parquet", index=False)


def electra() -> None:
    """Put an encoder that cannot be packed into the place of the tiny one."""
    from transformers import ElectraConfig, ElectraModel

    sizes = {"embedding_size": 16, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
    before = str(params.load().model.sha256)
    ElectraModel(ElectraConfig(vocab_size=200, num_hidden_layers=1, **sizes)).save_pretrained(ENCODER)
    declared = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(declared.replace(before, sha256(Path(ENCODER, "model.safetensors"))))
