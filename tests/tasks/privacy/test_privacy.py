"""The gate on private data: counts and row_ids, never a text, and an open way for those who have looked."""

from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("presidio_analyzer", reason="pip install '.[privacy]'")

from core.base.errors import UserError
from tasks.privacy.__main__ import main
from tasks.privacy.findings import earlier

PRIVATE = "call (212) 555-0123, or Jane.Roe@example.com"
REPORT = Path("reports/privacy.json")


@pytest.fixture(autouse=True)
def project(in_temporary_folder) -> None:
    Path("data/validated").mkdir(parents=True)
    Path("reports").mkdir()
    for split in ("train", "validation", "test"):
        write(split, ["itchy rash", "chest pain"])
    pd.DataFrame({"row_id": [], "split": [], "text": [], "label": [], "reason": []}, dtype=object).to_parquet(
        "data/quarantine.parquet"
    )


def write(split: str, texts: list[str], **others: object) -> None:
    rows = {"row_id": [f"{split}-{number}" for number in range(1, len(texts) + 1)], "text": texts}
    pd.DataFrame(rows | {"label": "routine", "group": None} | others).to_parquet(f"data/validated/{split}.parquet")


def test_rows_in_which_nothing_looks_private_pass(capsys):
    main()
    assert "nothing looks private in 6 rows" in capsys.readouterr().out
    assert {table: each.found for table, each in earlier().tables.items()} == {
        table: {} for table in ("train", "validation", "test", "quarantine")
    }


def test_what_looks_private_stops_it_with_counts_and_row_ids_and_never_a_text():
    write("train", ["itchy rash", PRIVATE, PRIVATE])
    with pytest.raises(UserError) as stopped:
        main()
    assert "train: email in 2 of 3 rows (train-2, train-3)" in stopped.value.problems
    assert "train: telephone number in 2 of 3 rows (train-2, train-3)" in stopped.value.problems
    written = REPORT.read_text(encoding="utf-8")
    assert not any(part in text for part in ("555", "Roe", "example", "rash") for text in (written, str(stopped.value)))
    assert earlier().tables["train"].found["email"].rows == 2


def test_what_was_quarantined_and_what_stands_in_other_columns_is_looked_at_too():
    rows = {"row_id": ["all-7"], "split": [None], "text": [PRIVATE], "label": ["urgent"], "reason": ["duplicate"]}
    pd.DataFrame(rows).to_parquet("data/quarantine.parquet")
    write("test", ["itchy rash"], **{"slice ward": "jane.roe@example.com"})
    with pytest.raises(UserError) as stopped:
        main()
    assert {problem.split(":")[0] for problem in stopped.value.problems[:-1]} == {"quarantine", "test"}
    assert "quarantine: email in 1 of 1 rows (all-7)" in stopped.value.problems


def test_its_own_advice_opens_it_for_exactly_these_rows(capsys):
    write("train", ["itchy rash", PRIVATE])
    with pytest.raises(UserError, match="python -m tasks.privacy --accept"):
        main()
    main("--accept")
    main()  # somebody has looked
    assert "train: email in 1 of 2 rows" in capsys.readouterr().out
    write("train", ["itchy rash", PRIVATE, "write to john.doe@example.com"])
    with pytest.raises(UserError, match="email in 2 of 3 rows"):
        main()


def track(text: str, keys: str = "") -> None:
    Path("data/raw").mkdir(parents=True)
    Path("data/raw/mine.csv").write_text(text, encoding="utf-8")
    Path("data/raw.dvc").write_text(f"outs:\n- md5: 0.dir\n  path: raw\n{keys}", encoding="utf-8")


def test_all_columns_of_what_a_dvc_file_tracks_are_looked_at_unless_it_stays_here(capsys):
    columns = "note,age,sent by\nitchy rash,45,\nchest pain,78,jane.roe@example.com\n"
    track(columns, "  push: false\n")
    main()
    Path("data/raw.dvc").unlink()
    Path("data/raw/mine.csv").rename("mine.csv")
    Path("mine.csv.dvc").write_text("outs:\n- path: mine.csv\n", encoding="utf-8")  # as `dvc import-url` leaves it
    with pytest.raises(UserError) as stopped:
        main()
    assert stopped.value.problems[0] == "mine.csv: email in 1 of 2 rows (line 3)"
    main("--accept")
    assert "mine.csv: email in 1 of 2 rows" in capsys.readouterr().out


def test_data_that_no_stage_has_read_yet_are_looked_at_all_the_same():
    track(f'text,label\nitchy rash,routine\n"{PRIVATE}",urgent\n', "  remote: team\n")
    with pytest.raises(UserError, match="data/raw/mine.csv: email in 1 of 2 rows"):
        main()


def test_a_missing_table_and_a_damaged_report_are_told_in_a_line():
    REPORT.write_text("{", encoding="utf-8")
    main()
    Path("data/validated/test.parquet").unlink()
    with pytest.raises(UserError, match="test.parquet is missing"):
        main()
