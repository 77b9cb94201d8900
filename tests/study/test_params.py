"""What the section `study` refuses, and how it says so."""

import pytest

from core.base import params
from core.base.errors import UserError
from study.params import Study, known_techniques


def test_the_techniques_are_the_files_of_their_folder(write_params):
    write_params({})
    assert set(params.load(Study).techniques) <= set(known_techniques())
    assert "technique" not in known_techniques() and "tf_idf" in known_techniques()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"study.techniques": ["tfidf"]},
            "study.techniques.0 is 'tfidf': no technique of study/techniques: name one of",
        ),
        ({"study.techniques": ["tf_idf", "tf_idf"]}, "tf_idf stands twice"),
        ({"study.sizes": {"per_class": [], "shares": []}}, "sizes names no size"),
        ({"study.sizes": {"per_class": [0], "shares": []}}, "study.sizes.per_class.0 is 0"),
        ({"study.sizes": {"per_class": [8], "shares": [1.5]}}, "study.sizes.shares.0 is 1.5"),
        ({"study.largest": {"nothing": 8}}, "no technique of study/techniques"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(write_params, changes, problem):
    write_params(changes)
    with pytest.raises(UserError) as error:
        params.load(Study)
    assert problem in str(error.value)
