"""The report's sections on general language: whether it is kept, and why the general model struggles with the domain.

Each function returns markdown.
"""

from typing import Any

import pandas as pd

from core.data.tokenization_counts import Fragmentation
from core.reporting.markdown import code, interval, percent, points, score, table

Json = dict[str, Any]
BROKEN = 10  # words shown


def sentence(found: Json, confidence: float) -> str:
    """Return the verdict on forgetting and what it rests on, as one line."""
    probe, accuracy, change = found["probe"], found["accuracy"], found["accuracy"]["difference"]
    return (
        f"**General understanding: {found['verdict']}.** A linear probe names the topic of {probe['rows']} everyday "
        f"sentences right in {percent(accuracy['general']['estimate'])} before and "
        f"{percent(accuracy['finetuned']['estimate'])} after fine-tuning: {points(change['estimate'])} points, "
        f"{confidence:.0%} interval {points(change['low'])} to {points(change['high'])}"
        f"{', so some fall is shown' if change['high'] < 0 else ''}; *kept* needs all of it above "
        f"{points(-found['margin'])}."
    )


def forgetting(found: Json, confidence: float) -> str:
    """Return the linear probe, the similarity of the states, and the masked loss, before and after fine-tuning."""
    probe, change, margin = found["probe"], found["accuracy"]["difference"], points(-found["margin"])
    return "\n\n".join(
        [
            "## Forgetting",
            f"{probe['rows']} everyday sentences on {probe['topics']} topics (`data/probe/`) pass through the encoder "
            "before and after fine-tuning. None of them was trained on. They ask whether topics can still be told "
            "apart, which is one part of understanding language and no benchmark of it.",
            _encoders(found["accuracy"], found["cka"]["seeds"]),
            "- *Probe accuracy*: how often a linear classifier on the frozen states names the topic of a sentence that "
            f"it has not seen (cross-validation). In brackets: {confidence:.0%} intervals over sentences and seeds.\n"
            "- *CKA*: how alike the states are to those of the general model; 1 is the same up to rotation and scale, "
            f"and sentences in another order reach at most {max(found['cka']['chance'].values()):.3f}.\n"
            f"- {_masked(found['masked_loss'], confidence)}\n"
            f"- **{found['verdict'].capitalize()}.** *Kept* means that the interval of the change in probe accuracy, "
            f"{points(change['low'])} to {points(change['high'])} points, lies above {margin}, *lost* that it lies "
            f"below, *not shown to be kept* that it holds {margin}. With an interval as wide as this one, *kept* needs "
            f"a change above {points((change['high'] - change['low']) / 2 - found['margin'])} points.",
        ]
    )


def _encoders(accuracy: Json, similarity: dict[str, float]) -> str:
    mean = sum(similarity.values()) / len(similarity)
    sides = [("general model", accuracy["general"], 1.0), ("fine-tuned, mean", accuracy["finetuned"], mean)]
    rows = [[name, interval(side, score), f"{alike:.3f}"] for name, side, alike in sides]
    rows += [
        [f"fine-tuned, seed {seed}", f"{accuracy['seeds'][seed]:.3f}", f"{alike:.3f}"]
        for seed, alike in similarity.items()
    ]
    return table(["encoder", "probe accuracy", "CKA"], rows)


def _masked(found: Json | None, confidence: float) -> str:
    if found is None:
        return "*Masked loss*: not measured, as this model's checkpoint has no masked-language head."
    change = found["difference"]
    return (
        f"*Masked loss*: under the general model's own head, {found['tokens']} hidden tokens cost "
        f"{found['general']:.3f} nats each before and {found['finetuned']:.3f} after fine-tuning: "
        f"{change['estimate']:+.3f}, {confidence:.0%} interval {change['low']:+.3f} to {change['high']:+.3f}; lower is "
        "better."
    )


_MORE = (
    ": a word in pieces must be put together from parts learnt in other words. Misspellings are in pieces too. What "
    "that costs in accuracy is not measured; the slices by words in pieces give a hint"
)


def fragmentation(found: Fragmentation, vocabulary: pd.DataFrame | None) -> str:
    """Return how the tokenizer breaks the domain's words up, against everyday texts; words where texts may be shown."""
    domain, general, overlap = found.domain, found.general, found.overlap
    more = domain.pieces_per_word > general.pieces_per_word
    rows = [
        ["words", *(str(side.words) for side in (domain, general))],
        ["different words", *(str(side.different_words) for side in (domain, general))],
        ["pieces per word", *(f"{side.pieces_per_word:.2f}" for side in (domain, general))],
        ["words in pieces", *(percent(side.broken) for side in (domain, general))],
        ["different words in pieces", *(percent(side.broken_different) for side in (domain, general))],
        ["words with an unknown piece", *(percent(side.unknown) for side in (domain, general))],
    ]
    return "\n\n".join(
        [
            "## Why a general model may struggle here",
            f"The tokenizer breaks the words of the domain up {'more' if more else 'no more'} than everyday ones"
            f"{_MORE if more else ''}.",
            table(["", "training rows", "everyday sentences"], rows),
            f"Of the domain's different words {percent(overlap.different_words)}, which are "
            f"{percent(overlap.words)} of its running words, occur in the everyday sentences too. "
            "`data/vocabulary.parquet` lists them all.",
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
    header = ["word", "in pieces", "times"]
    return f"The words that cost most pieces:\n\n{table(header, rows)}" if rows else "No word is in pieces."
