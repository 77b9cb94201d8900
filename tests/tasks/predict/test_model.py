"""Texts are read a part at a time, and a part ends where a batch would."""

import pytest

from core.encoders import inference
from tasks.predict.model import whole_batches


@pytest.mark.parametrize("at_a_time", [1, 40, 10_000])
def test_a_part_of_the_texts_makes_the_batches_that_all_of_them_make(at_a_time):
    lengths = [(7 * row) % 23 + 1 for row in range(200)]
    rest = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    expected = []
    while rest:
        expected.append(inference.next_batch(rest, lengths, 32))
        rest = rest[len(expected[-1]) :]
    found = []
    for part in whole_batches(lengths, 32, at_a_time):
        assert part == sorted(part, key=lambda row: -lengths[row])
        while part:
            found.append(inference.next_batch(part, lengths, 32))
            part = part[len(found[-1]) :]
    assert found == expected
