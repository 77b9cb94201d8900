"""params.yaml is checked as a whole before anything runs."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from core.base.errors import UserError
from tasks import params
from tests.conftest import OF_THE_SAMPLE, PARAMS

ROOT = Path(__file__).parents[2]


def test_the_committed_parameters_are_valid(write_params):
    write_params({})
    assert params.load().finetuning.epochs < 10


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"finetuning.seeds": [1, 1]}, "finetuning.seeds: 1 stands twice"),
        ({"validation.labels": ["a", "b", "a"]}, "validation.labels: a stands twice"),
        ({"validation.label": "text"}, "validation: text stands twice"),
        ({"validation.text": ["a", "a"]}, "validation: a stands twice"),
        ({"validation.text": ["a", "label"]}, "validation: label stands twice"),
        ({"validation.text": 5}, "validation.text is 5: name the column of the texts, or for sentence pairs two"),
        ({"validation.text": ["a"]}, "validation.text: name the column of the texts, or for sentence pairs two"),
        ({"validation.text": ["a", 1]}, "validation.text: name the column of the texts, or for sentence pairs two"),
        ({"validation.slices": ["label"]}, "validation: label stands twice"),
        ({"validation.cluster": "text"}, "validation: text stands twice"),
        ({"validation.cluster": "patient"}, "validation: patient stands twice"),
        ({"finetuning.seeds": 1}, "finetuning.seeds is 1: input should be a valid list; write [1]"),
        ({"validation.characters.minimum": 10**6}, "is above maximum"),
        ({"validation.split.test": 0.9}, "more than 0.9"),
        ({"finetuning.processes": 3}, "batch_size 32 cannot be shared equally by 3 processes: set it to 33, or"),
        (
            {"evaluation.gates": [{"metric": "sensitivity", "of_class": "urgnt", "at_least": 0.5}]},
            "evaluation.gates.0.of_class is 'urgnt', and validation.labels are 'routine', 'urgent': name one of these",
        ),
        (
            {"evaluation.gates": [{"metric": "accuracy", "slice": {"site": "a"}, "at_least": 0.5}]},
            "evaluation.gates.0.slice names the column 'site', which validation.slices does not: add it there",
        ),
        (
            {"evaluation.gates": [{"metric": "cost", "at_most": 1}]},
            "evaluation.gates.0 is about cost, and evaluation.cost is null",
        ),
        (
            {"evaluation.gates": [{"metric": "weighted_kappa", "at_least": 0.5}]},
            "evaluation.gates.0 is about weighted_kappa, which is measured where it is evaluation.primary alone",
        ),
        (
            {"evaluation.gates": [{"metric": "accuracy", "at_least": 90}]},
            "evaluation.gates.0 bounds accuracy by 90, and it is 1 at most: write 90% as 0.9",
        ),
        (
            {"evaluation.gates": [{"metric": "accuracy", "at_leats": 0.9}, {"sensitivity": 0.9}]},
            "evaluation.gates.0.at_leats is not a known key; did you mean at_least?; evaluation.gates.1.sensitivity is "
            "not a known key; known are metric, of_class, slice, at_least, at_most, as in {metric: sensitivity, at_",
        ),
        (
            {"evaluation.gates": {"sensitivity": 0.9}},
            "evaluation.gates is {'sensitivity': 0.9}: write a list of gates, such as [{metric: sensitivity, at_least:",
        ),
        (
            {"evaluation.gates": ["sensitivity >= 0.9"]},
            "evaluation.gates.0 is 'sensitivity >= 0.9': write a gate as {metric: sensitivity, at_least: 0.9}",
        ),
        ({"validation.rare": "drop"}, "validation.rare is 'drop': input should be 'stop', 'leave_out' or 'merge'"),
        (
            {"validation.rare": "merge", "evaluation.primary": "weighted_kappa"},
            "evaluation.primary is 'weighted_kappa', which needs an order, and a merged class has none",
        ),
        ({"finetuning.method": "adapter"}, "finetuning.method is 'adapter': input should be 'full', 'lora' or 'head'"),
    ],
)
def test_values_that_contradict_each_other_are_refused(write_params, change, said):
    write_params(change)
    with pytest.raises(UserError, match=re.escape(said)):
        params.load()


def nested(values, place=()):
    """Yield where the mappings of a file of parameters are, those in lists too."""
    if isinstance(values, dict):
        yield place
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        if isinstance(value, dict | list):
            yield from nested(value, (*place, key))


@pytest.mark.parametrize(
    "place",
    [*nested(YAML(typ="safe").load(PARAMS.read_text(encoding="utf-8")))],
    ids=lambda place: ".".join(map(str, place)),
)
def test_an_unknown_key_is_named_wherever_it_stands(place):
    values = mapping = YAML(typ="safe").load(PARAMS.read_text(encoding="utf-8"))
    for key in place:
        mapping = mapping[key]
    mapping["mistyped"] = 1
    with Path("params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(values, file)
    with pytest.raises(UserError, match="mistyped"):
        params.load()


def test_the_class_that_must_not_be_missed_may_be_the_merged_one(write_params):
    write_params({"validation.rare": "merge", "validation.merged": "rest", "evaluation.positive": "rest"})
    assert params.load().evaluation.positive == "rest"


@pytest.mark.parametrize("way", ["head_tail", "chunks"])
def test_pairs_know_truncation_alone(write_params, way):
    write_params({"tokenization.long": way, "validation.text": ["a", "b"]})
    with pytest.raises(UserError, match=f"params.yaml: tokenization.long is '{way}', which reads one text a row"):
        params.load()


def test_a_number_in_yaml_1_2_notation_is_read_as_a_number(write_params):
    write_params({"finetuning.learning_rate": "1e-05"})
    assert params.load().finetuning.learning_rate == 1e-5


def test_a_missing_file_says_where_to_stand():
    with pytest.raises(UserError, match="params.yaml is missing"):
        params.load()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "params.yaml line 2, column 1 is not valid YAML"),
        ("a: 1\na: 2", 'line 2, column 1 is not valid YAML: found duplicate key "a"'),
        ("just words", "no sections with keys"),
        ("", "no sections with keys"),
    ],
)
def test_a_file_that_is_no_mapping_of_sections_is_refused(text, said):
    Path("params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        params.load()


@OF_THE_SAMPLE
def test_the_first_line_of_params_points_editors_at_the_schema():
    first = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=params.schema.json"


def test_the_command_checks_the_file(write_params, capsys):
    write_params({"finetuning.epochs": 10})
    with pytest.raises(UserError):
        params.main()
    write_params({})
    params.main()
    assert capsys.readouterr().out == "params.yaml is valid\n"
