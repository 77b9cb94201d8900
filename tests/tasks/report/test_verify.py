"""`python -m tasks.report --verify` names whatever does not follow from the predictions and the labels."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base import paths
from core.base.errors import UserError
from core.base.files import read_json, write_json
from tasks.report import __main__ as report
from tests.conftest import ENCODER

METRICS, REPORT = Path("reports/metrics.json"), Path("reports/report.md")
LABELS = Path("data/validated/test.parquet")


@pytest.fixture
def reported(finished, tmp_path, monkeypatch):
    """A copy of the project after its run, to break, which is the current folder."""
    copy = finished.copy(tmp_path / "copy")
    monkeypatch.chdir(copy.folder)
    return copy


def problems() -> str:
    with pytest.raises(UserError) as found:
        report.main("--verify")
    return str(found.value)


def relabel(path: Path, row: int) -> None:
    rows = pd.read_parquet(path)
    rows.loc[row, "label"] = "urgent" if rows.loc[row, "label"] == "routine" else "routine"
    rows.to_parquet(path, index=False)


def nudge(path: Path, by: float) -> None:
    """Move the first test prediction of tf-idf, or of the first seed, by so much: the majority's are all alike."""
    rows = pd.read_parquet(path)
    row = int(np.flatnonzero((rows["split"] == "test") & rows["model"].isin(["tf-idf", "1"]))[0])
    rows.at[row, "probabilities"] = rows.at[row, "probabilities"] + np.array([by, -by])
    rows.to_parquet(path, index=False)


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_reports_as_they_were_written_follow(reported, capsys):
    report.main("--verify")
    assert "values of reports/metrics.json, reports/report.md and its figures follow" in capsys.readouterr().out


def test_a_changed_figure_of_the_topic_probe_is_named_with_the_one_that_follows(reported):
    path = Path("reports/forgetting.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    found["pretrained"]["accuracy"]["estimate"] += 0.01
    path.write_text(json.dumps(found), encoding="utf-8")
    assert "reports/forgetting.json: pretrained.accuracy.estimate is" in problems()


def test_a_row_that_its_twin_does_not_make_suspect_and_a_count_that_does_not_follow_are_named(reported):
    path = Path("data/suspects.parquet")
    twins = pd.read_parquet(path)
    other = pd.DataFrame([["test-3", "test", "train-2", "train", "jaccard", 0.9, False]], columns=twins.columns)
    pd.concat([twins, other]).to_parquet(path, index=False)
    edit(Path("reports/leakage.json"), '"jaccard": 0.8,', '"jaccard": 0.85,')
    said = problems()
    assert (
        f"{path}: row test-3 is not suspect by its twin train-2; the opposite follows from their jaccard, 0.9" in said
    )
    assert "reports/leakage.json: suspect_from.jaccard is 0.85; 0.8 follows" in said
    assert "reports/leakage.json: suspects.test is " in said
    assert f"{path} is not the file that reports/report.md was made from" in said


def test_a_changed_test_label_is_named_by_its_row_with_the_numbers_that_it_moves(reported):
    relabel(LABELS, 2)
    said = problems()
    assert "row test-3 is 'urgent' in data/validated/test.parquet, 'routine' in data/tokenized/test" in said
    assert "reports/metrics.json: " in said and ".estimate is " in said
    assert "data/validated/test.parquet is not the file that reports/report.md was made from" in said


def test_a_label_changed_in_the_raw_data_names_the_file(reported):
    edit(Path("data/raw/test.csv"), "urgent", "routine")
    assert problems().startswith("data/raw/test.csv is not the file that was read")


def test_a_file_of_the_model_that_has_changed_is_named_and_runs_the_stages_that_read_it_again(reported):
    # case 20
    tokenizer = Path(ENCODER, "tokenizer.json")
    edit(tokenizer, '"lowercase": true', '"lowercase": false')
    assert problems().startswith(f"{tokenizer} is not the file that was read: its SHA-256 was ")
    said = reported.dvc("status")
    assert all(
        f"{stage}:" in said for stage in ("tokenization", "baseline", "finetuning@1", "evaluation", "forgetting")
    )
    reported.dvc("repro", "tokenization")
    Path(ENCODER, "merges.txt").touch()
    assert f"{ENCODER}/merges.txt is not the file that was read: there was none of this name" in problems()


def test_without_the_model_at_hand_the_rest_is_verified(reported, capsys):
    shutil.rmtree(ENCODER)
    report.main("--verify")
    assert "follow, to the byte" in capsys.readouterr().out


def test_a_label_that_nobody_knows_ends_the_verification_with_its_name(reported):
    rows = pd.read_parquet(LABELS)
    rows.assign(label="soon").to_parquet(LABELS, index=False)
    assert "has labels that data/tokenized does not know (soon)" in problems()


def test_other_test_rows_end_the_verification(reported):
    pd.read_parquet(LABELS).iloc[1:].to_parquet(LABELS, index=False)
    assert "data/validated/test.parquet has other rows than data/tokenized/test" in problems()


@pytest.mark.parametrize("path", [paths.BASELINE_PREDICTIONS, paths.FINETUNED_PREDICTIONS])
def test_a_prediction_changed_too_little_to_move_a_number_still_names_its_file(reported, path):
    nudge(path, 1e-13)
    said = problems()
    assert said.startswith(f"{path} is not the file that reports/report.md was made from")
    assert "metrics.json" not in said


def test_a_changed_prediction_names_the_numbers_that_do_not_follow(reported):
    nudge(paths.FINETUNED_PREDICTIONS, 0.3)
    said = problems()
    assert "reports/metrics.json: against.majority.gain.estimate is 0.0; 0.125 follows" in said
    assert "reports/report.md line " in said


def test_any_byte_of_a_prediction_file_that_is_changed_is_noticed(reported):
    path = paths.FINETUNED_PREDICTIONS
    content = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(content), 12):
        path.write_bytes(content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :])
        assert problems(), place


