"""Each file of study/techniques that defines a technique says what reports and cells must know of it."""

import pytest

from core.base.params import Section
from core.encoders.params import Model
from study.params import known_techniques
from study.techniques.technique import technique


@pytest.mark.parametrize("name", known_techniques())
def test_a_technique_has_a_name_of_its_own_and_says_what_it_reads(tiny_params, name):
    tiny_params()
    known = technique(name)
    titles = [technique(other).title for other in known_techniques()]
    assert known.title and known.description and titles.count(known.title) == 1
    assert all(isinstance(section, Section) for section in known.parameters())
    assert not known.gpu or any(isinstance(section, Model) for section in known.parameters())


def test_a_technique_that_does_not_exist_cannot_be_loaded():
    with pytest.raises(ModuleNotFoundError):
        technique("telepathy")
