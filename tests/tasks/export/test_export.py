"""The exported files answer what the published model answers, and their card says by how much they do not."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.base import paths
from core.base.errors import UserError
from core.data import predictions, tokenized_rows
from tests.tasks.conftest import ONE_EPOCH
from tests.tasks.evaluation.test_usage import evaluate

pytest.importorskip("openvino", reason="`pip install '.[export]'`")

from tasks.export import __main__ as export  # noqa: E402

ROOT = Path(__file__).parents[3]
CARD = Path("models/exported/README.md")


@pytest.fixture
def exported(validated, tiny_params, once) -> None:
    once(lambda: tiny_params(ONE_EPOCH), evaluate, export.main)


def line(name: str) -> list[str]:
    """Return the cells of a line of the card's table."""
    found = re.search(rf"^\| {name} \| (.*) \|$", CARD.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, name
    return [cell.strip() for cell in found[1].split("|")]


@pytest.mark.parametrize(
    "way, family", [("truncate", "bert"), ("chunks", "bert, pooled by the mean"), ("head_tail", "electra")]
)
def test_short_and_long_texts_get_the_same_answers_of_the_exported_model(long_texts, way, family):
    long_texts(way, family)
    evaluate()
    export.main()
    assert float(line("largest change of a probability")[1]) <= 0.02


def test_pairs_of_texts_get_the_same_answers_and_how_fast_they_come_is_said(pairs, capsys):
    evaluate()
    export.main()
    assert re.search(r"float.xml \d+, int8.xml \d+ rows a second here, without it \d+", capsys.readouterr().out)
    assert float(line("largest change of a probability")[1]) <= 0.02


def test_the_card_compares_both_files_with_the_rows_that_were_scored(exported):
    scored, whole, small = line("accuracy")
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    assert "On the 8 test rows" in CARD.read_text() and len(table[table["split"] == "test"]) == 8
    assert scored == whole
    others = [int(count) for count in line("rows with another class")[1:]]
    assert others[0] == 0 and abs(float(small) - float(scored)) <= others[1] / 8 + 1e-3
    megabytes = [float(size) for size in line("MB")[1:]]
    assert megabytes[1] <= megabytes[0]


def test_the_code_of_the_card_prints_a_probability_for_each_class(exported):
    [code] = re.findall(r"```python\n(.*?)```", CARD.read_text(encoding="utf-8"), re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    printed = eval(ran.stdout)
    assert list(printed) == ["routine", "urgent"] and np.isclose(sum(printed.values()), 1)


@pytest.mark.parametrize("change", [{"labels": 0}, {"input_ids": [2, 5, 3]}, {"row_id": "another"}])
def test_rows_that_are_others_than_those_that_were_scored_are_refused(exported, change):
    folder = paths.tokenized("test")
    rows = tokenized_rows.read("test")
    changed = rows.map(lambda row, place: row | change if place == 7 else row, with_indices=True)
    changed.save_to_disk("changed")
    shutil.rmtree(folder)
    shutil.move("changed", folder)
    with pytest.raises(UserError, match="data/tokenized/test holds other rows, tokens or labels than those that the"):
        export.main()


def test_without_its_packages_it_says_how_to_install_them(monkeypatch):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"openvino, nncf: `pip install '.\[export\]'`"):
        export.main()


def test_nothing_to_export_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="models/finetuned/evaluated.json is missing"):
        export.main()


def test_no_package_of_it_reports_anything():
    code = "from tasks.export import openvino_model; import sys; print(sys.modules['openvino_telemetry'])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "None"
