"""What looks private in the texts, counted by split before anything is pushed or published: `make privacy`.

Counts and row_ids go to reports/privacy.json, never a text. It ends with 1 where something was found that nobody has
looked at yet: `python -m tasks.privacy --accept` says that somebody has. Every file of texts that DVC would push is
looked through: the splits' and the quarantine's, and all columns of what .dvc files track.
"""

import argparse
import functools
import sys
from collections.abc import Callable, Iterator

import pandas as pd
from tqdm import tqdm

from core.base import paths, results
from core.base.errors import UserError, run
from core.base.files import sha256
from core.base.messages import listed
from tasks.privacy.findings import Findings, Rows, TableFindings, earlier
from tasks.privacy.installed import MISSING, is_installed
from tasks.privacy.tables import Table, pushed

SHOWN = 20  # row_ids of a kind

Kinds = Callable[[str], set[str]]


def looked_through(table: Table, kinds: Kinds, persons: Kinds) -> TableFindings:
    """Return what the rows of a table hold: `kinds` look at all columns of words, `persons` at the texts alone."""
    found: dict[str, list[str]] = {}
    rows = zip(table.rows.index, table.rows.to_dict("records"), strict=True)
    for row_id, row in tqdm(rows, desc=table.name, total=len(table.rows), unit="row", disable=None, leave=False):
        held: set[str] = set()
        for name, value in row.items():
            if pd.notna(value):
                held |= kinds(str(value)) | (persons(str(value)) if name in table.texts else set())
        for kind in held:
            found.setdefault(kind, []).append(row_id)
    by_kind = {kind: Rows(rows=len(ids), row_ids=ids[:SHOWN]) for kind, ids in sorted(found.items())}
    return TableFindings(sha256=sha256(table.path), rows=len(table.rows), found=by_kind)


def look() -> Findings:
    """Return what the tables hold. Raises UserError where one of them is missing."""
    from tasks.privacy import recognizers  # once it is known that its packages are there

    models = recognizers.models()

    @functools.cache  # labels, groups and the texts of more than one table come again
    def persons(text: str) -> set[str]:
        return {"name"} if any(recognizers.names_a_person(text, model) for model in models) else set()

    kinds = functools.cache(recognizers.signs())
    return Findings(
        found_by=recognizers.found_by(models),
        names=bool(models),
        tables={table.name: looked_through(table, kinds, persons) for table in pushed()},
        accepted=False,
    )


def told(findings: Findings) -> Iterator[str]:
    """Yield what was found, a line for each kind of each table."""
    for table, each in findings.tables.items():
        for kind, held in each.found.items():
            yield f"{table}: {kind} in {held.rows} of {each.rows} rows ({listed(held.row_ids, shown=3)})"


def main(*arguments: str) -> None:
    line = argparse.ArgumentParser(prog="python -m tasks.privacy", description=__doc__.splitlines()[0])
    line.add_argument("--accept", action="store_true", help="somebody has looked at these rows: they may be published")
    accept = line.parse_args(arguments).accept
    if not is_installed():
        raise UserError(MISSING)
    findings, before = look(), earlier()
    same = before is not None and before.model_copy(update={"accepted": False}) == findings
    findings = findings.model_copy(update={"accepted": accept or (same and before is not None and before.accepted)})
    results.write(paths.PRIVACY, findings)
    problems = list(told(findings))
    if problems and not findings.accepted:
        raise UserError(
            *problems,
            f"look at these rows in {paths.VALIDATED}, {paths.QUARANTINE} and the files named: mend {paths.RAW} and "
            "`dvc repro`, or where they may be published `python -m tasks.privacy --accept`",
        )
    print("\n".join(problems) or f"nothing looks private in {sum(each.rows for each in findings.tables.values())} rows")
    if not findings.names:
        print(
            "names were looked for behind titles and labels alone: `python -m spacy download en_core_web_sm` finds more"
        )


if __name__ == "__main__":
    run(main, *sys.argv[1:])
