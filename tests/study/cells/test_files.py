"""What stands where a cell's result is looked for."""

from pathlib import Path

from study.cells import cell, files
from study.cells.files import Failure

FAILURE = Failure(cell="tf_idf 25%, draw 1", kind="out of memory", reason="2 GB were asked for")


def test_a_result_takes_the_place_of_the_failure_before_it():
    files.store_failure("a", FAILURE)
    assert cell.read_failure("a") == FAILURE
    files.store("a", b"bytes")
    assert cell.read_failure("a") is None
    assert [path.name for path in Path("data/study/cells").iterdir()] == ["a.parquet"]
    assert files.place("a").read_bytes() == b"bytes"
