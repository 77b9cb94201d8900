"""Synthetic twins of training rows: the same note in other words, under the same label."""

import csv
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core import params, parquet
from core.errors import UserError, run
from core.files import replacing
from core.operators import TERM, Lexicon, abbreviation, dropout, is_negation, is_number, swap, typo
from core.texts import sides

TRAIN = Path("data/validated/train.parquet")
LEXICON = Path("data/lexicon.csv")
AUGMENTED = Path("data/augmented")
HEADER = "abbreviation,expansion"

Operator = Callable[[str, random.Random], str]
Row = dict[str, Any]


def twins(row: Row, operators: Mapping[str, Operator], chances: Mapping[str, float], seed: int) -> Iterator[Row]:
    """Yield the row's synthetic twins, at most one per operator, each with its parent and its operator.

    Of a pair each text goes through the operator, and one at least comes out another.
    """
    for name, operator in operators.items():
        # Seeded by the row itself, so that another row added or deleted changes nothing here.
        generator = random.Random(hashlib.sha256(json.dumps([seed, row["row_id"], name]).encode()).digest())
        if generator.random() >= chances[name]:
            continue
        texts = {side: operator(row[side], generator) for side in sides(row)}
        if any(text != row[side] for side, text in texts.items()):
            yield {**row, **texts, "row_id": f"{row['row_id']}+{name}", "parent": row["row_id"], "operator": name}


def operators(lexicon: Lexicon) -> dict[str, Operator]:
    """Return every operator under its name in params.yaml."""
    return {"abbreviation": lambda text, _: abbreviation(text, lexicon), "dropout": dropout, "swap": swap, "typo": typo}


def read_lexicon(path: Path) -> Lexicon:
    """Return the lexicon in both directions. Raises UserError with every problem of the file at once."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise UserError(f"{path} is missing: `git checkout {path}`, or write one with the columns {HEADER}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 ({error}): save it as UTF-8") from None
    header, *pairs = list(csv.reader(lines)) or [[]]
    if ",".join(header) != HEADER:
        raise UserError(f"{path}, line 1: the columns are {','.join(header)!r}: make them {HEADER}")
    entries = [(line, pair) for line, pair in enumerate(pairs, start=2) if pair]
    problems = [f"{path}, line {line}: {problem}" for line, problem in _problems(entries)]
    if problems:
        raise UserError(*problems)
    return {term.lower(): other for _, (short, long) in entries for term, other in ((short, long), (long, short))}


def main() -> None:
    chosen = params.load().augmentation
    chances = chosen.model_dump(exclude={"seed"})
    lexicon = read_lexicon(LEXICON)
    second = sides(parquet.table(TRAIN).column_names)[1:]
    train = parquet.table(TRAIN, ["row_id", "text", *second, "label", "group"])
    known = operators(lexicon)
    rows = [twin for row in train.to_pylist() for twin in twins(row, known, chances, chosen.seed)]
    text = train.schema.field("row_id").type
    schema = pa.schema([*train.schema, pa.field("parent", text), pa.field("operator", text)])
    with replacing(AUGMENTED) as partial:
        partial.mkdir()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), partial / "train.parquet")
    counts = Counter(row["operator"] for row in rows)
    listed = ", ".join(f"{name} {counts[name]}" for name in known)
    print(f"{len(rows)} synthetic rows from {len(train)} training rows: {listed}")


def _problems(entries: Sequence[tuple[int, list[str]]]) -> Iterator[tuple[int, str]]:
    lines: dict[str, int] = {}
    for line, pair in entries:
        if len(pair) != 2:
            yield line, f"{','.join(pair)!r} has {len(pair)} values: write an abbreviation and its expansion"
            continue
        for term in pair:
            if not TERM.fullmatch(term):
                yield line, f"{term!r} is not words with one space between them: rewrite it"
            if any(is_negation(word) or is_number(word) for word in term.split()):
                yield line, f"{term!r} holds a negation or a number, which augmentation never touches: delete the line"
            if first := lines.get(term.lower()):
                yield line, f"{term!r} stands on line {first} already, so which one is meant is open: keep one of them"
            lines.setdefault(term.lower(), line)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
