"""Sentence pairs: `validation.text` names two columns, and every stage reads both."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from datasets import load_from_disk
from transformers import ElectraConfig, ElectraModel, PreTrainedTokenizerFast

from core.base import paths
from core.base.errors import UserError
from core.base.files import read_json, sha256
from core.data import predictions
from tasks import params
from tasks.augmentation import __main__ as augmentation
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.forgetting import __main__ as forgetting
from tasks.leakage import __main__ as leakage
from tasks.report import __main__ as report
from tasks.tokenization import __main__ as tokenization
from tasks.validation import __main__ as validation
from tests.conftest import ROOT, WORDS

SPLITS = {"train": 12, "validation": 6, "test": 8}
PAIRS = {"validation.text": ["premise", "hypothesis"], "finetuning.seeds": [1], "augmentation.typo": 1.0}
Project = Callable[..., None]


def pairs(split: str, count: int) -> pd.DataFrame:
    """Return pairs of the same words, where the label hangs on which text holds the sign."""
    words = WORDS.split()
    plain = [f"mother {words[number % len(words)]} {split[:2]} {number}" for number in range(count)]
    signs = [f"severe melena {number}" for number in range(count)]
    rows = [(p, s, "urgent") if n % 2 else (s, p, "routine") for n, (p, s) in enumerate(zip(plain, signs, strict=True))]
    return pd.DataFrame(rows, columns=["premise", "hypothesis", "label"])


@pytest.fixture
def project(tiny_params: Callable[..., None]) -> Project:
    """Write params.yaml and raw files of pairs, some rows of a split added."""

    def write(
        family: str = "bert", changes: dict[str, object] | None = None, **extra: list[tuple[str, str, str]]
    ) -> None:
        tiny_params(PAIRS | (changes or {}), family=family)
        Path("data/raw").mkdir(parents=True)
        Path("data/probe").mkdir()
        Path("data/lexicon.csv").write_text("abbreviation,expansion\n", encoding="utf-8")
        pd.read_csv(ROOT / "data/probe/probe.csv").iloc[::10].to_csv("data/probe/probe.csv", index=False)
        for split, count in SPLITS.items():
            rows = pairs(split, count)
            more = pd.DataFrame(extra.get(split, []), columns=rows.columns)
            pd.concat([rows, more]).to_csv(f"data/raw/{split}.csv", index=False)

    return write


def reasons() -> dict[str, str]:
    rows = pd.read_parquet("data/quarantine.parquet")
    return dict(zip(rows["row_id"], rows["reason"], strict=True))


def test_the_same_pair_is_the_same_text_and_half_of_it_is_not(project):
    first, second, _ = pairs("train", 1).iloc[0]
    held_out, its_second, _ = pairs("test", 1).iloc[0]
    project(
        train=[
            (first.upper(), second, "routine"),
            (second, first, "urgent"),
            (first, "another text", "urgent"),
            ("rash", "cough", "urgent"),
            ("rash", "cough", "routine"),
            (held_out, its_second, "routine"),
            ("no second", "", "urgent"),
            ("", "no first", "urgent"),
        ]
    )
    validation.main()
    assert reasons() == {
        "train-13": "duplicate",
        "train-16": "conflicting labels",
        "train-17": "conflicting labels",
        "train-18": "training text also in validation or test",
        "train-19": "empty text",
        "train-20": "empty text",
    }
    assert list(pd.read_parquet("data/quarantine.parquet").columns[:4]) == ["row_id", "split", "text", "text_pair"]
    rows = pd.read_parquet("data/validated/train.parquet")
    assert list(rows.columns) == ["row_id", "text", "text_pair", "label", "group"]
    assert rows.iloc[0, 1:3].tolist() == [first, second]


def test_a_fault_of_the_second_text_names_its_column(project):
    project(changes={"validation.characters": {"minimum": 3, "maximum": 60}}, train=[("a sound text", "no", "urgent")])
    with pytest.raises(UserError, match=r"train-13\), column hypothesis: 'no' is shorter"):
        validation.main()
    checked = {
        each["expectation"]: each["passed"] for each in read_json(Path("reports/validation.json"))["expectations"]
    }
    assert checked["every text has 3 to 60 characters"] and not checked["every second text has 3 to 60 characters"]


def test_a_second_column_that_is_missing_is_to_be_named_in_validation_text(project):
    project(changes={"validation.text": ["premise", "hypotheses"]})
    with pytest.raises(UserError, match=r"Did you mean 'hypothesis'\? .* set validation.text in params.yaml"):
        validation.main()


def test_a_synthetic_pair_differs_from_its_parent_in_one_text_at_least(project):
    project()
    validation.main()
    augmentation.main()
    rows = pd.read_parquet("data/augmented/train.parquet")
    parents = pd.read_parquet("data/validated/train.parquet").set_index("row_id").loc[rows["parent"]]
    changed = [(rows[side].to_numpy() != parents[side].to_numpy()) for side in ("text", "text_pair")]
    assert len(rows) >= 12
    assert (changed[0] | changed[1]).all() and changed[0].any() and changed[1].any()


def test_pairs_are_tokenized_as_such_and_the_longer_text_is_cut_first(project):
    project(test=[("pain " * 20, "mild rash", "urgent")])
    for stage in (validation, augmentation, tokenization):
        stage.main()
    rows = load_from_disk("data/tokenized")["test"]
    tokenizer = PreTrainedTokenizerFast.from_pretrained("models/pretrained/encoder")
    expected = tokenizer("pain " * 20, "mild rash", truncation="longest_first", max_length=16)
    assert list(rows["input_ids"])[-1] == expected["input_ids"]
    assert list(rows["token_type_ids"])[-1] == [0] * 13 + [1] * 3
    assert list(rows["truncated"]) == [False] * 8 + [True]
    assert rows[0]["length"] == len(rows[0]["input_ids"]) == len(rows[0]["token_type_ids"])
    words = pd.read_parquet("data/vocabulary.parquet").set_index("word")["occurrences"]
    assert words["mother"] == words["melena"] == 13  # one in each pair, and one more among the words
    report = read_json(Path("reports/tokenization.json"))
    assert report["fragmentation"]["domain"]["words"] == words.sum()


def test_broken_words_are_counted_in_both_texts(project):
    project(changes={"augmentation.typo": 0.0})
    for stage in (validation, augmentation, tokenization):
        stage.main()
    known = pd.read_parquet("data/vocabulary.parquet")
    broken = int(known.loc[known["split"] > 1, "occurrences"].sum())
    assert sum(load_from_disk("data/tokenized")["train"]["broken_words"]) == broken > 0


def test_a_tokenizer_that_puts_nothing_between_two_texts_is_refused(project):
    project()
    validation.main()
    augmentation.main()
    path = Path("models/pretrained/encoder/tokenizer.json")
    whole = read_json(path) | {"post_processor": None}
    path.write_text(pd.Series(whole).to_json(), encoding="utf-8")
    with pytest.raises(UserError, match="names two columns, and the tokenizer of .*encoder puts nothing"):
        tokenization.main()


def electra() -> None:
    """Put an encoder that cannot be packed into the place of the tiny one."""
    sizes = {"embedding_size": 16, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
    network = ElectraModel(ElectraConfig(vocab_size=200, num_hidden_layers=1, **sizes))
    network.save_pretrained("models/pretrained/encoder")
    declared = Path("params.yaml").read_text(encoding="utf-8")
    before = params.load().model.sha256
    Path("params.yaml").write_text(
        declared.replace(str(before), sha256(Path("models/pretrained/encoder/model.safetensors")))
    )


@pytest.mark.parametrize("family", ["bert", "distilbert", "electra"])
def test_the_whole_experiment_reads_pairs(project, family):
    project("bert" if family == "electra" else family, {"report.show_texts": True})
    if family == "electra":
        electra()
    for stage in (validation, augmentation, tokenization, baseline, leakage):
        stage.main()
    finetuning.main("1")
    for stage in (evaluation, forgetting, report):
        stage.main()
    rows = load_from_disk("data/tokenized")["test"]
    assert ("token_type_ids" in rows.column_names) == (family != "distilbert")
    ids = [f"test-{number}" for number in range(1, 9)]
    found = predictions.select(predictions.read(paths.BASELINE_PREDICTIONS), "tf-idf", "test", ids)
    assert (found.argmax(1) == [0, 1] * 4).all(), (
        "the same words in either text: only a side of its own tells them apart"
    )
    shown = [
        text
        for text in pd.read_parquet("data/validated/test.parquet")["text_pair"]
        if f"// {text}" in Path("reports/report.md").read_text(encoding="utf-8")
    ]
    assert shown or read_json(Path("reports/metrics.json"))["seeds"]["1"]["accuracy"] == 1


def test_types_reach_the_network(project):
    project()
    for stage in (validation, augmentation, tokenization):
        stage.main()
    finetuning.main("1")
    first = sha256(Path("models/seeds/1/model.safetensors"))
    splits = load_from_disk("data/tokenized")
    splits.remove_columns("token_type_ids").save_to_disk("data/untyped")
    shutil.rmtree("data/tokenized")
    shutil.move("data/untyped", "data/tokenized")
    finetuning.main("1")
    assert sha256(Path("models/seeds/1/model.safetensors")) != first
