"""What fine-tuning costs on general texts: the probe through the pretrained encoder and through each fine-tuned one."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.base import params, paths
from core.base.errors import run
from core.base.files import write_json
from core.data import predictions, probe_sentences
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.device import take_card
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder, load_finetuned, load_masked
from core.encoders.params import Model
from core.scores import forgetting
from core.scores.bootstrap import Resampling
from core.scores.forgetting import GENERAL
from core.scores.rounding import rounded
from tasks.evaluation.params import Evaluation
from tasks.finetuning.params import Finetuning
from tasks.forgetting import masked_loss
from tasks.forgetting.params import Forgetting
from tasks.forgetting.probing import alignment, out_of_fold
from tasks.tokenization.params import Tokenization


def encoders(model: Model, seeds: Sequence[int]) -> Iterator[tuple[str, Any]]:
    """Yield the general encoder, then each fine-tuned one, by name. Raises UserError where one is missing."""
    yield GENERAL, load_encoder(model)
    for seed in seeds:
        yield str(seed), load_finetuned(paths.seed_model(seed), model).base_model


def main() -> None:
    model, section, seeds = params.load(Model), params.load(Forgetting), params.load(Finetuning).seeds
    evaluation, max_length = params.load(Evaluation), params.load(Tokenization).max_length
    take_card()
    rows = probe_sentences.read()
    names, topics = np.unique(rows["topic"].to_numpy(dtype=str), return_inverse=True)
    tokenizer, head = load_tokenizer(locate(model)), load_masked(model)
    cut = {"truncation": True, "max_length": max_length}
    input_ids = tokenizer(rows["text"].tolist(), **cut)["input_ids"]
    hidden = masked_loss.hide(input_ids, tokenizer, section.masked, section.seed) if head else None
    states, losses = {}, {}
    for name, encoder in encoders(model, seeds):
        if hidden:  # first: mean_states leaves the encoder packed
            losses[name] = masked_loss.losses(head, encoder, hidden)
        states[name] = mean_states(encoder, tokenizer, [{"input_ids": ids} for ids in input_ids])
    probed = {name: out_of_fold(table, topics, section) for name, table in states.items()}
    tables = [predictions.table(name, "probe", probe_sentences.row_ids(rows), each) for name, each in probed.items()]
    predictions.write(paths.PROBE_PREDICTIONS, tables)
    resampling = Resampling(evaluation.resamples, section.seed, evaluation.confidence)
    found = forgetting.accuracy(topics, probed.pop(GENERAL), probed, resampling, section.margin)
    found |= {"probe": {"rows": len(rows), "topics": len(names)}, "cka": alignment(states, section.seed)}
    general = losses.pop(GENERAL, None)
    masked = None if general is None else forgetting.masked_loss(general, losses, resampling)
    write_json(paths.FORGETTING, rounded(found | {"masked_loss": masked}))
    print(f"general understanding: {found['verdict']}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
