"""Augmented copies of training rows: the same note in other words, under the same label.

The operators know English: of texts in another language there are none.
"""

import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from core.base import params, paths
from core.base.errors import run
from core.base.files import replacing
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


def read_training_rows() -> pa.Table:
    """Return the original training rows: row_id, text (and text_pair for pairs), label and group."""
    path = paths.validated("train")
    return parquet.table(path, ["row_id", *sides(parquet.table(path).column_names), "label", "group"])


def as_table(copies: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Return the copies with the columns of training rows, then parent and operator."""
    text = schema.field("row_id").type
    columns = pa.schema([*schema, pa.field("parent", text), pa.field("operator", text)])
    return pa.Table.from_pylist(list(copies), schema=columns)


def announce(copies: Sequence[Row], training_rows: int) -> None:
    """Print how many copies each operator made."""
    copies_by_operator = Counter(copy["operator"] for copy in copies)
    counts = ", ".join(f"{name} {copies_by_operator[name]}" for name in OPERATORS)
    print(f"{len(copies)} augmented copies of {training_rows} training rows: {counts}")


def main() -> None:
    section = params.load(Augmentation)
    lexicon = read_lexicon(paths.LEXICON)
    train = read_training_rows()
    rows = train.to_pylist()
    share = english_share(row[side] for row in rows for side in sides(row))
    english = share >= LEAST_ENGLISH
    copies = [copy for row in rows if english for copy in augmented_copies(row, section, lexicon)]
    with replacing(paths.AUGMENTED.parent) as folder:
        folder.mkdir()
        pq.write_table(as_table(copies, train.schema), folder / paths.AUGMENTED.name)
    announce(copies, len(train))
    if not english and any(section.chances.values()):
        print(
            f"augmentation is off: its operators know English, and {share:.1%} of these words are among those by which "
            f"they know it (of English at least {LEAST_ENGLISH:.1%}); in another language they would miss negations"
        )


if __name__ == "__main__":
    run(main, *sys.argv[1:])
