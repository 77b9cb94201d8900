"""What the section `model` of params.yaml may say."""

from typing import Annotated

from pydantic import Field

from core.base.params import Name, Section


class Model(Section):
    name: Name
    revision: str | None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None
    package: Name | None
    pretrained_only: bool
