"""reports/validation.json is read as `validation` wrote it, and refused where another version did."""

import pytest

from core.base import paths, results
from core.base.errors import UserError
from core.base.files import read_json, write_json
from core.data import validation_counts
from tests import counts

COUNTS = counts.validated({"train": 8, "validation": 4, "test": 4}, quarantined={"duplicate": 3})


def test_what_is_written_is_read_again():
    results.write(paths.VALIDATION_COUNTS, COUNTS)
    assert validation_counts.read() == COUNTS


def test_a_field_that_is_missing_or_unknown_is_named_with_the_file():
    results.write(paths.VALIDATION_COUNTS, COUNTS)
    written = read_json(paths.VALIDATION_COUNTS)
    del written["rows"]["train"]["usable"]
    write_json(paths.VALIDATION_COUNTS, written | {"splits": {}})
    with pytest.raises(UserError) as caught:
        validation_counts.read()
    assert "reports/validation.json: rows.train.usable: field required" in caught.value.problems
    assert any("splits" in problem for problem in caught.value.problems)
    assert "`dvc repro`" in caught.value.problems[-1]
