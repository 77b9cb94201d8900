"""Texts as token ids: the original rows of every split, augmented copies with training alone."""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pandas as pd
import pyarrow as pa
from datasets import DatasetDict, disable_progress_bars

from core.base import params, paths, results
from core.base.errors import run
from core.base.files import replacing
from core.base.progress import progress
from core.data import parquet, probe_sentences, validation_counts
from core.data.splits import HELD_OUT, SPLITS
from core.data.texts import sides
from core.data.tokenization_counts import TokenizationCounts
from core.encoders.checkpoint import hashes, load_tokenizer, locate, reads_types
from core.encoders.params import Model
from tasks.tokenization import architecture
from tasks.tokenization.dataset import Tokenizing, are_copies, counts, features, read_rows, text_keys, without, written
from tasks.tokenization.encoding import require_pairs
from tasks.tokenization.params import Tokenization
from tasks.tokenization.subwords import Words, fragmentation, vocabulary


def general_vocabulary(words: Words) -> pd.DataFrame:
    """Return the words of the everyday sentences, and how the tokenizer splits them."""
    return vocabulary(Counter(chain.from_iterable(words.each(probe_sentences.read()["text"].tolist()))))


def tokenize(folder: Path, by: Tokenizing) -> DatasetDict:
    """Return the splits tokenized, which lie in a folder; `by` has seen the words of the original training rows."""
    disable_progress_bars()
    files = [*map(paths.validated, SPLITS), paths.AUGMENTED]
    held_out = text_keys(HELD_OUT)
    with progress("tokenization", sum(map(parquet.rows, files))) as advance:

        def tokens(split: str) -> Iterator[pa.Table]:
            for rows in read_rows(split):
                yield by.tokenize(without(rows, held_out), count_words=split == "train" and not are_copies(rows))
                advance(len(rows))

        return DatasetDict({split: written(folder / f"{split}.arrow", tokens(split), by.columns) for split in SPLITS})


def announce(report: TokenizationCounts) -> None:
    """Print how many rows each split has, and how many are cut or how many windows they have, and what was dropped."""
    if report.held_out_copies:
        print(f"{report.held_out_copies} augmented copies dropped: they say what a validation or test row says")
    for split, of_split in report.splits.items():
        read = f"{of_split.windows} windows of" if report.long == "chunks" else f"{of_split.truncated} cut to"
        print(f"{split}: {of_split.rows} rows, {read} {report.max_length} tokens")


def main() -> None:
    model, section = params.load(Model), params.load(Tokenization)
    folder = locate(model)
    tokenizer = load_tokenizer(folder)
    architecture.require(folder, model.name, tokenizer, section.max_length)
    labels = validation_counts.read().labels
    names = parquet.schema(paths.validated("train")).names
    if len(sides(names)) == 2:
        require_pairs(tokenizer, model.name)
    columns = features(names, labels, section, reads_types(folder))
    by = Tokenizing(tokenizer, section, columns)
    with replacing(paths.TOKENIZED) as partial:
        datasets = tokenize(partial.parent, by)
        datasets.save_to_disk(partial)
        splits = {split: counts(datasets[split]) for split in SPLITS}
    domain, general = vocabulary(by.seen), general_vocabulary(by.words)
    report = TokenizationCounts(
        max_length=section.max_length,
        long=section.long,
        texts=len(sides(names)),
        splits=splits,
        held_out_copies=parquet.rows(paths.validated("train")) + parquet.rows(paths.AUGMENTED) - splits["train"].rows,
        fragmentation=fragmentation(domain, general),
        model=hashes(folder),
    )
    with replacing(paths.VOCABULARY) as partial:
        domain.to_parquet(partial, index=False)
    results.write(paths.TOKENIZATION_COUNTS, report)
    announce(report)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
