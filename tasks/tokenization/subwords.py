"""How a tokenizer breaks texts up: the pieces of each word, and which words it knows whole.

A word is what the tokenizer separates before it looks for pieces, if it holds a letter; its case is ignored.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import pandas as pd


class Word(NamedTuple):
    text: str
    pieces: tuple[str, ...]
    unknown: bool  # whether a piece is


def words(texts: Sequence[str], tokenizer: Any) -> Iterator[list[Word]]:
    """Yield each text's words with their pieces, in the order of the text."""
    # Not verbose: it would warn of texts too long for the model, which does not get these.
    encodings = tokenizer(list(texts), add_special_tokens=False, verbose=False).encodings
    for text, encoding in zip(texts, encodings, strict=True):
        parts = zip(encoding.word_ids, encoding.offsets, encoding.tokens, encoding.ids, strict=True)
        found = [_word(text, list(pieces), tokenizer) for _, pieces in groupby(parts, key=lambda part: part[0])]
        yield [word for word in found if any(map(str.isalpha, word.text))]


def _word(text: str, pieces: Sequence[tuple[int, tuple[int, int], str, int]], tokenizer: Any) -> Word:
    _, offsets, tokens, ids = zip(*pieces, strict=True)
    start, end = offsets[0][0], offsets[-1][1]
    return Word(text[start:end].strip().lower(), tokens, tokenizer.unk_token_id in ids)


def broken_words(texts: Sequence[str], tokenizer: Any) -> list[int]:
    """Return how many words of each text the tokenizer splits into two or more pieces."""
    return [sum(len(word.pieces) > 1 for word in found) for found in words(texts, tokenizer)]


def vocabulary(texts: Sequence[str], tokenizer: Any) -> pd.DataFrame:
    """Return one row for each different word and way to split it, the most frequent first.

    The columns: word, pieces (joined by spaces), split (their number), unknown (whether a piece is), occurrences.
    """
    counted = Counter(word for found in words(texts, tokenizer) for word in found)
    rows = [
        (word.text, " ".join(word.pieces), len(word.pieces), word.unknown, occurrences)
        for word, occurrences in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
    return pd.DataFrame(rows, columns=["word", "pieces", "split", "unknown", "occurrences"])


def counts(vocabulary: pd.DataFrame) -> dict[str, float]:
    """Return the words, the different words, the pieces per word, and shares of words in [0, 1]."""
    times = vocabulary["occurrences"]
    total = max(int(times.sum()), 1)
    broken = vocabulary["split"] > 1
    return {
        "words": int(times.sum()),
        "different_words": int(vocabulary["word"].nunique()),
        "pieces_per_word": round(float((vocabulary["split"] * times).sum() / total), 4),
        "broken": round(float(times[broken].sum() / total), 4),
        "broken_different": round(vocabulary["word"][broken].nunique() / max(vocabulary["word"].nunique(), 1), 4),
        "unknown": round(float(times[vocabulary["unknown"]].sum() / total), 4),
    }


def overlap(domain: pd.DataFrame, general: pd.DataFrame) -> dict[str, float]:
    """Return the share of the domain's different words, and of all its words, that occur in the general texts."""
    shared = domain["word"].isin(set(general["word"]))
    return {
        "different_words": round(domain["word"][shared].nunique() / max(domain["word"].nunique(), 1), 4),
        "words": round(float(domain["occurrences"][shared].sum() / max(domain["occurrences"].sum(), 1)), 4),
    }
