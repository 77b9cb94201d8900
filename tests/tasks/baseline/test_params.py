"""What the section `baseline` refuses."""

import pytest

from core.base.errors import UserError
from tasks import params


@pytest.mark.parametrize(
    ("external", "said"),
    [
        ({"tf-idf": "data/external/a.csv"}, "'tf-idf' cannot name a rung"),
        ({"12": "data/external/a.csv"}, "'12' cannot name a rung"),  # as seeds are
        ({"**a**": "data/external/a.csv"}, "cannot name a rung"),
        ({"llm": "a.csv"}, "move the file into data/external/"),
        ({"llm": "data/external/../raw/a.csv"}, "move the file into data/external/"),
    ],
)
def test_a_rung_of_your_own_needs_a_name_of_its_own_and_a_file_that_dvc_watches(write_params, external, said):
    write_params({"baseline.external": external})
    with pytest.raises(UserError, match=said.replace("*", r"\*")):
        params.load()


def test_rungs_of_your_own_have_any_name_else(write_params):
    write_params({"baseline.external": {"GPT-5.1": "data/external/gpt 5.jsonl.gz", "Réglé": "data/external/r.csv"}})
    assert list(params.load().baseline.external) == ["GPT-5.1", "Réglé"]
