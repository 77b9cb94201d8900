"""reports/privacy.json: how many rows hold what looks private, by table and kind; never what it is."""

from core.base import paths, results
from core.base.errors import UserError
from core.base.results import Result


class Rows(Result):
    """The rows of a table that hold something of one kind."""

    rows: int
    """How many there are; 1 or more."""
    row_ids: list[str]
    """The first 20 of them; of a file that no stage has written, its lines or rows."""


class TableFindings(Result):
    """What was looked through of one split, of the quarantine or of a file, and what was found."""

    sha256: str
    """SHA-256 of the file, in lower-case hexadecimal."""
    rows: int
    """Rows that were looked through; 0 or more."""
    found: dict[str, Rows]
    """Rows by the kind of what they hold, such as email; kinds that none holds are left out."""


class Findings(Result):
    """What looks private in the texts, and whether somebody has looked at it."""

    found_by: list[str]
    """The packages and language models that looked, with their versions."""
    names: bool
    """Whether a language model looked for names; else those behind a title or a label were found alone."""
    tables: dict[str, TableFindings]
    """What was found, by split, `quarantine`, or the path of a file under a .dvc file that DVC may push."""
    accepted: bool
    """Whether somebody has looked at these rows and said that they may be published."""


def earlier() -> Findings | None:
    """Return what the file holds; None where there is none, or none that can be read."""
    try:
        return results.read(paths.PRIVACY, Findings) if paths.PRIVACY.exists() else None
    except UserError:
        return None
