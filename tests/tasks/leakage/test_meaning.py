"""Twins by the encoder's states: the nearest of each split, as comparing all with all has it."""

import numpy as np
import pytest

from tasks.leakage.meaning import near_pairs


def states(dimensions: int, rows: int = 300) -> list[np.ndarray]:
    """Return the states of three splits around a common mean, some with a twin in another split."""
    generator = np.random.default_rng(dimensions)
    table = generator.normal(size=(rows, dimensions)) + 5
    table[-30:] = table[:30] + 0.1 * generator.normal(size=(30, dimensions))
    table[100:110] = table[110:120]
    return [part.astype(np.float32) for part in np.split(table, [200, 240])]


@pytest.mark.parametrize("dimensions", [16, 200])
def test_the_nearest_twin_in_each_split_is_found_as_by_comparing_all_with_all(dimensions):
    parts = states(dimensions)
    table = np.concatenate(parts).astype(np.float64) - parts[0].mean(0)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    cosines = table @ table.T - 2 * np.eye(len(table))
    bounds = [0, 200, 240, 300]
    due = {
        (row, start + int(cosines[row, start:stop].argmax()))
        for row in range(300)
        for start, stop in zip(bounds, bounds[1:], strict=False)
        if cosines[row, start:stop].max() >= 0.95
    }
    row, twin, cosine = near_pairs(parts, 0.95)
    assert set(zip(row.tolist(), twin.tolist(), strict=True)) == due and len(due) >= 80
    assert cosine == pytest.approx(cosines[row, twin], abs=1e-5)


def test_what_all_states_of_a_domain_share_makes_no_twins():
    generator = np.random.default_rng(0)
    parts = [generator.normal(size=(50, 32)).astype(np.float32) + 100 for _ in range(3)]
    raw = parts[0] / np.linalg.norm(parts[0], axis=1, keepdims=True)
    assert (raw @ raw.T).min() > 0.99
    assert len(near_pairs(parts, 0.95)[0]) == 0


def test_rows_that_are_all_alike_are_no_error():
    parts = [np.ones((4, 8), dtype=np.float32)] * 3
    assert len(near_pairs(parts, 0.95)[0]) == 0  # nothing of them differs from the mean, so that they have no direction
