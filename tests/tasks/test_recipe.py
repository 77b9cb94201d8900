"""The original experiment is one command away: its values reach the Trainer, and the report says that they did."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from pydantic import BaseModel
from transformers import DistilBertConfig, DistilBertModel

from core.base import paths
from core.base.errors import UserError
from core.base.files import sha256
from core.data import tokenized_rows
from tasks import params, recipe
from tasks.augmentation import __main__ as augmentation
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.finetuning import training
from tasks.finetuning.weight_averaging import Averaging
from tasks.forgetting import __main__ as forgetting
from tasks.leakage import __main__ as leakage
from tasks.report import __main__ as report
from tasks.report.sections import inputs
from tasks.tokenization import __main__ as tokenization
from tasks.validation import __main__ as validation
from tests.conftest import PARAMS, ROOT, TINY, change_params, save_tokenizer, write_companions, write_raw_files

COMMITTED = ROOT / paths.ORIGINAL_RECIPE
SAID = "**This is the original recipe**"


def keys(values: dict[str, Any], prefix: str = "") -> set[str]:
    return {f"{prefix}{key}" for key in values} | {
        each for key, value in values.items() if isinstance(value, dict) for each in keys(value, f"{prefix}{key}.")
    }


def fields(section: type[BaseModel], prefix: str = "") -> set[str]:
    kinds = {name: field.annotation for name, field in section.model_fields.items()}
    nested = [
        fields(kind, f"{prefix}{name}.")
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    ]
    return {f"{prefix}{name}" for name in kinds}.union(*nested)


def test_the_original_names_every_key_of_its_sections():
    assert keys(yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))) == fields(recipe.Recipe)


@pytest.fixture
def original() -> params.Params:
    """A project of tiny data that took the original recipe, of which the model alone is another: a tiny DistilBERT."""
    size = save_tokenizer(Path("models/pretrained/encoder"))
    config = Path("models/pretrained/encoder/tokenizer_config.json")
    config.write_text(json.dumps(json.loads(config.read_text()) | {"model_max_length": 512}))
    torch.manual_seed(0)
    DistilBertModel(DistilBertConfig(vocab_size=size, dim=16, n_layers=1, n_heads=2, hidden_dim=32)).save_pretrained(
        "models/pretrained/encoder"
    )
    text = COMMITTED.read_text(encoding="utf-8")
    for key, value in {
        "name": "models/pretrained/encoder",
        "revision": "null",
        "sha256": sha256(Path("models/pretrained/encoder/model.safetensors")),
        "pretrained_only": "false",
    }.items():
        text = re.sub(rf"(?m)^  {key}: [^ \n]+", f"  {key}: {value}", text)
    paths.ORIGINAL_RECIPE.parent.mkdir()
    paths.ORIGINAL_RECIPE.write_text(text, encoding="utf-8")
    write_raw_files()
    write_companions()
    change_params({name: value for name, value in TINY.items() if not name.startswith(("finetuning", "tokenization"))})
    recipe.main(str(paths.ORIGINAL_RECIPE))
    return params.load()


def test_the_trainer_runs_with_the_originals_values(original):
    for stage in (validation, augmentation, tokenization):
        stage.main()
    splits = tokenized_rows.read("train"), tokenized_rows.read("validation")
    trainer = training.finetune(original.model, original.finetuning, original.evaluation, 11, *splits, Path("folder"))
    given = trainer.args
    assert (given.learning_rate, given.num_train_epochs, given.weight_decay, given.warmup_steps) == (2e-5, 5, 0.01, 0)
    assert given.per_device_train_batch_size * given.gradient_accumulation_steps == 16
    assert {group["initial_lr"] for group in trainer.optimizer.param_groups} == {2e-5}
    assert all(weight.requires_grad for weight in trainer.model.parameters())
    assert not [each for each in trainer.callback_handler.callbacks if isinstance(each, Averaging)]
    assert trainer.model.config.attention_dropout == DistilBertConfig().attention_dropout == 0.1
    assert original.finetuning.interpolation == 1
    assert (original.finetuning.head, original.finetuning.class_weights) == ("random", "none")


def test_the_report_calls_a_run_original_only_if_every_value_is_the_originals(original):
    for stage in (validation, augmentation, tokenization, baseline, leakage):
        stage.main()
    for seed in original.finetuning.seeds:
        finetuning.main(str(seed))
    for stage in (evaluation, forgetting, report):
        stage.main()
    text = Path("reports/report.md").read_text(encoding="utf-8")
    assert SAID in text
    assert "finetuning.average_from" not in text.split("## Parameters")[0]
    another = original.finetuning.model_copy(update={"warmup": 0.1})
    assert inputs.original_recipe(original)
    assert not inputs.original_recipe(original.model_copy(update={"finetuning": another}))
    paths.ORIGINAL_RECIPE.unlink()
    assert not inputs.original_recipe(original)


def test_a_recipe_leaves_every_other_line_of_params_as_it_is(original):
    before = PARAMS.read_text(encoding="utf-8").replace("text: text", "text: 'My notes' # of mine")
    Path("params.yaml").write_text(before, encoding="utf-8")
    recipe.main(str(paths.ORIGINAL_RECIPE))
    after = Path("params.yaml").read_text(encoding="utf-8")
    outside = r"(?ms)^(model|tokenization|finetuning):.*?(?=\n\n)"
    assert re.sub(outside, r"\1", after) == re.sub(outside, r"\1", before)
    assert "text: 'My notes' # of mine" in after and "average_from: null # " in after
    recipe.main(str(paths.ORIGINAL_RECIPE))
    assert Path("params.yaml").read_text(encoding="utf-8") == after


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("params/distilbrt.yaml", None, "params/distilbrt.yaml is no recipe; known are params/distilbert.yaml"),
        ("", None, "no name given: known are params/distilbert.yaml"),
        ("params/distilbert.yaml", ("epochs: 5", "epochs: 50"), "params/distilbert.yaml: finetuning.epochs is 50: "),
        ("params/distilbert.yaml", ("  warmup: 0.0\n", ""), "params/distilbert.yaml: finetuning.warmup is missing"),
        ("params/distilbert.yaml", ("tokenization:", "baseline: {}\ntokenization:"), "baseline is not a known key"),
    ],
)
def test_what_is_no_recipe_is_refused_and_params_stay_as_they_are(original, name, change, said):
    before = Path("params.yaml").read_bytes()
    if change:
        text = paths.ORIGINAL_RECIPE.read_text(encoding="utf-8").replace(*change)
        paths.ORIGINAL_RECIPE.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(said)):
        recipe.main(*name.split())
    assert Path("params.yaml").read_bytes() == before


def test_a_recipe_that_does_not_go_with_the_other_sections_is_refused_for_that(original):
    change_params({"validation.text": ["premise", "hypothesis"]})
    before = Path("params.yaml").read_bytes()
    text = paths.ORIGINAL_RECIPE.read_text(encoding="utf-8")
    paths.ORIGINAL_RECIPE.write_text(re.sub("long: [a-z]+", "long: chunks", text), encoding="utf-8")
    said = (
        "params.yaml with the sections of params/distilbert.yaml: tokenization.long is 'chunks', which reads one text"
    )
    with pytest.raises(UserError, match=said):
        recipe.main(str(paths.ORIGINAL_RECIPE))
    assert Path("params.yaml").read_bytes() == before


def test_params_that_are_not_written_section_below_section_are_refused(original):
    values = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    Path("params.yaml").write_text(json.dumps(values), encoding="utf-8")  # valid YAML, on one line
    with pytest.raises(UserError, match="copy the sections of params/distilbert.yaml by hand"):
        recipe.main(str(paths.ORIGINAL_RECIPE))
    assert json.loads(Path("params.yaml").read_text(encoding="utf-8")) == values


def test_make_run_takes_the_recipe_before_it_checks_the_parameters():
    command = ["make", "--dry-run", f"--file={ROOT / 'Makefile'}", f"--directory={ROOT}", "run"]
    with_recipe = subprocess.run([*command, "RECIPE=a.yaml"], capture_output=True, text=True, check=True).stdout
    assert with_recipe.index("python -m tasks.recipe a.yaml") < with_recipe.index("python -m tasks.params")
    assert "tasks.recipe" not in subprocess.run(command, capture_output=True, text=True, check=True).stdout
