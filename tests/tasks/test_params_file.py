"""params.yaml with other values: comments and all other lines stay."""

import yaml

from tasks import params_file
from tests.conftest import ROOT

PARAMS = (ROOT / "params.yaml").read_text(encoding="utf-8")


def test_lists_of_several_lines_are_replaced_whole_and_comments_below_stay():
    block = PARAMS.replace(
        "  labels: [routine, urgent] #", "  labels: # of mine\n    - routine\n    # this too\n    - urgent #"
    )
    new = params_file.with_values(block, {"validation.labels": None, "evaluation.gates": []})
    values = yaml.safe_load(new)
    assert (values["validation"]["labels"], values["evaluation"]["gates"]) == (None, [])
    assert "  labels: null # of mine\n    # this too\n  read: " in new


def test_values_read_back_as_they_are():
    for value in (
        "note",
        "my note",
        "note ",
        "12",
        "null",
        "a: b",
        "a, b",
        "Füße",
        "on #1",
        ["a", "b, c"],
        None,
        [{"of a": {"b: c": 0.5}}],
    ):
        new = params_file.with_values(PARAMS, {"validation.text": value})
        assert yaml.safe_load(new)["validation"]["text"] == value
