import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from core.base.errors import UserError
from core.data import parquet
from tasks.augmentation.__main__ import main
from tasks.augmentation.operators import OPERATORS
from tests.conftest import PARAMS

REPOSITORY = Path(__file__).parents[3]
LEXICON = "abbreviation,expansion\nSOB,shortness of breath\nc/o,complains of\n"
TEXTS = {
    "train-2": "Pt c/o SOB in the night, denies chest pain",
    "train-3": "Itchy rash on the arm. Mother had a stroke",
    "train-5": "no MI",
    "train-8": "Complains of a sore throat",
}
OUTPUT = Path("data/augmented/train.parquet")
ALL = {"abbreviation": 1.0, "dropout": 1.0, "swap": 1.0, "typo": 1.0}


@pytest.fixture(autouse=True)
def _workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/validated").mkdir(parents=True)
    Path("data/lexicon.csv").write_text(LEXICON, encoding="utf-8")
    write_train(TEXTS)
    write_params(**ALL)


def write_train(texts):
    rows = [{"row_id": row, "text": text, "label": "routine", "group": f"P{row[-1]}"} for row, text in texts.items()]
    pq.write_table(pa.Table.from_pylist(rows), "data/validated/train.parquet")


def write_params(**changed):
    values = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    others = dict.fromkeys(set(OPERATORS) - set(ALL), 0.0)  # operators that are added have tests of their own
    values["augmentation"] |= others | changed
    Path("params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def augment():
    main()
    return pq.read_table(OUTPUT).to_pylist()


def test_every_synthetic_row_names_its_parent_and_its_operator():
    for row in augment():
        assert row["row_id"] == f"{row['parent']}+{row['operator']}"
        assert (row["label"], row["group"]) == ("routine", f"P{row['parent'][-1]}")
        assert row["text"] != TEXTS[row["parent"]]


def test_an_operator_that_finds_nothing_to_change_gives_no_row():
    assert [row["row_id"] for row in augment()] == [
        "train-2+abbreviation",
        "train-2+dropout",
        "train-2+typo",
        "train-3+dropout",
        "train-3+swap",
        "train-3+typo",
        "train-8+abbreviation",
        "train-8+dropout",
        "train-8+swap",
        "train-8+typo",
    ]


def test_probabilities_of_zero_write_an_empty_file_with_the_full_schema(capsys):
    full = augment() and pq.read_schema(OUTPUT)
    capsys.readouterr()
    write_params(**dict.fromkeys(ALL, 0.0))
    assert augment() == []
    assert pq.read_schema(OUTPUT) == full
    assert full.names == ["row_id", "text", "label", "group", "parent", "operator"]
    expected = "0 augmented copies of 4 training rows: abbreviation 0, dropout 0, swap 0, typo 0"
    assert capsys.readouterr().out.startswith(expected)


def test_one_line_counts_the_rows_of_each_operator(capsys):
    augment()
    expected = "10 augmented copies of 4 training rows: abbreviation 2, dropout 3, swap 2, typo 3"
    assert capsys.readouterr().out.startswith(expected)


def test_the_same_inputs_give_the_same_bytes():
    augment()
    first = OUTPUT.read_bytes()
    augment()
    assert OUTPUT.read_bytes() == first


def test_how_many_rows_are_read_at_a_time_makes_no_difference(monkeypatch, capsys):
    first, said = augment(), capsys.readouterr().out
    monkeypatch.setattr(parquet, "AT_A_TIME", 1)
    assert augment() == first
    assert capsys.readouterr().out == said


def test_another_seed_gives_other_rows():
    first = augment()
    write_params(seed=14)
    assert augment() != first


def test_adding_or_deleting_a_row_changes_no_other_row():
    before = augment()
    write_train({"train-1": "a new itchy rash on the leg", **TEXTS, "train-9": "sore foot"})
    assert [row for row in augment() if row["parent"] in TEXTS] == before
    write_train({"train-8": TEXTS["train-8"]})
    assert augment() == [row for row in before if row["parent"] == "train-8"]


def test_one_operator_s_chance_changes_no_other_operator_s_rows():
    before = augment()
    write_params(**ALL | {"dropout": 0.0})
    assert augment() == [row for row in before if row["operator"] != "dropout"]


def test_the_chance_is_the_share_of_rows_with_a_copy():
    write_train({f"train-{row}": "dry cough, of the" for row in range(400)})
    write_params(swap=0.25)
    assert 75 < sum(row["operator"] == "swap" for row in augment()) < 125


@pytest.mark.parametrize(  # case 11
    "texts",
    [
        ["患者胸痛三天", "今天来做体检"],
        ["Der Patient klagt über starke Schmerzen in der Brust", "Kein Anhalt für eine Fraktur in der Aufnahme"],
        ["Le patient se plaint de douleurs dans la poitrine", "On ne voit pas de fracture"],
        ["Пациент жалуется на боль в груди", "Перелома нет"],
    ],
    ids=["chinese", "german", "french", "russian"],
)
def test_texts_in_another_language_get_no_copies_and_it_is_said_so(texts, capsys):
    write_train({f"train-{row}": text for row, text in enumerate(texts)})
    assert augment() == []
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("0 augmented copies of 2 training rows")
    assert said[1].startswith("augmentation is off: ")
    write_params(**dict.fromkeys(ALL, 0.0))
    assert augment() == []
    assert "is off" not in capsys.readouterr().out  # nobody asked for any


@pytest.mark.parametrize("text", [*TEXTS.values(), "My card was charged twice for this payment"])
def test_english_texts_get_copies_in_shorthand_too(text):
    write_train({"train-1": f"{text}, the left leg"})
    assert augment()


def test_missing_training_rows_are_named():
    Path("data/validated/train.parquet").unlink()
    with pytest.raises(UserError, match="train.parquet is missing"):
        main()


def test_the_stage_runs_as_a_module_and_imports_no_torch():
    stage = "import runpy, sys; runpy.run_module('tasks.augmentation', run_name='__main__')"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", f"{stage}; assert 'torch' not in sys.modules"], check=True, env=environment)
    assert OUTPUT.exists()
