"""`python -m study.next`, as a user types it."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from core.base import results
from core.base.errors import UserError
from study import paths
from study.next.__main__ import main
from tests.conftest import ROOT, notes
from tests.study.next.conftest import unlabelled
from tests.study.next.test_said import BETTER, NEITHER


def known(choosing) -> None:
    paths.CHOOSING.parent.mkdir(parents=True)
    results.write(paths.CHOOSING, choosing)


def chosen(out: str = "unlabelled.next.csv") -> pd.DataFrame:
    return pd.read_csv(out)


def problems(*words: str) -> list[str]:
    with pytest.raises(UserError) as stopped:
        main(*words)
    return list(stopped.value.problems)


@pytest.mark.usefixtures("tokenized")
class TestInAProject:
    def test_the_rows_asked_for_stand_in_their_order_with_all_their_columns(self):
        file = unlabelled(visit=range(100, 112))
        main("--rows", "5", str(file))
        found, given = chosen(), pd.read_csv(file)
        assert found["rank"].tolist() == [1, 2, 3, 4, 5]
        assert found["text"].tolist() == given["text"][found["line"] - 2].tolist()
        assert found["visit"].tolist() == (found["line"] + 98).tolist()
        assert found["label"].isna().all()

    def test_both_strategies_take_turns_while_no_study_says_otherwise(self):
        main("--rows", "6", str(unlabelled()))
        assert set(chosen()["chosen_by"]) == {"uncertainty", "diversity"}
        assert chosen()["line"].nunique() == 6

    def test_all_rows_can_be_asked_for(self):
        main("--rows", "12", str(unlabelled()))
        assert sorted(chosen()["line"]) == list(range(2, 14))

    @pytest.mark.parametrize(("study", "by"), [(BETTER, "diversity"), (NEITHER, "random")])
    def test_rows_are_chosen_as_the_study_has_shown(self, study, by, capsys):
        known(study)
        main("--rows", "5", str(unlabelled()))
        assert set(chosen()["chosen_by"]) == {by}
        assert "Rows chosen by diversity are" in capsys.readouterr().out

    def test_who_asks_for_another_way_has_it(self):
        known(NEITHER)
        main("--rows", "5", "--by", "uncertainty", "--out", "first.csv", str(unlabelled()))
        assert set(chosen("first.csv")["chosen_by"]) == {"uncertainty"}
        assert chosen("first.csv")["score"].is_monotonic_decreasing

    @pytest.mark.parametrize("by", ["uncertainty", "diversity", "random", "both"])
    def test_the_same_file_gives_the_same_bytes(self, by):
        file = unlabelled()
        for out in ("first.csv", "second.csv"):
            main("--rows", "5", "--by", by, "--out", out, str(file))
        assert Path("first.csv").read_bytes() == Path("second.csv").read_bytes()

    def test_left_out_rows_are_counted_and_never_chosen(self, capsys):
        file = unlabelled(rows=3)
        file.write_text(file.read_text(encoding="utf-8") + notes("test", 1)["text"][0] + "\n", encoding="utf-8")
        main("--rows", "3", str(file))
        assert sorted(chosen()["line"]) == [2, 3, 4]
        assert "3 of 4 rows to choose from (left out: 1 text labelled already)" in capsys.readouterr().out

    def test_no_text_is_printed(self, capsys):
        main("--rows", "12", str(unlabelled()))
        printed = capsys.readouterr()
        assert not any(text in printed.out + printed.err for text in notes("new", 12)["text"])

    def test_a_parquet_file_names_rows(self):
        main("--rows", "2", "--by", "random", str(unlabelled("more.parquet")))
        assert list(chosen("more.next.csv"))[0] == "row"

    def test_a_file_that_may_hold_labels_by_now_is_kept(self):
        Path("unlabelled.next.csv").write_text("labelled by hand", encoding="utf-8")
        assert "unlabelled.next.csv exists, maybe with labels by now" in problems("--rows", "5", str(unlabelled()))[0]
        assert Path("unlabelled.next.csv").read_text(encoding="utf-8") == "labelled by hand"

    def test_all_problems_are_told_at_once(self):
        file = unlabelled(rank=1, rows=3)
        told = problems("--rows", "5", "--out", "nowhere/first.txt", str(file))
        assert told == [
            "--out is nowhere/first.txt: name a .csv file in a folder that exists",
            "unlabelled.csv has a column 'rank', and so will the written file: rename it",
            "--rows is 5, and unlabelled.csv has 3 rows to choose from",
        ]

    @pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder that not even root writes to")
    def test_a_folder_that_cannot_be_written_to_is_named(self):
        told = problems("--rows", "5", "--out", "/proc/self/first.csv", str(unlabelled()))
        assert told == ["/proc/self cannot be written to: name a file elsewhere with --out"]

    def test_a_column_that_is_missing_is_named(self):
        Path("other.csv").write_text("note\ncough\n", encoding="utf-8")
        told = problems("--rows", "0", "other.csv")
        assert told[0] == "--rows is 0: at least 1"
        assert "other.csv has no column 'text'" in told[1]


def test_without_the_stages_outputs_and_the_file_all_of_it_is_told(tiny_params):
    tiny_params()
    told = problems("--rows", "5", "missing.csv")
    assert [problem.split()[0] for problem in told] == [
        "data/validated/train.parquet",
        "data/validated/validation.parquet",
        "data/validated/test.parquet",
        "data/quarantine.parquet",
        "data/tokenized/train",
        "missing.csv",
    ]


def test_a_mistake_shows_no_traceback(tiny_params):
    tiny_params()
    command = [sys.executable, "-m", "study.next", "--rows", "5", "missing.csv"]
    ended = subprocess.run(command, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("study.next stopped: 6 problems") and "Traceback" not in ended.stderr
