"""What a stage's `meta:` in dvc.yaml says to the flow. The table of docs/prefect.md has the same words."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Meta(BaseModel):
    """The keys of `meta:` that the flow knows, each with what it does there; other keys are for others."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    retries: Annotated[int, Field(ge=0)] = 0
    """tries the stage again this often when it has failed; only for what can fail by chance, such as a download"""

    retry_delay: Annotated[float, Field(ge=0)] = 0
    """waits this many seconds before it tries again"""

    timeout: Annotated[float, Field(gt=0)] | None = None
    """ends the stage after this many seconds, as cancelling does"""

    resource: str | None = None
    """holds one slot of the server's concurrency limit of this name while the stage runs"""

    progress: str | None = None
    """reads how far the stage is from lines that match this regular expression: two groups, how much is done, and of
    how much; without it, from the percentages of progress bars"""

    headline: tuple[str, ...] = ()
    """shows these of the stage's metrics as a table; without it, all of them"""

    tags: dict[str, tuple[str, ...]] = {}
    """gives the run these of the stage's metrics as tags, and as the first words of its last message; where a metric's
    values are named, from the worst to the best, a run that is worse than the one before has the tag `worse`"""

    markdown: tuple[str, ...] = ()
    """shows these files, with the figures that they name"""

    check: str | None = None
    """runs this command before the first stage that has to run, and ends the run with what it says where it fails"""

    @field_validator("progress")
    @classmethod
    def _has_two_groups(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern or "()()").groups
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        if groups != 2:
            raise ValueError(f"it has {groups} groups; write two: how much is done, of how much")
        return pattern
