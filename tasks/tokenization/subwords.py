"""How a tokenizer splits texts: the subwords of each word, and which words it knows whole.

A word is what the tokenizer separates before it looks for subwords, if it holds a letter; its case is ignored.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import pandas as pd

from core.data.tokenization_counts import Fragmentation, Overlap, WordCounts


class Word(NamedTuple):
    text: str
    subwords: tuple[str, ...]
    unknown: bool  # whether a subword is


def words(texts: Sequence[str], tokenizer: Any) -> Iterator[list[Word]]:
    """Yield each text's words with their subwords, in the order of the text."""
    # Not verbose: it would warn of texts too long for the model, which does not get these.
    encodings = tokenizer(list(texts), add_special_tokens=False, verbose=False).encodings
    for text, encoding in zip(texts, encodings, strict=True):
        tokens = zip(encoding.word_ids, encoding.offsets, encoding.tokens, encoding.ids, strict=True)
        separated = [
            _word(text, list(subwords), tokenizer) for _, subwords in groupby(tokens, key=lambda token: token[0])
        ]
        yield [word for word in separated if any(map(str.isalpha, word.text))]


def _word(text: str, subwords: Sequence[tuple[int, tuple[int, int], str, int]], tokenizer: Any) -> Word:
    _, offsets, tokens, ids = zip(*subwords, strict=True)
    start, end = offsets[0][0], offsets[-1][1]
    return Word(text[start:end].strip().lower(), tokens, tokenizer.unk_token_id in ids)


def split_words(texts: Sequence[str], tokenizer: Any) -> list[int]:
    """Return how many words of each text the tokenizer splits into two or more subwords."""
    return [sum(len(word.subwords) > 1 for word in of_text) for of_text in words(texts, tokenizer)]


def vocabulary(texts: Sequence[str], tokenizer: Any) -> pd.DataFrame:
    """Return one row for each different word and way to split it, the most frequent first.

    The columns: word, pieces (its subwords, joined by spaces), split (their number), unknown (whether a subword is),
    occurrences.
    """
    occurrences_of = Counter(word for of_text in words(texts, tokenizer) for word in of_text)
    rows = [
        (word.text, " ".join(word.subwords), len(word.subwords), word.unknown, occurrences)
        for word, occurrences in sorted(occurrences_of.items(), key=lambda item: (-item[1], item[0]))
    ]
    return pd.DataFrame(rows, columns=["word", "pieces", "split", "unknown", "occurrences"])


def fragmentation(domain: pd.DataFrame, general: pd.DataFrame) -> Fragmentation:
    """Return how the words of two vocabularies are split, and what share of the domain's is among the general ones."""
    return Fragmentation(domain=counts(domain), general=counts(general), overlap=overlap(domain, general))


def counts(vocabulary: pd.DataFrame) -> WordCounts:
    """Return the running and the different words of a vocabulary, and the shares of them that are split or unknown."""
    occurrences = vocabulary["occurrences"]
    total = max(int(occurrences.sum()), 1)
    is_split = vocabulary["split"] > 1
    different = vocabulary["word"].nunique()
    return WordCounts(
        words=int(occurrences.sum()),
        different_words=int(different),
        pieces_per_word=round(float((vocabulary["split"] * occurrences).sum() / total), 4),
        broken=round(float(occurrences[is_split].sum() / total), 4),
        broken_different=round(vocabulary["word"][is_split].nunique() / max(different, 1), 4),
        unknown=round(float(occurrences[vocabulary["unknown"]].sum() / total), 4),
    )


def overlap(domain: pd.DataFrame, general: pd.DataFrame) -> Overlap:
    """Return the share of the domain's different words, and of all its words, that occur in the general texts."""
    shared = domain["word"].isin(set(general["word"]))
    return Overlap(
        different_words=round(domain["word"][shared].nunique() / max(domain["word"].nunique(), 1), 4),
        words=round(float(domain["occurrences"][shared].sum() / max(domain["occurrences"].sum(), 1)), 4),
    )
