"""A seed's random numbers, a stream for each purpose: order, dropout, head, adapter."""

import numpy as np


def stream(seed: int, purpose: str, *numbers: int) -> int:
    """Return what seeds the generator of one purpose, and of an epoch or a process of it: 64 bits.

    NumPy's SeedSequence mixes all that it is given, so that streams of neighbouring seeds, of one seed's purposes and
    of neighbouring epochs share nothing: where one adds an epoch to a seed, the next seed repeats its epochs.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(int.from_bytes(purpose.encode()), *numbers))
    return int(sequence.generate_state(1, np.uint64)[0])
