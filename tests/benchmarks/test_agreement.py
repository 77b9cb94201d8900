"""Ours and stock take different paths: a benchmark that compares the project with itself would agree with anything."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import DataCollatorWithPadding, Trainer

from benchmarks import agreement, stock
from benchmarks.gpu import project
from core.base.errors import UserError
from core.encoders import device
from core.encoders.packed import attention, packing
from data.sample import generate as sample
from tasks import params
from tasks.finetuning import training
from tasks.tokenization import __main__ as tokenization


@pytest.fixture
def splits() -> dict[str, Any]:
    """No test split: whoever asks for one fails."""
    return {"train": project.rows(24, (9, 3), 100, 1), "validation": project.rows(12, (9, 3), 100, 2)}


def test_the_stock_side_is_stock_from_its_network_to_its_batches(tiny_params, splits):
    tiny_params()
    chosen = params.load()
    trainer = agreement.stock_trainer(chosen, 21, splits)
    batch = next(iter(trainer.get_train_dataloader()))
    assert type(trainer) is Trainer and type(trainer.data_collator) is DataCollatorWithPadding
    assert type(trainer.model).__module__ == "transformers.models.bert.modeling_bert"
    assert trainer.model.config._attn_implementation == "sdpa"
    assert trainer.model.config.attention_probs_dropout_prob == 0.1
    assert not trainer.args.bf16
    assert len(batch["input_ids"]) == chosen.finetuning.batch_size and not batch["attention_mask"].all()


def our_trainer(splits: Any, folder: Path) -> Trainer:
    """Return what `tasks.finetuning` would train seed 21 with."""
    chosen = params.load()
    sections = chosen.model, chosen.finetuning, chosen.evaluation
    return training.trainer_of(*sections, 21, splits["train"], splits["validation"], folder)


def test_our_side_is_packed_and_drops_nothing_within_attention(tiny_params, splits, tmp_path):
    tiny_params()
    trainer = our_trainer(splits, tmp_path)
    batch = next(iter(trainer.get_train_dataloader()))
    assert trainer.model.config._attn_implementation == attention.NAME
    assert trainer.model.config.attention_probs_dropout_prob == 0
    assert len(batch["input_ids"]) == 1 and "attention_mask" not in batch


@pytest.mark.parametrize("head", ["random", "probed"])
def test_both_start_from_the_same_weights_head_included(tiny_params, splits, tmp_path, head):
    tiny_params({"finetuning.head": head})
    ours = our_trainer(splits, tmp_path).model
    theirs = agreement.stock_trainer(params.load(), 21, splits).model.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in ours.state_dict().items())
    assert head == "probed" or ours.classifier.weight.abs().max() > 0  # tiny states hardly vary: nothing to regress on


def test_both_are_compared_on_validation_rows_of_each_corpus_and_seed(tiny_params, splits):
    tiny_params()
    agreement.compare(params.load(), [splits, splits], [21], Path("agreement.md"))
    text = Path("agreement.md").read_text()
    rows = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]
    assert [row[:3] for row in rows] == [[str(n), "21", way] for n in (0, 1) for way in ("ours", "stock, float32")]
    assert "from what draw 00000001 trains on, with 12 and 12 validation rows" in text


def test_the_result_names_the_draw_whose_vocabulary_the_corpora_are_made_of(tiny_params, splits):
    tiny_params()
    sample.main("--seed", "00000002", "--output", "data/raw")
    agreement.compare(params.load(), [splits], [21], Path("agreement.md"))
    assert "from what draw 00000002 trains on" in Path("agreement.md").read_text()


def test_their_scores_are_two_and_not_one_told_twice(tiny_params, splits):
    tiny_params({"finetuning.learning_rate": 0.01})
    found = agreement.measure(params.load(), splits, 21)
    assert found[agreement.OURS]["loss"] != found[agreement.STOCK]["loss"]


def test_the_corpora_have_classes_of_their_own_whatever_params_yaml_names(tiny_params, splits):
    tiny_params({"evaluation.positive": "spam", "evaluation.primary": "accuracy"})
    decision = agreement.of_corpora(params.load()).evaluation.decision(["a", "b"])
    assert decision.primary == "balanced_accuracy" and decision.positive is None


@pytest.mark.parametrize("method", ["lora", "head"])
def test_a_method_that_trains_other_weights_than_stock_is_not_compared_with_it(tiny_params, method):
    tiny_params({"finetuning.method": method})
    with pytest.raises(UserError, match=f"finetuning.method is {method}, and stock trains all weights: set full"):
        agreement.of_corpora(params.load())


def test_seeds_are_named_on_the_command_line():
    assert agreement.read_seeds(["--seeds", "21"]) == (21,)
    assert agreement.read_seeds([]) == agreement.SEEDS
    with pytest.raises(UserError, match="--seed 21 is not understood"):
        agreement.read_seeds(["--seed", "21"])


def test_a_stage_by_stock_parts_is_padded_and_in_float32_and_the_project_is_itself_afterwards(validated, capsys):
    before = packing.packs, device.has_bf16, training.TrainingArguments
    tokenization.main()
    stock.main("tasks.finetuning", "1")
    said = capsys.readouterr().out
    assert "cpu, float32: full" in said and "bert is no architecture that can be packed" in said
    assert (packing.packs, device.has_bf16, training.TrainingArguments) == before


def test_a_name_that_stock_parts_would_replace_and_that_is_gone_is_told(monkeypatch):
    monkeypatch.delattr(packing, "packs")
    with pytest.raises(AttributeError, match="packs"), stock.stock_parts("tasks.finetuning"):
        pass
