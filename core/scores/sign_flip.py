"""The sign-flip test: whether gains would be as large if each group had gained or lost by chance alone."""

import numpy as np

from core.decision.scoring import Table

FLIPS = 10_000
SEED = 0
EXACT = 14  # groups up to which every way to flip them is looked at
CELLS = 1_000_000  # drawn at a time, so that memory stays small


def p_value(gains: Table) -> float:
    """Return the two-sided p-value of no gain: how often the groups' gains sum as far from 0 with random signs.

    Exact where gains are whole numbers, as rows gained are, or groups are few; else of 10,000 flips, the one seen among
    them. Fisher, The Design of Experiments (1935), section 21; with one row a group, and a gain of 1 or -1, that is
    McNemar's exact test, Psychometrika 12 (1947).
    """
    whole = np.rint(gains)
    if np.allclose(gains, whole, rtol=0, atol=1e-6):
        return _of_whole(np.abs(whole[whole != 0]).astype(np.int64), abs(int(whole.sum())))
    changed = gains[gains != 0]
    if len(changed) <= EXACT:
        every = np.arange(2 ** len(changed))[:, None] >> np.arange(len(changed)) & 1
        return float(_as_far(every, changed).mean())
    generator, seen, step = np.random.default_rng(SEED), 0, max(CELLS // len(changed), 1)
    for start in range(0, FLIPS, step):
        size = min(step, FLIPS - start), -(-len(changed) // 8)
        drawn = np.unpackbits(generator.integers(256, size=size, dtype=np.uint8), axis=1, count=len(changed))
        seen += int(_as_far(drawn, changed).sum())
    return (seen + 1) / (FLIPS + 1)


def _as_far(flipped: np.ndarray, gains: Table) -> Table:
    """Return whether the gains, with the signs of those marked turned, sum as far from 0 as they are."""
    sums = gains.sum() - 2 * (flipped.astype(np.float64) @ gains)
    return np.asarray(np.abs(sums) >= abs(gains.sum()) * (1 - 1e-9))  # equal but for rounding is as far


def _of_whole(sizes: np.ndarray, total: int) -> float:
    """Return the chance that sizes with random signs sum as far from 0, by the chance of every sum."""
    chances = np.ones(1)  # from the lowest sum in steps of 2
    for size in sizes:
        chances = (np.pad(chances, (size, 0)) + np.pad(chances, (0, size))) / 2
    reach = len(chances) - 1
    return float(min(chances[np.abs(2 * np.arange(reach + 1) - reach) >= total].sum(), 1))
