"""Texts as token ids: the original rows of every split, augmented copies with training alone."""

import sys
from typing import Any

import pandas as pd
from datasets import DatasetDict, disable_progress_bars

from core.base import params, paths, results
from core.base.errors import run
from core.base.files import replacing
from core.data import parquet, probe_sentences, validation_counts
from core.data.splits import HELD_OUT, SPLITS
from core.data.texts import sides
from core.data.tokenization_counts import TokenizationCounts
from core.encoders.checkpoint import hashes, load_tokenizer, locate, reads_types
from core.encoders.params import Model
from tasks.tokenization import architecture
from tasks.tokenization.dataset import counts, read_rows, tokenize, without_held_out
from tasks.tokenization.encoding import require_pairs
from tasks.tokenization.params import Tokenization
from tasks.tokenization.subwords import fragmentation, vocabulary


def domain_vocabulary(tokenizer: Any) -> pd.DataFrame:
    """Return the words of the original training rows, and how the tokenizer splits them."""
    rows = parquet.frame(paths.validated("train"))
    return vocabulary([text for side in sides(rows) for text in rows[side]], tokenizer)


def general_vocabulary(tokenizer: Any) -> pd.DataFrame:
    """Return the words of the everyday sentences, and how the tokenizer splits them."""
    return vocabulary(probe_sentences.read()["text"].tolist(), tokenizer)


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
    rows = {split: read_rows(split) for split in SPLITS}
    originals_and_copies = len(rows["train"])
    rows["train"] = without_held_out(rows["train"], [rows[split] for split in HELD_OUT])
    texts = len(sides(rows["train"]))
    if texts == 2:
        require_pairs(tokenizer, model.name)
    types = reads_types(folder)
    datasets = DatasetDict({split: tokenize(rows[split], labels, tokenizer, section, types) for split in SPLITS})
    domain, general = domain_vocabulary(tokenizer), general_vocabulary(tokenizer)
    report = TokenizationCounts(
        max_length=section.max_length,
        long=section.long,
        texts=texts,
        splits={split: counts(datasets[split]) for split in SPLITS},
        held_out_copies=originals_and_copies - len(rows["train"]),
        fragmentation=fragmentation(domain, general),
        model=hashes(folder),
    )
    disable_progress_bars()
    with replacing(paths.TOKENIZED) as partial:
        datasets.save_to_disk(partial)
    with replacing(paths.VOCABULARY) as partial:
        domain.to_parquet(partial, index=False)
    results.write(paths.TOKENIZATION_COUNTS, report)
    announce(report)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
