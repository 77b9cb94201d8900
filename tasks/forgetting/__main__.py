"""The topic probe: everyday sentences through the pretrained encoder and through each fine-tuned one."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.base import params, paths, results
from core.base.errors import run
from core.data import dropped_seeds, predictions, probe_sentences
from core.decision.scoring import Table
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.device import take_card
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder, load_finetuned, load_masked
from core.encoders.params import Model
from core.scores import forgetting
from core.scores.forgetting import PRETRAINED, ForgettingScores, Probe
from core.scores.rounding import rounded
from tasks.evaluation.params import Evaluation
from tasks.finetuning.params import Finetuning
from tasks.forgetting import masked_loss
from tasks.forgetting.params import Forgetting
from tasks.forgetting.probing import alignment, out_of_fold
from tasks.tokenization.params import Tokenization


def encoders(model: Model, seeds: Sequence[int]) -> Iterator[tuple[str, Any]]:
    """Yield the pretrained encoder, then each fine-tuned one, by name. Raises UserError where one is missing."""
    yield PRETRAINED, load_encoder(model)
    for seed in seeds:
        yield str(seed), load_finetuned(paths.seed_model(seed), model).base_model


def states_and_losses(
    model: Model, seeds: Sequence[int], texts: list[str], max_length: int, section: Forgetting
) -> tuple[dict[str, Table], dict[str, Table]]:
    """Return each encoder's mean states of the texts and, where the model has a head for it, its masked losses."""
    tokenizer, head = load_tokenizer(locate(model)), load_masked(model)
    input_ids = tokenizer(texts, truncation=True, max_length=max_length)["input_ids"]
    hidden = masked_loss.hide(input_ids, tokenizer, section.masked, section.seed) if head else None
    states, losses = {}, {}
    for name, encoder in encoders(model, seeds):
        if hidden:  # first: mean_states leaves the encoder packed
            losses[name] = masked_loss.losses(head, encoder, hidden)
        states[name] = mean_states(encoder, tokenizer, [{"input_ids": ids} for ids in input_ids])
    return states, losses


def main() -> None:
    model, section, seeds = params.load(Model), params.load(Forgetting), params.load(Finetuning).seeds
    confidence, max_length = params.load(Evaluation).confidence, params.load(Tokenization).max_length
    take_card()
    dropped_seeds.remove(seeds)  # evaluation, which may come later, does so too
    rows = probe_sentences.read()
    row_ids, names = probe_sentences.row_ids(rows), rows["topic"].to_numpy(dtype=str)
    topic_names, topics = np.unique(names, return_inverse=True)
    states, losses = states_and_losses(model, seeds, rows["text"].tolist(), max_length, section)
    probed = {name: out_of_fold(table, topics, section) for name, table in states.items()}
    tables = [predictions.table(name, "probe", row_ids, table) for name, table in probed.items()]
    predictions.write(paths.PROBE_PREDICTIONS, tables)
    before = probed.pop(PRETRAINED)
    scores = ForgettingScores(
        margin=section.margin,
        pretrained=forgetting.scores(topics, before, confidence),
        seeds=forgetting.probed(topics, before, probed, section.folds, section.margin, confidence),
        probe=Probe(rows=len(rows), topics=len(topic_names)),
        cka=alignment(states, section.seed),
        masked_loss=forgetting.masked_loss(losses.pop(PRETRAINED), losses, confidence) if losses else None,
    )
    results.write(paths.FORGETTING, rounded(scores))
    print("topic probe: " + ", ".join(f"{seed.verdict} (seed {name})" for name, seed in scores.seeds.items()))


if __name__ == "__main__":
    run(main, *sys.argv[1:])
