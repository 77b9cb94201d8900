"""Numbers as the reports keep them."""

import math
from typing import Any, TypeVar

from core.base.results import Result

R = TypeVar("R", bound=Result)


def rounded(result: R) -> R:
    """Return the result with every float rounded to 6 decimals: more are noise of the machine.

    NaN and infinities become None.
    """
    return type(result).model_validate(_rounded(result.model_dump()))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
