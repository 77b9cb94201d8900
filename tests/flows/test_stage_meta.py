"""docs/prefect.md has every key of `meta:` that the flow knows, in the words of the code."""

import re

import yaml

from flows.stage_meta import Meta
from tests.flows.conftest import ROOT

ROW = re.compile(r"^\| `(\w+)` \| `(.+?)` \| (.+) \|$", re.MULTILINE)


def test_the_table_of_keys_is_that_of_the_code_and_its_examples_are_values_that_they_can_have():
    section = (ROOT / "docs/prefect.md").read_text(encoding="utf-8").partition("`meta:`\n")[2]
    rows = [(key, " ".join(description.split())) for key, _, description in ROW.findall(section)]
    assert rows == [(name, " ".join(str(key.description).split())) for name, key in Meta.model_fields.items()]
    examples = {key: yaml.safe_load(example) for key, example, _ in ROW.findall(section)}
    assert Meta.model_validate(examples).model_fields_set == set(Meta.model_fields)
