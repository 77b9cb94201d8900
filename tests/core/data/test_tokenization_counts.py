"""reports/tokenization.json is read as `tokenization` wrote it, and refused where a value is of another kind."""

import pytest

from core.base import paths, results
from core.base.errors import UserError
from core.base.files import read_json, write_json
from core.data import tokenization_counts
from tests import counts

COUNTS = counts.tokenized({"train": 8, "validation": 4, "test": 4})


def test_what_is_written_is_read_again():
    results.write(paths.TOKENIZATION_COUNTS, COUNTS)
    assert tokenization_counts.read() == COUNTS


def test_a_value_of_another_kind_is_named_with_the_file():
    results.write(paths.TOKENIZATION_COUNTS, COUNTS)
    write_json(paths.TOKENIZATION_COUNTS, read_json(paths.TOKENIZATION_COUNTS) | {"long": "cut"})
    with pytest.raises(UserError, match="reports/tokenization.json: long: "):
        tokenization_counts.read()
