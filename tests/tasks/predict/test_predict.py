"""New texts get the published model's own answers: those of its evaluation, to the bit."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base import paths
from core.base.errors import UserError
from core.data import predictions, published
from core.scores import metrics
from tasks.baseline import __main__ as baseline
from tasks.evaluation import __main__ as evaluation
from tasks.finetuning import __main__ as finetuning
from tasks.leakage import __main__ as leakage
from tasks.predict import __main__ as predict
from tasks.tokenization import __main__ as tokenization
from tests.tasks.conftest import ONE_EPOCH


def evaluate() -> None:
    tokenization.main()
    baseline.main()
    leakage.main()
    finetuning.main("1")
    evaluation.main()


@pytest.fixture
def evaluated(validated, tiny_params, once) -> None:
    once(lambda: tiny_params(ONE_EPOCH), evaluate)


def answered(*arguments: str) -> pd.DataFrame:
    """Return what the command writes into a Parquet file."""
    predict.main(*arguments, "--out", "answers.parquet")
    return pd.read_parquet("answers.parquet")


def require_the_same(rows: pd.DataFrame) -> None:
    """Hold that the answers for the test rows are the predictions that were scored, to the bit."""
    expected = predictions.select(predictions.read(paths.FINETUNED_PREDICTIONS), "1", "test", rows["row_id"].tolist())
    assert (rows[["routine", "urgent"]].to_numpy() == expected).all()
    assert rows["class"].tolist() == [("routine", "urgent")[row] for row in expected.argmax(1)]


@pytest.mark.parametrize("family", ["bert", "bert, pooled by the mean", "electra"])
@pytest.mark.parametrize("way", ["truncate", "head_tail", "chunks"])
def test_short_and_long_texts_get_the_predictions_of_the_evaluation_whatever_params_yaml_says_since(
    long_texts, way, family
):
    long_texts(way, family)
    evaluate()
    long_texts("head_tail" if way == "truncate" else "truncate")
    require_the_same(answered("data/validated/test.parquet"))


def test_pairs_of_texts_get_the_predictions_of_the_evaluation(pairs):
    evaluate()
    require_the_same(answered("data/validated/test.parquet"))


def test_a_file_without_row_ids_gets_those_that_validation_would_give_it(evaluated):
    pd.read_parquet("data/validated/test.parquet")[["text"]].to_csv("test.csv", index=False)
    rows = answered("test.csv")
    assert rows["row_id"].tolist()[:2] == ["test-1", "test-2"]
    require_the_same(rows)


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_text_files_hold_every_bit_of_a_probability(evaluated, ending):
    predict.main("data/validated/test.parquet", "--out", f"answers{ending}")
    lines = Path(f"answers{ending}").read_text(encoding="utf-8").splitlines()
    rows = pd.DataFrame(csv.DictReader(lines) if ending == ".csv" else map(json.loads, lines))
    require_the_same(rows.astype({"routine": float, "urgent": float}))


def test_without_a_file_to_write_the_answers_go_to_the_output_and_the_summary_beside_it(evaluated, capsys):
    predict.main("data/validated/test.parquet")
    out, beside = capsys.readouterr()
    assert out.splitlines()[0] == "row_id,class,confidence,calibrated,to_person,routine,urgent"
    assert len(out.splitlines()) == 1 + 8
    assert (
        "8 texts: 0 left to the model, 8 to a person; nothing can be left to it (too few groups on validation)"
        in beside
    )


def test_the_threshold_leaves_to_the_model_what_the_report_says_it_does(evaluated):
    known = published.read()
    confidence = answered("data/validated/test.parquet")["confidence"]
    lowest = float(np.sort(confidence)[3])  # the confidence of a row, as a threshold is
    published.write(paths.PUBLISHED_MODEL, known.model_copy(update={"threshold": lowest, "refused": None}))
    rows = answered("data/validated/test.parquet")
    assert rows["to_person"].tolist() == (confidence < lowest).tolist()
    assert (~rows["to_person"]).sum() == 5


def test_what_decides_is_what_the_metrics_say_before_they_are_rounded(evaluated):
    known, said = published.read(), metrics.read()
    assert round(known.temperature, 6) == said.calibration.published.temperature != known.temperature
    assert (known.seed, known.threshold, known.refused) == (1, None, said.selection.published.refused)


def test_a_row_without_a_text_is_named_and_goes_to_a_person(evaluated, capsys):
    unseen = '{"text": "\\u0000"}\n{"text": "&nbsp;\\u200b"}\n'
    Path("new.jsonl").write_text(
        f'{{"text": "mild rash"}}\n{{"text": "  "}}\n{{"other": 1}}\n{unseen}', encoding="utf-8"
    )
    known = published.read()
    published.write(paths.PUBLISHED_MODEL, known.model_copy(update={"threshold": 0.0, "refused": None}))
    rows = answered("new.jsonl")
    assert rows["row_id"].tolist() == ["new-1", "new-2", "new-3", "new-4", "new-5"]
    assert rows["class"].isna().tolist() == [False, True, True, True, True]
    assert rows["to_person"].tolist() == [False, True, True, True, True]
    assert "4 to a person, 4 of them without a text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "note\nmild rash\n",
            r"new.csv has no column 'text', which the published model was evaluated on; it has 'note'",
        ),
        ("text,label\n,urgent\n", "new.csv has no text in the column 'text'"),
        ("", "new.csv is empty"),
    ],
)
def test_a_file_without_texts_is_refused(evaluated, content, said):
    Path("new.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        predict.main("new.csv")


def test_a_format_that_cannot_be_written_is_refused_before_any_work():
    with pytest.raises(UserError, match=r"answers.xls: its name ends in none of .csv, .jsonl, .parquet"):
        predict.main("new.csv", "--out", "answers.xls")


@pytest.mark.parametrize(
    ("asked", "out", "said"),
    [
        ("new.csv", "answers.csv", r"--out answers.csv is a folder: name a file in it, such as answers.csv/a"),
        ("new.csv", "./new.csv", r"--out new.csv is the file with the texts: name another file, .* answers-to-new.csv"),
        ("texts/answers.csv", "texts/answers.csv", "name another file, such as texts/answers-to-answers.csv"),
        (
            "texts",
            "texts/all.csv",
            r"--out texts/all.csv lies among the texts, in texts: .* such as answers-to-texts.csv",
        ),
    ],
)
def test_answers_never_take_the_place_of_what_is_there(evaluated, asked, out, said):
    for name in ("new.csv", "texts/new.csv", "answers.csv/the only copy"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("text\nmild rash\n", encoding="utf-8")
    with pytest.raises(UserError, match=said):
        predict.main(asked, "--out", out)
    assert Path("answers.csv/the only copy").is_file()
    assert Path("new.csv").read_text(encoding="utf-8") == "text\nmild rash\n"


def test_without_a_published_model_the_command_that_makes_it_is_named():
    with pytest.raises(UserError, match="models/finetuned/evaluated.json is missing.*dvc repro"):
        predict.main("new.csv")
