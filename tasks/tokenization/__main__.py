"""Texts as token ids: the original rows of every split, the synthetic ones with training alone."""

import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, disable_progress_bars

from core.base import params, paths
from core.base.errors import UserError, run
from core.base.files import read_json, replacing, write_json
from core.data import parquet, probe_sentences
from core.data.splits import SPLITS
from core.data.texts import SLICE, head, sides
from core.encoders.checkpoint import hashes, load_tokenizer, locate, reads_types
from core.encoders.params import Model
from tasks.tokenization import architecture, subwords
from tasks.tokenization.params import Tokenization
from tasks.tokenization.subwords import broken_words

Columns = dict[str, list[Any]]


def encode(
    texts: Sequence[list[str]], tokenizer: Any, max_length: int, long: str = "truncate", types: bool = False
) -> Columns:
    """Return, by column, each row's token ids, whether it was cut, and with chunks its windows' lengths.

    `texts` are those of all rows, or for pairs the first ones and the second ones: of two the longer is cut first.
    `long` says what becomes of more than `max_length` tokens; `types` adds token_type_ids, which tell two texts apart.
    """
    if long == "head_tail":
        return _without_middle(tokenizer(*texts, verbose=False)["input_ids"], max_length)
    # In parallel, as it is given them at once.
    encoded = tokenizer(*texts, truncation="longest_first", max_length=max_length, return_token_type_ids=types)
    if long == "chunks":
        return _in_windows(encoded.encodings)
    columns = {name: encoded[name] for name in ("input_ids", "token_type_ids") if name in encoded}
    return columns | {"truncated": [bool(encoding.overflowing) for encoding in encoded.encodings]}


def _without_middle(input_ids: Sequence[list[int]], max_length: int) -> Columns:
    first = head(max_length)
    cut = [ids[:first] + ids[first - max_length :] if len(ids) > max_length else ids for ids in input_ids]
    return {"input_ids": cut, "truncated": [len(ids) > max_length for ids in input_ids]}


def _in_windows(encodings: Sequence[Any]) -> Columns:
    windows = [[each.ids for each in [encoding, *encoding.overflowing]] for encoding in encodings]
    return {
        "input_ids": [[token for ids in row for token in ids] for row in windows],
        "windows": [[len(ids) for ids in row] for row in windows],
        "truncated": [False] * len(windows),
    }


def tokenize(
    rows: pd.DataFrame, labels: Sequence[str], tokenizer: Any, section: Tokenization, types: bool = False
) -> Dataset:
    """Return what later stages read of each row: see `features` below; parent is null where the row is original.

    Broken words are counted in the whole text, of a pair in both. Columns of validation.slices pass through. `types`
    says whether the network reads token_type_ids.
    """
    texts = [rows[side].tolist() for side in sides(rows)]
    read = encode(texts, tokenizer, section.max_length, section.long, types and len(texts) == 2)
    columns = {
        "row_id": rows["row_id"].tolist(),
        "parent": rows["parent"].tolist(),
        "group": rows["group"].tolist(),
        "labels": rows["label"].tolist(),
        **read,
        "length": [len(ids) for ids in read["input_ids"]],
        "broken_words": [sum(both) for both in zip(*(broken_words(each, tokenizer) for each in texts), strict=True)],
    }
    slices = [name for name in map(str, rows) if name.startswith(SLICE)]
    columns |= {name: rows[name].tolist() for name in slices}
    text = Value("string")
    features = {"row_id": text, "parent": text, "group": text, "labels": ClassLabel(names=list(labels))}
    features |= {"input_ids": List(Value("int32")), "length": Value("int32"), "truncated": Value("bool")}
    features |= {"token_type_ids": List(Value("int8"))} if "token_type_ids" in read else {}
    features |= {"windows": List(Value("int32"))} if "windows" in read else {}
    features |= {"broken_words": Value("int32")} | dict.fromkeys(slices, text)
    return Dataset.from_dict(columns, features=Features(features))


def require_pairs(tokenizer: Any, name: str) -> None:
    """Raise UserError where a tokenizer puts nothing between two texts, which would run into each other."""
    if tokenizer.num_special_tokens_to_add(pair=True) <= tokenizer.num_special_tokens_to_add(pair=False):
        raise UserError(
            f"validation.text names two columns, and the tokenizer of {name} puts nothing between two texts: name "
            "another model, or one column that holds both"
        )


def read_rows(split: str) -> pd.DataFrame:
    """Return a split's usable rows, in training followed by the synthetic ones."""
    rows = parquet.frame(paths.validated(split)).assign(parent=None)
    if split == "train":
        rows = pd.concat([rows, parquet.frame(paths.AUGMENTED)], ignore_index=True)
    return rows.astype(object).where(rows.notna(), None)  # a missing group is null, not the text "nan"


def counts(split: Dataset) -> dict[str, float]:
    """Return a split's rows, synthetic rows, rows that lost tokens, windows, and mean and longest length in tokens."""
    lengths = split["length"]
    return {
        "rows": len(split),
        "synthetic": sum(parent is not None for parent in split["parent"]),
        "truncated": sum(split["truncated"]),
        "windows": sum(map(len, split["windows"])) if "windows" in split.column_names else len(split),
        "mean_tokens": round(sum(lengths) / len(lengths), 1),
        "longest": max(lengths),
    }


def vocabularies(tokenizer: Any) -> dict[str, pd.DataFrame]:
    """Return the words of the domain, which are those of the original training rows, and of the general probe."""
    training = parquet.frame(paths.validated("train"))
    texts = {
        "domain": [text for side in sides(training) for text in training[side]],
        "general": probe_sentences.read()["text"].tolist(),
    }
    return {side: subwords.vocabulary(each, tokenizer) for side, each in texts.items()}


def fragmented(known: dict[str, pd.DataFrame]) -> dict[str, dict[str, float]]:
    """Return how each side's words are broken up, and what share of the domain's the general side has too."""
    sides = {side: subwords.counts(words) for side, words in known.items()}
    return sides | {"overlap": subwords.overlap(known["domain"], known["general"])}


def main() -> None:
    model, section = params.load(Model), params.load(Tokenization)
    max_length = section.max_length
    folder = locate(model)
    tokenizer = load_tokenizer(folder)
    architecture.require(folder, model.name, tokenizer, max_length)
    labels = read_json(paths.VALIDATION_COUNTS)["labels"]
    rows = {split: read_rows(split) for split in SPLITS}
    if len(sides(rows["train"])) == 2:
        require_pairs(tokenizer, model.name)
    types = reads_types(folder)
    splits = {split: tokenize(rows[split], labels, tokenizer, section, types) for split in SPLITS}
    disable_progress_bars()
    with replacing(paths.TOKENIZED) as partial:
        DatasetDict(splits).save_to_disk(partial)
    report = {split: counts(rows) for split, rows in splits.items()}
    known = vocabularies(tokenizer)
    with replacing(paths.VOCABULARY) as partial:
        known["domain"].to_parquet(partial, index=False)
    said = {"max_length": max_length, "long": section.long, "texts": len(sides(rows["train"]))}
    write_json(
        paths.TOKENIZATION_COUNTS,
        said | {"splits": report, "fragmentation": fragmented(known), "model": hashes(folder)},
    )
    for split, count in report.items():
        read = f"{count['windows']} windows of" if said["long"] == "chunks" else f"{count['truncated']} cut to"
        print(f"{split}: {count['rows']} rows, {read} {max_length} tokens")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
