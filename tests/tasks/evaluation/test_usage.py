"""What the published model's card says that it reads, and code there that gives this project's probabilities."""

import ast
import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.base import paths
from core.data import predictions
from tasks import params
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.evaluation import usage
from tasks.finetuning import __main__ as finetuning
from tasks.leakage import __main__ as leakage
from tasks.tokenization import __main__ as tokenization

TOLERANCE = 0.15  # of the log odds: predictions are in bfloat16 where the machine has it, the card's code in float32
ROUNDING = 1e-5  # of a probability in float32


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tokenization.long": "truncate"}, "the first 16 tokens of a text."),
        ({"tokenization.long": "head_tail"}, "the first 4 and the last 12 tokens of a longer text."),
        (
            {"tokenization.long": "chunks"},
            "a text in windows of at most 16 tokens, and averages their logits.",
        ),
        (
            {"validation.text": ["a", "b"]},
            "16 tokens of a pair of texts, of which the longer one is cut first.",
        ),
    ],
)
def test_a_sentence_says_which_tokens_are_read(write_params, changes, said):
    write_params({"tokenization.max_length": 16} | changes)
    known = params.load()
    assert usage.reading(known.validation, known.tokenization) == f"It reads {said}"


def evaluate() -> None:
    """Run the stages up to evaluation, of a model with weights that say another thing of each text."""
    tokenization.main()
    baseline.main()
    leakage.main()
    finetuning.main("1")
    path = Path("models/seeds/1/model.safetensors")
    torch.manual_seed(0)
    weights = {name: torch.randn_like(each) / 2 if each.ndim == 2 else each for name, each in load_file(path).items()}
    save_file(weights, path, {"format": "pt"})
    evaluation.main()


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
    """Hold that the card's code gives the probabilities that were predicted for the first rows, as nearly as it says.

    Predictions are in bfloat16 where the machine has it.
    """
    card = Path("models/finetuned/README.md").read_text(encoding="utf-8")
    within = float(re.search(r"those that were scored, to within (0\.\d+)\. ", card)[1])
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    expected = predictions.select(table, "1", "test", [f"test-{number}" for number in range(1, 9)])
    odds = np.log(expected[:, 0] / expected[:, 1])
    assert odds.std() > TOLERANCE, "a model that says the same of every text proves nothing"
    for number in range(4):
        found = said(*(rows[side][number] for side in ("text", "text_pair") if side in rows))
        assert np.log(found["routine"] / found["urgent"]) == pytest.approx(odds[number], abs=TOLERANCE)
        assert found["routine"] == pytest.approx(expected[number, 0], abs=within + ROUNDING)


@pytest.mark.parametrize("family", ["bert", "bert, pooled by the mean", "electra"])
@pytest.mark.parametrize("way", ["truncate", "head_tail", "chunks"])
def test_the_code_on_the_card_gives_the_predictions_for_short_and_long_texts(long_texts, way, family):
    # case 6
    long_texts(way, family)
    evaluate()
    require_the_same(pd.read_parquet("data/validated/test.parquet"))


def test_the_code_on_the_card_gives_the_predictions_for_pairs(pairs):
    evaluate()
    require_the_same(pd.read_parquet("data/validated/test.parquet"))
