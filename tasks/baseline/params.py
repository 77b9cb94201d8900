"""What the section `baseline` of params.yaml may say."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from core.base import paths
from core.base.params import Name, Positive, Section, Seed
from core.data.ladder import RUNG_NAMES


def named(name: str) -> str:
    """Return the name of a rung of your own. Raises ValueError where it is another's, a seed's, or no word."""
    if name in RUNG_NAMES or name.isdigit() or not re.fullmatch(r"\w[\w .-]*", name):
        raise ValueError(f"{name!r} cannot name a rung: use letters, and no name of {', '.join(RUNG_NAMES)}")
    return name


def at_hand(file: str) -> str:
    """Return the path of a table. Raises ValueError where it lies elsewhere than DVC looks for changes."""
    if not re.fullmatch(rf"{paths.EXTERNAL}/\w[\w .-]*", file):
        raise ValueError(f"move the file into {paths.EXTERNAL}/, where a change of it runs the baseline again")
    return file


class Baseline(Section):
    seed: Seed
    regularization: Annotated[list[Positive], Field(min_length=1)]
    external: dict[Annotated[Name, AfterValidator(named)], Annotated[Name, AfterValidator(at_hand)]]
