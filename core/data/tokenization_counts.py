"""reports/tokenization.json: how long the tokenized rows are, what of them is cut, and how words are split."""

from typing import Literal

from core.base import paths, results
from core.base.results import Result


class TokenizedSplit(Result):
    """The tokenized rows of one split."""

    rows: int
    """Rows, augmented copies among them; 1 or more."""
    synthetic: int
    """Augmented copies among them: of train alone, 0 in the others."""
    truncated: int
    """Rows that lost tokens, as they had more than `max_length`; 0 or more."""
    windows: int
    """Windows that the model reads: as many as rows, unless `long` is chunks."""
    mean_tokens: float
    """Mean length of a row in tokens, special ones among them, to one decimal."""
    longest: int
    """Length of the longest row in tokens, special ones among them."""


class WordCounts(Result):
    """How the tokenizer splits the words of some texts, case ignored. A word holds at least one letter."""

    words: int
    """Running words; 0 or more."""
    different_words: int
    """Different words; 0 or more."""
    pieces_per_word: float
    """Mean number of subwords of a running word; 1 where each is one subword."""
    broken: float
    """Share of the running words that are split into two subwords or more, in [0, 1]."""
    broken_different: float
    """Share of the different words that are split into two subwords or more, in [0, 1]."""
    unknown: float
    """Share of the running words with a subword that the tokenizer does not know, in [0, 1]."""


class Overlap(Result):
    """What share of the domain's words occurs in the general texts too."""

    different_words: float
    """Share of the domain's different words, in [0, 1]."""
    words: float
    """Share of the domain's running words, in [0, 1]."""


class Fragmentation(Result):
    """How the tokenizer splits the words of the domain, beside those of everyday sentences."""

    domain: WordCounts
    """The words of the original training rows."""
    general: WordCounts
    """The words of the everyday sentences in data/probe/probe.csv."""
    overlap: Overlap
    """What share of the domain's words is among the general ones."""


class TokenizationCounts(Result):
    """How long the tokenized rows are, what of them is cut, and how words are split into subwords."""

    max_length: int
    """Tokens that the model reads at once: `tokenization.max_length` of params.yaml."""
    long: Literal["truncate", "head_tail", "chunks"]
    """What becomes of longer texts: `tokenization.long` of params.yaml."""
    texts: int
    """Texts of a row: 1, or 2 of sentence pairs."""
    splits: dict[str, TokenizedSplit]
    """Counts by split: train, validation, test."""
    held_out_copies: int
    """Augmented copies that were dropped, as their text is the same as one of validation or test; 0 or more."""
    fragmentation: Fragmentation
    """How words are split into subwords, in the domain and in general."""
    model: dict[str, str]
    """SHA-256 of each file of the pretrained model that was read, by its name."""


def read() -> TokenizationCounts:
    """Return what reports/tokenization.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.TOKENIZATION_COUNTS, TokenizationCounts)
