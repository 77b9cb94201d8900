"""What the report shows of general language: the topic probe, and the words that the tokenizer splits most."""

from typing import NamedTuple

import pandas as pd

from core.reporting.markdown import code
from core.scores.forgetting import ForgettingScores, Probed

SHOWN = 10  # words


class TopicProbe(NamedTuple):
    """What the topic probe says, by whether it is of the published model."""

    seed: str  # the published one
    published: Probed
    others: dict[str, Probed]  # by seed


def topic_probe(scores: ForgettingScores, published_seed: int) -> TopicProbe:
    """Return the topic probe of the published model, and of the other seeds beside it."""
    seed = str(published_seed)
    others = {name: probed for name, probed in scores.seeds.items() if name != seed}
    return TopicProbe(seed, scores.seeds[seed], others)


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
