"""What the report shows of general language: the topic probe, and the words that the tokenizer splits most."""

from typing import NamedTuple

import pandas as pd

from core.reporting.markdown import code
from core.scores.forgetting import ForgettingScores

SHOWN = 10  # words


class TopicProbe(NamedTuple):
    """What templates/sections/topic_probe.md.j2 shows beside the scores themselves."""

    answer: str
    mean_cka: float
    needed: float  # the change in accuracy from which on an interval as wide as this one says "kept"


ANSWERS = {"kept": "kept", "not shown to be kept": "inconclusive", "lost": "lost"}


def topic_probe(scores: ForgettingScores) -> TopicProbe:
    """Return the answer of the topic probe in the report's words."""
    change, cka = scores.accuracy.difference, scores.cka.seeds
    needed = (change.high - change.low) / 2 - scores.margin
    return TopicProbe(ANSWERS[scores.verdict], sum(cka.values()) / len(cka), needed)


class SplitWord(NamedTuple):
    """A word of the domain that the tokenizer splits: a row of templates/sections/subwords.md.j2."""

    word: str
    subwords: str
    times: int


def split_words(vocabulary: pd.DataFrame | None) -> list[SplitWord]:
    """Return the words that cost most subwords; none where params.yaml does not let the report show words."""
    if vocabulary is None:
        return []
    cost = (vocabulary["split"] - 1) * vocabulary["occurrences"]
    most = vocabulary.loc[cost[cost > 0].sort_values(ascending=False, kind="stable").index[:SHOWN]]
    return [
        SplitWord(code(word), code(pieces), int(times))
        for word, pieces, times in zip(most["word"], most["pieces"], most["occurrences"], strict=True)
    ]
