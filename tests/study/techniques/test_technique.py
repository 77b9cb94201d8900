"""Each file of study/techniques that defines a technique says what reports and cells must know of it."""

from pathlib import Path

import pytest

from core.base.params import Section
from core.encoders.params import Model
from study.params import known_techniques
from study.techniques.technique import technique
from tests import models
from tests.conftest import ENCODER
from tests.study.techniques.material import few
from tests.tasks.finetuning.conftest import declare_weights


@pytest.mark.parametrize("name", known_techniques())
def test_a_technique_has_a_name_of_its_own_and_says_what_it_reads(tiny_params, name):
    tiny_params()
    known = technique(name)
    titles = [technique(other).title for other in known_techniques()]
    assert known.title and known.description and titles.count(known.title) == 1
    assert all(isinstance(section, Section) for section in known.parameters())
    assert not known.gpu or any(isinstance(section, Model) for section in known.parameters())


@pytest.mark.parametrize("family", ["bert", "albert"])  # packed, and padded
def test_cells_of_one_process_leave_each_other_as_they_would_be_alone(tiny_params, family):
    tiny_params()
    models.save(family, Path(ENCODER))
    declare_weights()
    given = few()
    order = ["finetuning", "contrastive", "frozen_encoder", "finetuning_augmented"]
    tables = [{name: technique(name).predict(given).tobytes() for name in names} for names in (order, order[::-1])]
    assert tables[0] == tables[1]


def test_a_technique_that_does_not_exist_cannot_be_loaded():
    with pytest.raises(ModuleNotFoundError):
        technique("telepathy")
