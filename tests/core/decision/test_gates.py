"""What a gate of params.yaml may ask."""

import pytest

from core.base.errors import UserError
from tasks import params


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ({"metric": "accuracy"}, "name one bound"),
        ({"metric": "accuracy", "at_least": 0.8, "at_most": 0.9}, "name one bound"),
        ({"metric": "loss", "slice": {"seen": "no"}, "at_most": 0.5}, "of a slice, {column: value}, accuracy"),
        ({"metric": "accuracy", "of_class": "urgent", "at_least": 0.8}, "of_class goes with sensitivity"),
        ({"metric": "luck", "at_least": 0.8}, "metric is 'luck'"),
    ],
)
def test_a_gate_that_makes_no_sense_is_told_by_its_place(write_params, gate, said):
    write_params({"evaluation.gates": [{"metric": "loss", "at_most": 0.5}, gate]})
    with pytest.raises(UserError, match=r"evaluation\.gates\.1") as caught:
        params.load()
    assert said in str(caught.value)
