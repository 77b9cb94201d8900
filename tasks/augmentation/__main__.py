"""Synthetic twins of training rows: the same note in other words, under the same label."""

import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.base import params, paths
from core.base.errors import run
from core.base.files import replacing
from core.data import parquet
from core.data.texts import sides
from tasks.augmentation.lexicon import read_lexicon
from tasks.augmentation.operators import Lexicon, abbreviation, dropout, swap, typo
from tasks.augmentation.params import Augmentation

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


def main() -> None:
    section = params.load(Augmentation)
    chances = section.model_dump(exclude={"seed"})
    lexicon = read_lexicon(paths.LEXICON)
    second = sides(parquet.table(paths.validated("train")).column_names)[1:]
    train = parquet.table(paths.validated("train"), ["row_id", "text", *second, "label", "group"])
    known = operators(lexicon)
    rows = [twin for row in train.to_pylist() for twin in twins(row, known, chances, section.seed)]
    text = train.schema.field("row_id").type
    schema = pa.schema([*train.schema, pa.field("parent", text), pa.field("operator", text)])
    with replacing(paths.AUGMENTED.parent) as partial:
        partial.mkdir()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), partial / "train.parquet")
    counts = Counter(row["operator"] for row in rows)
    listed = ", ".join(f"{name} {counts[name]}" for name in known)
    print(f"{len(rows)} synthetic rows from {len(train)} training rows: {listed}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
