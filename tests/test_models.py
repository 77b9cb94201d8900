"""docs/models.md says what the project does with each kind of model: every row of its tables is run for real."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import UserError
from core.base.files import read_json
from core.encoders import checkpoint
from core.encoders.networks import load_encoder
from core.encoders.packed import packing
from tasks import params
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.forgetting import __main__ as forgetting
from tasks.leakage import __main__ as leakage
from tasks.tokenization import __main__ as tokenization
from tests import models
from tests.conftest import ENCODER, TINY, change_params

TABLES = (Path(__file__).parents[1] / "docs/models.md").read_text(encoding="utf-8")
FOLDER = Path(ENCODER)
VARIANTS: dict[str, Callable[[Path], None]] = {
    "bert, in shards": models.shard,
    "bert, with a classification head": models.add_head,
    "bert, with old names (`LayerNorm.gamma`)": models.rename,
}
WORKING = [name for name in models.CONFIGS if name not in ("t5", "clip")] + list(VARIANTS)
METHODS = {"full": "1", "lora": "2", "head": "3"}


def save(kind: str) -> None:
    models.save(kind.partition(",")[0], FOLDER)
    if kind in VARIANTS:
        VARIANTS[kind](FOLDER)


def declare(method: str) -> None:
    sha256 = checkpoint.fingerprint(checkpoint.weights(FOLDER))
    change_params(
        TINY
        | {"model.name": ENCODER, "model.sha256": sha256, "finetuning.method": method, "finetuning.epochs": 1}
        | {"finetuning.seeds": [1, 2, 3], "finetuning.lora": {"rank": 2, "alpha": 4}}
    )


@pytest.mark.parametrize("kind", WORKING)
def test_a_kind_of_model_goes_through_every_stage_by_every_method_as_the_table_says(validated, kind):
    save(kind)
    declare("full")
    tokenization.main()
    baseline.main()
    leakage.main()
    for method, seed in METHODS.items():  # a seed for each, so that the stages behind run once for all three
        declare(method)
        finetuning.main(seed)
    evaluation.main()
    forgetting.main()
    scores = read_json(Path("reports/metrics.json"))["seeds"]
    assert sorted(scores) == ["1", "2", "3"]
    masked = read_json(Path("reports/forgetting.json"))["masked_loss"]
    layout = "packed" if packing.packs(load_encoder(params.load().model)) else "padded"
    assert f"| {kind} | works | works | works | {layout} | {'yes' if masked else 'no'} |" in TABLES


def remove_weights() -> None:
    (FOLDER / checkpoint.WEIGHTS).rename(FOLDER / "pytorch_model.bin")


def remove_tokenizer() -> None:
    from transformers import CanineConfig, CanineTokenizer

    (FOLDER / checkpoint.TOKENIZER).unlink()
    CanineConfig().save_pretrained(FOLDER)
    CanineTokenizer().save_pretrained(FOLDER)


def remove_end_token() -> None:
    models.save_tokenizer(FOLDER, decoder=True, eos_token=None)


REFUSED = {
    "an encoder with a decoder (T5)": ("t5", None, "is an encoder with a decoder: name an encoder alone"),
    "a type without a classification head (CLIP)": ("clip", None, "transformers has no sequence-classification head"),
    "weights that are no safetensors": ("bert", remove_weights, "has no model.safetensors"),
    "no fast tokenizer (CANINE)": ("bert", remove_tokenizer, "has no fast tokenizer"),
    "neither a token to pad with nor an end token": ("gpt2", remove_end_token, "has no token to pad rows with"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_kind_of_model_that_cannot_be_used_is_refused_by_tokenization_as_the_table_says(validated, kind):
    family, change, said = REFUSED[kind]
    models.save(family, FOLDER)
    declare("full")
    if change:
        change()
    with pytest.raises(UserError) as caught:
        tokenization.main()
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1 and "\n" not in str(caught.value)
    assert f"| {kind} | {said} |" in TABLES


def test_the_tables_speak_of_no_other_kind():
    rows = [line.split(" | ")[0].removeprefix("| ") for line in TABLES.splitlines() if line.startswith("| ")]
    assert sorted(rows) == sorted(["kind of model", *WORKING, "what is refused", *REFUSED])
