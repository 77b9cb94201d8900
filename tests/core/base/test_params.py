"""A fault of params.yaml is told by where it is, which value, and what would be right."""

import pytest

from core.base import paths
from core.base.errors import UserError
from tasks import params


def problems() -> list[str]:
    with pytest.raises(UserError) as caught:
        params.load()
    return list(caught.value.problems)


def test_an_unknown_key_names_the_nearest_known_one(write_params):
    write_params({"finetuning.learning_rates": 1e-4})
    assert problems() == ["params.yaml: finetuning.learning_rates is not a known key; did you mean learning_rate?"]


def test_an_unknown_key_like_no_other_lists_the_known_ones(write_params):
    write_params({"report.zzz": 1})
    assert problems() == ["params.yaml: report.zzz is not a known key; known are show_texts"]


def test_all_problems_are_listed_at_once_with_their_bounds(write_params):
    write_params({"finetuning.epochs": 10, "evaluation.confidence": 95, "model.sha256": "abc"})
    found = problems()
    assert len(found) == 3
    assert any("finetuning.epochs is 10: input should be less than 10" in each for each in found)
    assert any("evaluation.confidence is 95: input should be less than 1" in each for each in found)


def test_a_count_that_no_machine_can_hold_is_refused(write_params):
    write_params({"finetuning.batch_size": 10**20, "finetuning.lora.alpha": 10**40})
    found = problems()
    assert len(found) == 2
    assert all(each.endswith("input should be less than 2147483648") for each in found)


def test_a_missing_key_is_named(write_params):
    write_params({"tokenization": {}})
    assert problems()[0].startswith("params.yaml: tokenization.max_length is missing")


def test_a_word_that_yaml_reads_as_something_else_wants_quotation_marks(write_params):
    write_params({"validation.labels": [True, False]})
    assert all("put it in quotation marks" in each for each in problems())


def test_an_empty_file_is_said_to_be_empty(write_params):
    write_params({})
    paths.PARAMS.write_text("")
    assert problems() == [
        "params.yaml is empty, or no sections with keys: `git checkout params.yaml` brings back the last one committed"
    ]


def test_an_empty_list_names_its_least_length(write_params):
    write_params({"finetuning.seeds": []})
    assert problems() == ["params.yaml: finetuning.seeds: list should have at least 1 item, not 0"]


@pytest.mark.parametrize("name", ["attention_dropout", "average_from"])
def test_a_value_that_may_be_left_out_says_how(write_params, name):
    write_params({f"finetuning.{name}": "none"})
    (problem,) = problems()
    assert f"finetuning.{name} is 'none': " in problem and problem.endswith(", or null")


def test_null_is_not_offered_where_it_is_refused(write_params):
    write_params({"finetuning.epochs": "none", "validation.labels": ["a", 1]})
    assert not [problem for problem in problems() if problem.endswith(", or null")]


def test_a_value_is_told_as_the_file_spells_it(write_params):
    write_params({"finetuning.class_weights": None, "tokenization.long": True})
    (long, weights) = sorted(problems(), reverse=True)
    assert "tokenization.long is true: " in long and "finetuning.class_weights is null: " in weights
