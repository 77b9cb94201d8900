"""Numbers as the reports keep them."""

import math
from typing import Any


def rounded(value: Any) -> Any:
    """Return the value with every float rounded to 6 decimals: more are noise of the machine.

    NaN and infinities become None.
    """
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
