"""TF-IDF features of texts in any script: words and word pairs, and characters where a script puts no spaces."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from unicodedata import normalize

import pandas as pd
import regex
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from core.data.texts import sides

RUN = regex.compile(r"[\w\p{M}\p{N}]+")  # as scikit-learn's, and vowel signs, without which Hindi falls to pieces
UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Javanese}]"
)
LONGEST = 4  # characters of a term of a script without spaces: most words are no longer
WEIGHTS = 4_000_000  # of a linear model, features times classes: fitting takes 200 bytes for each


def terms(text: str) -> list[str]:
    """Return the words of two characters and more, in lower case, and their pairs, with repetitions.

    Where a script writes words without spaces, these are sequences of one to four characters; so they are of a text
    without words, such as "?" or "A".
    """
    text = normalize("NFC", text.lower())
    words: list[str] = []
    sequences: list[str] = []
    for run in RUN.findall(text):
        if UNSPACED.search(run):
            sequences += _sequences(run)
        elif len(run) > 1:
            words.append(run)
    if not words and not sequences:
        return list(_sequences("".join(text.split())))
    return [*words, *map(" ".join, pairwise(words)), *sequences]


def _sequences(run: str) -> Iterator[str]:
    for length in range(1, LONGEST + 1):
        yield from (run[start : start + length] for start in range(len(run) - length + 1))


def tf_idf(texts: dict[str, pd.DataFrame], classes: int) -> dict[str, Any]:
    """Return sparse TF-IDF features by split, fitted on training: each text of a pair has its own.

    There are as many as a linear model of the classes has memory for, the most frequent in training.
    """
    columns = sides(texts["train"])
    most = WEIGHTS // (classes * len(columns))
    by_side = []
    for side in columns:
        vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True, max_features=most).fit(texts["train"][side])
        by_side.append({split: vectorizer.transform(rows[side]) for split, rows in texts.items()})
    return {split: hstack([of_side[split] for of_side in by_side], format="csr") for split in texts}
