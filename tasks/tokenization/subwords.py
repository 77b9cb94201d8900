"""How a tokenizer splits texts: the subwords of each word, and which words it knows whole.

A word is what the tokenizer separates before it looks for subwords, if it holds a letter; its case is ignored.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from core.data.tokenization_counts import Fragmentation, Overlap, WordCounts
from tasks.tokenization.encoding import whole


class Word(NamedTuple):
    text: str
    subwords: tuple[str, ...]
    unknown: bool  # whether a subword is


class Words:
    """The words of texts as a tokenizer splits them: each different one is looked at once."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer, self.unknown = tokenizer, tokenizer.unk_token_id
        self.known: dict[tuple[str, tuple[int, ...]], Word | None] = {}  # None: it holds no letter

    def each(self, texts: list[str]) -> Iterator[list[Word]]:
        """Yield the words of each text."""
        for text, encoding in zip(texts, whole([texts], self.tokenizer), strict=True):
            yield self.of([text], encoding)

    def of(self, texts: Sequence[str], encoding: Any) -> list[Word]:
        """Return the words of a text, or of both of a pair, in their order; `encoding` holds all its tokens."""
        ids, offsets, found = encoding.ids, encoding.offsets, []
        for start, end in _spans(encoding.word_ids):
            text = texts[0] if len(texts) == 1 else texts[encoding.token_to_sequence(start)]
            spelled = text[offsets[start][0] : offsets[end - 1][1]]
            key = (spelled, tuple(ids[start:end]))
            if key not in self.known:
                self.known[key] = self._word(spelled, encoding.tokens[start:end], key[1])
            word = self.known[key]
            if word is not None:
                found.append(word)
        return found

    def _word(self, spelled: str, subwords: list[str], ids: tuple[int, ...]) -> Word | None:
        text = spelled.strip().lower()
        return Word(text, tuple(subwords), self.unknown in ids) if any(map(str.isalpha, text)) else None


def _spans(word_ids: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """Yield where the tokens of each word begin and end: special tokens are of none, and stand between two texts."""
    start = 0
    for end in range(1, len(word_ids) + 1):
        if end == len(word_ids) or word_ids[end] != word_ids[start]:
            if word_ids[start] is not None:
                yield start, end
            start = end


def vocabulary(occurrences_of: Counter[Word]) -> pd.DataFrame:
    """Return one row for each different word and way to split it, the most frequent first.

    The columns: word, pieces (its subwords, joined by spaces), split (their number), unknown (whether a subword is),
    occurrences.
    """
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
