"""What the text of a dvc.yaml says of a stage."""

import re

import pytest
import yaml

from flows import dvc_yaml


def test_yaml_is_read_as_dvc_reads_it():
    text = "a: 7e-05\nb: 506e667fa0bc9ce4\nc: '1e3'\nd: 12\n"
    assert yaml.load(text, dvc_yaml.Loader) == {"a": 7e-05, "b": "506e667fa0bc9ce4", "c": "1e3", "d": 12}


@pytest.mark.parametrize(
    ("name", "file", "in_file"),
    [
        ("one", "dvc.yaml", "one"),
        ("g@a-b", "dvc.yaml", "g"),
        ("g@s3://b/c", "dvc.yaml", "g"),
        ("../other/dvc.yaml:one", "../other/dvc.yaml", "one"),
        ("a@b/dvc.yaml:g@a:b", "a@b/dvc.yaml", "g"),
    ],
)
def test_the_name_of_a_stage_tells_its_file_and_what_it_is_called_there(name, file, in_file):
    assert (dvc_yaml.file_of(name), dvc_yaml.name_in_file(name)) == (file, in_file)


def test_outputs_are_named_with_their_options_whatever_kind_they_are_of():
    said = {"outs": ["a", {"b": {"cache": False}}], "metrics": [{"c.json": None}], "plots": ["d.svg"]}
    assert dvc_yaml.outputs(said) == {"a": {}, "b": {"cache": False}, "c.json": {}, "d.svg": {}}
    assert dvc_yaml.outputs({"cmd": "true"}) == {}


def test_files_of_variables_are_seen_from_the_project_each_beside_what_names_it(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below/dvc.yaml").write_text(
        "vars: [all.yaml:a, {b: 1}]\nstages: {g: {foreach: [1], do: {wdir: in, cmd: x, vars: [own.yaml]}}}\n"
    )
    assert dvc_yaml.variables(tmp_path, "below/dvc.yaml:g@1", "below/in") == ["below/all.yaml", "below/in/own.yaml"]


def test_a_pattern_is_of_what_dvc_fills_in_and_of_nothing_else():
    pattern = dvc_yaml.filled_in("in.d/${item.m}/x.csv")
    assert re.fullmatch(pattern, "in.d/a-b/x.csv")
    assert not re.fullmatch(pattern, "in-d/a-b/x.csv")
