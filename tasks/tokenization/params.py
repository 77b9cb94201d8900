"""What the section `tokenization` of params.yaml may say."""

from typing import Annotated, Literal

from pydantic import Field

from core.base.params import Section


class Tokenization(Section):
    max_length: Annotated[int, Field(ge=8)]
    long: Literal["truncate", "head_tail", "chunks"]
