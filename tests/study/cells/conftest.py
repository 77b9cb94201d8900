"""A project whose rows are tokenized, and the parameters of a small study."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks.tokenization.__main__ import main as tokenization

SMALL = {
    "study.sizes": {"per_class": [2], "shares": [0.5, 1.0]},
    "study.repetitions": {"few": 2, "many": 1, "all": 1},
    "study.techniques": ["tf_idf", "frozen_encoder"],
    "study.largest": {},
}


@pytest.fixture
def tokenized(validated: None, tiny_params: Callable[..., None], once: Callable[..., None]) -> Callable[..., None]:
    """Run `tokenization`; return what writes params.yaml, of a small study, with some values changed further."""

    def write(changes: dict[str, Any] | None = None) -> None:
        tiny_params(SMALL | (changes or {}))

    write()
    once(tokenization)
    write()
    return write
