"""Documents from templates: whole, or not at all."""

import pytest
from jinja2 import DictLoader, UndefinedError

from core.reporting import documents


def made(text: str, **known: object) -> str:
    return documents.rendered(documents.environment(DictLoader({"it": text})), "it", **known)


def test_an_indented_line_continues_the_one_above_and_empty_lines_become_one():
    assert made("One\n  and two.\n{% if x %}\n\n{% endif %}\n\n- a\n  b", x=1) == "One and two.\n\n- a b\n"


def test_a_block_of_code_stays_as_it_is():
    assert made("a\n\n```yaml\na:\n  b:  1\n\n\n  c: 2\n```\n  after") == (
        "a\n\n```yaml\na:\n  b:  1\n\n\n  c: 2\n``` after\n"
    )


@pytest.mark.parametrize("text", ["{{ nobody }}", "{{ x.nothing }}", "{% if nobody %}{% endif %}"])
def test_a_name_that_nobody_gives_stops_the_document(text):
    with pytest.raises(UndefinedError):
        made(text, x=1)


def test_a_value_that_is_none_stops_the_document():
    with pytest.raises(ValueError, match="None"):
        made("{{ x }}", x=None)


def test_numbers_and_text_of_the_data_have_the_forms_of_reports():
    assert made("{{ x | code }} {{ 0.5 | percent }} {{ 1234 | thousands }}", x="a|b") == "`a\\|b` 50.0% 1,234\n"
