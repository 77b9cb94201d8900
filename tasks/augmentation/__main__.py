"""Augmented copies of training rows: the same note in other words, under the same label.

The operators know English: of texts in another language there are none.
"""

import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.base import params, paths
from core.base.errors import run
from core.base.files import replacing
from core.base.progress import progress
from core.data import parquet
from core.data.texts import sides
from tasks.augmentation.lexicon import read_lexicon
from tasks.augmentation.operators import LEAST_ENGLISH, OPERATORS, Lexicon, english_share
from tasks.augmentation.params import Augmentation

Row = Mapping[str, str | None]


def augmented_copies(row: Row, section: Augmentation, lexicon: Lexicon) -> Iterator[Row]:
    """Yield the row's augmented copies, at most one by each operator, which name their parent and their operator.

    Of a pair each text goes through the operator, and one at least comes out another.
    """
    chances, texts = section.chances, {side: str(row[side]) for side in sides(row)}
    for name, operator in OPERATORS.items():
        # Seeded by the row itself, so that another row added or deleted changes nothing here.
        generator = random.Random(hashlib.sha256(json.dumps([section.seed, row["row_id"], name]).encode()).digest())
        if generator.random() >= chances[name]:
            continue
        reworded = {side: operator(text, generator, lexicon) for side, text in texts.items()}
        if reworded != texts:
            yield {**row, **reworded, "row_id": f"{row['row_id']}+{name}", "parent": row["row_id"], "operator": name}


def with_origin(schema: pa.Schema) -> pa.Schema:
    """Return the columns of copies: those of training rows that models read, then parent and operator."""
    text = schema.field("row_id").type
    read = [schema.field(name) for name in ("row_id", *sides(schema.names), "label", "group")]
    return pa.schema([*read, pa.field("parent", text), pa.field("operator", text)])


def share_of_english(path: Path) -> float:
    """Return which share of the words of a file's texts is among those by which the operators know English."""
    return english_share(
        text for rows in parquet.batches(path) for side in sides(rows.column_names) for text in rows[side].to_pylist()
    )


def write_copies(file: Path, section: Augmentation, lexicon: Lexicon) -> Counter[str]:
    """Write the training rows' augmented copies; return how many each operator made."""
    copies_by_operator: Counter[str] = Counter()
    path = paths.validated("train")
    schema = with_origin(parquet.schema(path))
    with progress("augmentation", parquet.rows(path)) as advance, pq.ParquetWriter(file, schema) as writer:
        for rows in parquet.batches(path):
            read = rows.select([name for name in schema.names if name in rows.column_names])
            copies = [copy for row in read.to_pylist() for copy in augmented_copies(row, section, lexicon)]
            writer.write_table(pa.Table.from_pylist(copies, schema=schema))
            copies_by_operator.update(str(copy["operator"]) for copy in copies)
            advance(len(rows))
    return copies_by_operator


def main() -> None:
    section = params.load(Augmentation)
    lexicon = read_lexicon(paths.LEXICON)
    train = paths.validated("train")
    share = share_of_english(train)
    english = share >= LEAST_ENGLISH
    asked = section if english else section.model_copy(update=dict.fromkeys(OPERATORS, 0.0))
    with replacing(paths.AUGMENTED.parent) as folder:
        folder.mkdir()
        copies_by_operator = write_copies(folder / paths.AUGMENTED.name, asked, lexicon)
    counts = ", ".join(f"{name} {copies_by_operator[name]}" for name in OPERATORS)
    print(f"{copies_by_operator.total()} augmented copies of {parquet.rows(train)} training rows: {counts}")
    if not english and any(section.chances.values()):
        print(
            f"augmentation is off: its operators know English, and {share:.1%} of these words are among those by which "
            f"they know it (of English at least {LEAST_ENGLISH:.1%}); in another language they would miss negations"
        )


if __name__ == "__main__":
    run(main, *sys.argv[1:])
