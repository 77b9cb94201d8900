"""The report while validation refuses the data: it says so, lest the last one speak for data that it has not seen."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.base import paths
from core.base.errors import UserError
from core.base.files import replacing


@contextmanager
def told_in_report() -> Iterator[None]:
    """Replace a report that stands there by a line, without any text of the data, where the block raises UserError."""
    try:
        yield
    except UserError as error:
        if paths.REPORT.is_file():
            with replacing(paths.REPORT) as partial:
                partial.write_text(_said(len(error.problems)), encoding="utf-8")
        raise


def _said(problems: int) -> str:
    return (
        "# Refused\n\n"
        f"`validation` found {problems} problem{'s' * (problems > 1)} in `{paths.RAW}`, so there is no result for "
        "these data. `dvc repro` names each of them, and writes the report once they are mended. "
        f"What was reported of other data: `git log -p {paths.REPORT}`.\n"
    )
