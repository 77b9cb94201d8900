"""The rows of a split as later stages read them: a Dataset of token ids, labels and what slices are made by."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from datasets import ClassLabel, Dataset, Features, List, Value

from core.base import paths
from core.base.files import sha256
from core.data import parquet
from core.data.sameness import row_keys
from core.data.texts import CLUSTER, SLICE, sides
from core.data.tokenization_counts import TokenizedSplit
from tasks.tokenization.encoding import cut, whole
from tasks.tokenization.params import Tokenization
from tasks.tokenization.subwords import Word, Words


def read_rows(split: str) -> Iterator[pa.Table]:
    """Yield a split's usable rows, some at a time, in training followed by their augmented copies."""
    yield from parquet.batches(paths.validated(split))
    if split == "train":
        yield from parquet.batches(paths.AUGMENTED)


def are_copies(rows: pa.Table) -> bool:
    """Return whether rows are augmented copies."""
    return "parent" in rows.column_names


def text_keys(splits: Sequence[str]) -> set[str]:
    """Return by what the texts of all rows of splits are the same as others."""
    return {key for split in splits for rows in read_rows(split) for key in row_keys(rows.to_pandas())}


def without(rows: pa.Table, held_out: set[str]) -> pa.Table:
    """Return rows without the augmented copies whose text is the same as a held-out one."""
    return rows.filter(pa.array(~row_keys(rows.to_pandas()).isin(held_out))) if are_copies(rows) else rows


def features(columns: Iterable[str], labels: Sequence[str], section: Tokenization, types: bool = False) -> Features:
    """Return the columns of tokenized rows, those of validation.cluster and validation.slices among them.

    `types` says whether the network reads token_type_ids, which tell the texts of a pair apart.
    """
    text, names = Value("string"), list(columns)
    found = {"row_id": text, "parent": text, "group": text, "labels": ClassLabel(names=list(labels))}
    found |= {"input_ids": List(Value("int32"))}
    found |= {"token_type_ids": List(Value("int8"))} if types and len(sides(names)) == 2 else {}
    found |= {"windows": List(Value("int32"))} if section.long == "chunks" else {}
    found |= {"truncated": Value("bool"), "length": Value("int32"), "broken_words": Value("int32")}
    return Features(found | {name: text for name in names if name == CLUSTER or name.startswith(SLICE)})


class Tokenizing:
    """How rows become token ids; `seen` counts words on the way."""

    def __init__(self, tokenizer: Any, section: Tokenization, columns: Features) -> None:
        self.words, self.section, self.columns = Words(tokenizer), section, columns
        self.seen: Counter[Word] = Counter()

    def tokenize(self, rows: pa.Table, count_words: bool = False) -> pa.Table:
        """Return each row with its token ids, class id, group, and its parent where it is an augmented copy.

        `broken_words` counts the words that are split into subwords, in the whole text, of a pair in both. Augmented
        copies have no cluster and no slices.
        """
        schema = self.columns.arrow_schema
        made = {name: pa.array(values, schema.field(name).type) for name, values in self._tokens(rows, count_words)}
        names = pa.array(self.columns["labels"].names)
        made["labels"] = pc.index_in(rows["label"].cast(pa.string()), names).cast(pa.int64())
        passed = {name: rows[name].cast(pa.string()) for name in schema.names if name in rows.column_names}
        nothing = pa.nulls(len(rows), pa.string())
        return pa.table([(made | passed).get(name, nothing) for name in schema.names], schema=schema)

    def _tokens(self, rows: pa.Table, count_words: bool) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yield the columns that the tokenizer makes, with their names."""
        texts = [rows[side].to_pylist() for side in sides(rows.column_names)]
        encodings = whole(texts, self.words.tokenizer)
        words_by_row = map(self.words.of, zip(*texts, strict=True), encodings)
        broken = []
        for words in words_by_row:
            broken.append(sum(len(word.subwords) > 1 for word in words))
            if count_words:
                self.seen.update(words)
        types = "token_type_ids" in self.columns
        encoded = cut(encodings, texts, self.words.tokenizer, self.section.max_length, self.section.long, types)
        yield from ((name, column) for name, column in encoded._asdict().items() if column is not None)
        yield "length", [len(ids) for ids in encoded.input_ids]
        yield "broken_words", broken


def written(file: Path, batches: Iterable[pa.Table], columns: Features) -> Dataset:
    """Write tokenized rows into an Arrow file, one batch after the other; return them as they lie on disk."""
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, columns.arrow_schema) as stream:
        for batch in batches:
            stream.write_table(batch)
    # A fingerprint of what they are: by default it would be one of when the file was written.
    return Dataset(Dataset.from_file(str(file)).data, fingerprint=sha256(file)[:16])


def counts(split: Dataset) -> TokenizedSplit:
    """Return how many rows a split has, how many of them are augmented copies or lost tokens, and how long they are."""
    column = split.data.column
    return TokenizedSplit(
        rows=len(split),
        synthetic=len(split) - column("parent").null_count,
        truncated=_total(column("truncated")),
        windows=_total(pc.list_value_length(column("windows"))) if "windows" in split.column_names else len(split),
        mean_tokens=round(_total(column("length")) / len(split), 1),
        longest=pc.max(column("length")).as_py(),
    )


def _total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py())