def test_a_missing_prediction_is_named(reported):
    rows = pd.read_parquet(paths.FINETUNED_PREDICTIONS)
    rows.drop(rows.index[rows["row_id"] == "test-2"][0]).to_parquet(paths.FINETUNED_PREDICTIONS, index=False)
    assert "1 has not one prediction for each test row: `dvc repro`" in problems()


@pytest.mark.parametrize("path", [paths.BASELINE_PREDICTIONS, paths.FINETUNED_PREDICTIONS])
def test_a_prediction_that_is_no_probability_ends_the_verification_with_its_row(reported, path):
    nudge(path, np.nan)
    assert "has no probabilities for 1 test rows (test-1): `dvc repro`" in problems()


def test_a_class_that_no_test_row_has_any_more_ends_the_verification_with_its_name(reported):
    pd.read_parquet(LABELS).assign(label="routine").to_parquet(LABELS, index=False)
    assert problems() == "no test row is of the class 'urgent': `dvc repro`"


def test_a_digit_changed_in_choice_json_is_named(reported):
    choice = read_json(Path("reports/choice.json"))
    write_json(Path("reports/choice.json"), choice | {"score_mean": 0.999})
    assert problems() == f"reports/choice.json: score_mean is 0.999; {choice['score_mean']} follows"


def test_a_digit_changed_in_metrics_json_is_named_with_what_follows(reported):
    share = json.loads(METRICS.read_text(encoding="utf-8"))["rows"]["commonest"]
    edit(METRICS, f'"commonest": {share}', '"commonest": 0.999')
    assert problems() == f"reports/metrics.json: rows.commonest is 0.999; {share} follows"


def test_a_verdict_changed_in_the_ledger_is_named_with_what_follows(reported):
    verdict = json.loads(METRICS.read_text(encoding="utf-8"))["verdict"]
    edit(paths.READINGS, f'"verdict": "{verdict}"', '"verdict": "no worse"')
    assert f"readings.jsonl: reading 1 says verdict no worse; {verdict} follows" in problems()


def test_a_digit_changed_in_the_report_is_named_with_its_line_and_what_follows(reported):
    lines = REPORT.read_text(encoding="utf-8").split("\n")
    number = next(number for number, line in enumerate(lines, start=1) if line.startswith("| majority | "))
    cell = lines[number - 1].split(" | ")[1].split()[0]
    edit(REPORT, f"| majority | {cell}", "| majority | 77.7%")
    assert problems() == f"reports/report.md line {number}: majority: 77.7% stands; {cell} follows"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("## Details\n", "## Details\n\nLook elsewhere.\n", "'Look elsewhere.' does not follow"),
        (
            "Worth reading first: if labels are wrong, they gather here.\n",
            "",
            "'Worth reading first: if labels are wrong, they gather here.' is missing",
        ),
        ("## Details", "##  Details", "'##  Details' stands; '## Details' follows"),
    ],
)
def test_lines_added_lost_or_spaced_otherwise_are_named(reported, before, after, said):
    edit(REPORT, before, after)
    assert said in problems()


def test_a_figure_that_was_touched_or_is_left_over_is_named(reported):
    edit(Path("reports/figures/confusion.svg"), "</svg>", "<!-- --></svg>")
    Path("reports/figures/old.svg").write_text("<svg/>")
    assert problems().splitlines() == [
        "reports/figures/confusion.svg is not what follows",
        "reports/figures/old.svg is not what follows",
    ]


def test_from_the_command_line_it_exits_with_1_and_no_traceback(reported):
    nudge(paths.BASELINE_PREDICTIONS, 0.1)
    said = reported.run("python", "-m", "tasks.report", "--verify", ends_with=(1,))
    assert "tasks.report stopped: " in said
    assert "Traceback" not in said
