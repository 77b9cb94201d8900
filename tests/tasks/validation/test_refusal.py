"""The report of data that are refused speaks for no other data."""

from pathlib import Path

import pytest

from core.base.errors import UserError
from tasks.validation.__main__ import main
from tasks.validation.refusal import told_in_report
from tests.tasks.validation.conftest import configure, csv, fill, problems

REPORT = Path("reports/report.md")


@pytest.fixture
def reported(raw):
    REPORT.parent.mkdir()
    REPORT.write_text("# Adapted\n")
    return raw


@pytest.mark.parametrize("row", ["a,secret", "a,ur\x0bgent"])  # case 42
def test_a_report_of_other_data_gives_way_to_a_line_without_any_text_of_the_data(reported, row):
    fill(reported, test=[row])
    assert len(problems()) == 1
    said = REPORT.read_text()
    assert said.startswith(
        "# Refused\n\n`validation` found 1 problem in `data/raw`, so there is no result for these data."
    )
    assert "Adapted" not in said and "secret" not in said


def test_a_file_that_cannot_be_read_is_a_refusal_too(reported):
    (reported / "train.csv").write_text(csv("a,b"))
    assert len(problems()) == 2
    assert "found 2 problems" in REPORT.read_text()


def test_data_that_can_be_used_leave_the_report_to_the_stage_that_writes_it(reported):
    fill(reported)
    main()
    assert REPORT.read_text() == "# Adapted\n"


def test_where_there_is_no_report_none_is_written(raw):
    configure()
    with pytest.raises(UserError), told_in_report():
        raise UserError("x")
    assert not REPORT.exists()
