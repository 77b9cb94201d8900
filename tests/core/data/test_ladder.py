"""reports/ladder.json says what each rung is, in the order of the ladder."""

import pytest

from core.base import paths, results
from core.base.errors import UserError
from core.base.files import write_json
from core.data import ladder
from core.data.ladder import Ladder, RungDescription


def test_what_is_written_is_read_again():
    rungs = Ladder(rungs=[RungDescription(name=name, description=f"{name}.") for name in ("majority", "tf-idf")])
    results.write(paths.LADDER, rungs)
    assert ladder.read() == rungs


def test_a_rung_without_a_description_is_named_with_the_file():
    write_json(paths.LADDER, {"rungs": [{"name": "majority"}]})
    with pytest.raises(UserError, match=r"reports/ladder.json: rungs.0.description: field required"):
        ladder.read()
