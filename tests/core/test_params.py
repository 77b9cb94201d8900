"""params.yaml is checked as a whole before anything runs."""

from pathlib import Path

import pytest

from core import params
from core.errors import UserError

ROOT = Path(__file__).parents[2]


def problems() -> list[str]:
    with pytest.raises(UserError) as caught:
        params.load()
    return list(caught.value.problems)


def test_the_committed_parameters_are_valid(write_params):
    write_params({})
    assert params.load().finetuning.epochs < 10


def test_an_unknown_key_names_the_nearest_known_one(write_params):
    write_params({"finetuning.learning_rates": 1e-4})
    assert problems() == ["params.yaml: finetuning.learning_rates is not a known key; did you mean learning_rate?"]


def test_an_unknown_key_like_no_other_lists_the_known_ones(write_params):
    write_params({"report.zzz": 1})
    assert problems() == ["params.yaml: report.zzz is not a known key; known are show_texts"]


def test_all_problems_are_listed_at_once_with_their_bounds(write_params):
    write_params({"finetuning.epochs": 10, "evaluation.gates.accuracy": 85, "model.sha256": "abc"})
    found = problems()
    assert len(found) == 3
    assert any("finetuning.epochs is 10: input should be less than 10" in each for each in found)
    assert any("evaluation.gates.accuracy is 85: input should be less than or equal to 1" in each for each in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"finetuning.seeds": [1, 1]}, "finetuning.seeds: 1 stands twice"),
        ({"validation.labels": ["a", "b", "a"]}, "validation.labels: a stands twice"),
        ({"validation.characters.minimum": 10**6}, "is above maximum"),
        ({"validation.split.test": 0.9}, "more than 0.9"),
        ({"finetuning.processes": 3}, "batch_size 32 cannot be shared equally by 3 processes: set it to 33, or"),
        ({"validation.labels": [True, False]}, "put it in quotation marks"),
        ({"finetuning.method": "adapter"}, "finetuning.method is 'adapter': input should be 'full', 'lora' or 'head'"),
    ],
)
def test_values_that_contradict_each_other_are_refused(write_params, change, said):
    write_params(change)
    assert said in problems()[0]


def test_a_missing_key_is_named(write_params):
    write_params({"tokenization": {}})
    assert problems()[0].startswith("params.yaml: tokenization.max_length is missing")


def test_a_number_in_yaml_1_2_notation_is_read_as_a_number(write_params):
    write_params({"finetuning.learning_rate": "1e-05"})
    assert params.load().finetuning.learning_rate == 1e-5


def test_a_missing_file_says_where_to_stand():
    assert "params.yaml is missing" in problems()[0]


@pytest.mark.parametrize("text", ["a: [", "just words", ""])
def test_a_file_that_is_no_mapping_of_sections_is_refused(text):
    Path("params.yaml").write_text(text, encoding="utf-8")
    assert problems()


def test_the_committed_schema_follows_from_the_code():
    committed = (ROOT / "params.schema.json").read_text(encoding="utf-8")
    assert committed == params.schema(), "params.schema.json is stale: run `make schema`"


def test_the_first_line_of_params_points_editors_at_the_schema():
    first = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=params.schema.json"


def test_the_command_checks_the_file_and_writes_the_schema_on_demand(write_params):
    write_params({"finetuning.epochs": 10})
    with pytest.raises(UserError):
        params.main()
    params.main("schema")
    assert Path("params.schema.json").read_text(encoding="utf-8") == params.schema()
