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


def words(texts: Sequence[str], tokenizer: Any) -> Iterator[list[Word]]:
    """Yield each text's words with their pieces, in the order of the text."""
    for text, encoding in zip(texts, tokenizer(list(texts), add_special_tokens=False).encodings, strict=True):
        parts = zip(encoding.word_ids, encoding.tokens, encoding.offsets, strict=True)
        found = [list(pieces) for _, pieces in groupby(parts, key=lambda part: part[0])]
        spans = [text[pieces[0][2][0] : pieces[-1][2][1]].strip().lower() for pieces in found]
        yield [
            Word(span, tuple(token for _, token, _ in pieces))
            for span, pieces in zip(spans, found, strict=True)
            if any(map(str.isalpha, span))
        ]


def broken_words(texts: Sequence[str], tokenizer: Any) -> list[int]:
    """Return how many words of each text the tokenizer splits into two or more pieces."""
    return [sum(len(word.pieces) > 1 for word in found) for found in words(texts, tokenizer)]


def vocabulary(texts: Sequence[str], tokenizer: Any) -> pd.DataFrame:
    """Return one row for each different word and way to split it, the most frequent first.

    The columns: word, pieces (joined by spaces), split (their number), unknown (whether a piece is), occurrences.
    """
    counted = Counter(word for found in words(texts, tokenizer) for word in found)
    rows = [
        (word.text, " ".join(word.pieces), len(word.pieces), tokenizer.unk_token in word.pieces, occurrences)
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
