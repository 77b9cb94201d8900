"""The report's sections on general language: whether it is kept, and why a pretrained model struggles with the domain.

Each function returns markdown.
"""

import pandas as pd

from core.base import paths
from core.data.tokenization_counts import Fragmentation
from core.reporting.markdown import code, interval, percent, points, score, table
from core.scores.forgetting import ForgettingScores, MaskedLoss

BROKEN = 10  # words shown


def sentence(scores: ForgettingScores, confidence: float) -> str:
    """Return the verdict on forgetting and what it rests on, as one line."""
    accuracy, change = scores.accuracy, scores.accuracy.difference
    return (
        f"**General understanding: {scores.verdict}.** A linear probe names the topic of {scores.probe.rows} everyday "
        f"sentences right in {percent(accuracy.general.estimate)} before and {percent(accuracy.finetuned.estimate)} "
        f"after fine-tuning: {points(change.estimate)} points, {confidence:.0%} interval {points(change.low)} to "
        f"{points(change.high)}{', so some fall is shown' if change.high < 0 else ''}; *kept* needs the whole interval "
        f"above {points(-scores.margin)}."
    )


def forgetting(scores: ForgettingScores, confidence: float) -> str:
    """Return the linear probe, the similarity of the states, and the masked loss, before and after fine-tuning."""
    return "\n\n".join(
        [
            "## Forgetting",
            f"{scores.probe.rows} everyday sentences on {scores.probe.topics} topics (`data/probe/`) pass through the "
            "encoder before and after fine-tuning. None of them was trained on. They ask whether topics can still be "
            "told apart, which is one part of understanding language and no benchmark of it.",
            _encoders(scores),
            "- *Probe accuracy*: how often a linear classifier on the frozen states names the topic of a sentence that "
            f"it has not seen (cross-validation). In brackets: {confidence:.0%} intervals over sentences and seeds.\n"
            "- *CKA*: how alike the states are to those of the pretrained model; 1 is the same up to rotation and "
            f"scale; chance, the sentences shuffled, reaches at most {max(scores.cka.chance.values()):.3f}.\n"
            f"- {_masked(scores.masked_loss, confidence)}\n"
            f"- {_meaning(scores)}",
        ]
    )


def _meaning(scores: ForgettingScores) -> str:
    change, margin = scores.accuracy.difference, points(-scores.margin)
    return (
        f"**{scores.verdict.capitalize()}.** *Kept* means that the interval of the change in probe accuracy, "
        f"{points(change.low)} to {points(change.high)} points, lies above {margin}, *lost* that it lies below, *not "
        f"shown to be kept* that it holds {margin}. With an interval as wide as this one, *kept* needs a change above "
        f"{points((change.high - change.low) / 2 - scores.margin)} points."
    )


def _encoders(scores: ForgettingScores) -> str:
    accuracy, cka = scores.accuracy, scores.cka.seeds
    mean = sum(cka.values()) / len(cka)
    return table(
        ["encoder", "probe accuracy", "CKA"],
        [
            ["pretrained", interval(accuracy.general, score), score(1.0)],
            ["fine-tuned, mean", interval(accuracy.finetuned, score), score(mean)],
            *([f"fine-tuned, seed {seed}", score(accuracy.seeds[seed]), score(alike)] for seed, alike in cka.items()),
        ],
    )


def _masked(loss: MaskedLoss | None, confidence: float) -> str:
    if loss is None:
        return "*Masked loss*: not measured, as this model's checkpoint has no masked-language head."
    change = loss.difference
    return (
        f"*Masked loss*: under the pretrained model's own head, {loss.tokens} hidden tokens cost "
        f"{loss.general:.3f} nats each before and {loss.finetuned:.3f} after fine-tuning: {change.estimate:+.3f}, "
        f"{confidence:.0%} interval {change.low:+.3f} to {change.high:+.3f}; lower is better."
    )


_MORE = (
    ": a word that is split must be composed from subwords learnt in other words. Misspellings are split too. What "
    "that costs in accuracy is not measured; the slices by words in pieces give a hint"
)


def fragmentation(words: Fragmentation, vocabulary: pd.DataFrame | None) -> str:
    """Return how the tokenizer splits the domain's words, against everyday texts; words where texts may be shown."""
    domain, general, overlap = words.domain, words.general, words.overlap
    more = domain.pieces_per_word > general.pieces_per_word
    rows = [
        ["words", *(str(side.words) for side in (domain, general))],
        ["different words", *(str(side.different_words) for side in (domain, general))],
        ["subwords per word", *(f"{side.pieces_per_word:.2f}" for side in (domain, general))],
        ["words split into subwords", *(percent(side.broken) for side in (domain, general))],
        ["different words split into subwords", *(percent(side.broken_different) for side in (domain, general))],
        ["words with an unknown subword", *(percent(side.unknown) for side in (domain, general))],
    ]
    return "\n\n".join(
        [
            "## Why a pretrained model may struggle here",
            f"The tokenizer splits the words of the domain {'more' if more else 'no more'} than everyday ones"
            f"{_MORE if more else ''}.",
            table(["", "training rows", "everyday sentences"], rows),
            f"Of the domain's different words {percent(overlap.different_words)}, which are "
            f"{percent(overlap.words)} of its running words, occur in the everyday sentences too. "
            f"`{paths.VOCABULARY}` lists them all.",
            *([_most_broken(vocabulary)] if vocabulary is not None else []),
        ]
    )


def _most_broken(vocabulary: pd.DataFrame) -> str:
    cost = (vocabulary["split"] - 1) * vocabulary["occurrences"]
    most = vocabulary.loc[cost[cost > 0].sort_values(ascending=False, kind="stable").index[:BROKEN]]
    rows = [
        [code(word), code(pieces), str(times)]
        for word, pieces, times in zip(most["word"], most["pieces"], most["occurrences"], strict=True)
    ]
    header = ["word", "in subwords", "times"]
    return f"The words that cost most subwords:\n\n{table(header, rows)}" if rows else "No word is split."
