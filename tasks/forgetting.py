"""What fine-tuning costs on general texts: the probe through the general encoder and through each fine-tuned one."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from core import masking, params, predictions, probe, retention
from core.checkpoint import load_tokenizer, locate
from core.device import take_card
from core.encoder import load_encoder, load_finetuned, load_masked
from core.errors import UserError, run
from core.files import write_json
from core.inference import mean_states
from core.retention import GENERAL
from core.rounding import rounded

SEEDS = Path("models/seeds")
REPORT = Path("reports/forgetting.json")
Table = NDArray[np.float64]


def encoders(model: params.Model, seeds: Sequence[int]) -> Iterator[tuple[str, Any]]:
    """Yield the general encoder, then each fine-tuned one, by name. Raises UserError where one is missing."""
    yield GENERAL, load_encoder(model)
    for seed in seeds:
        yield str(seed), load_finetuned(SEEDS / str(seed), model).base_model


def out_of_fold(states: Table, topics: NDArray[np.int64], section: params.Forgetting) -> Table:
    """Return the topics' probabilities for each row by linear probes that have not seen it: shape (rows, topics).

    The mean over several splits into folds. Alain & Bengio, Understanding intermediate layers using linear classifier
    probes (2016). Raises UserError where a topic has fewer rows than there are folds.
    """
    fewest = int(np.bincount(topics).min())
    if fewest < section.folds:
        raise UserError(f"{probe.PATH}: a topic has {fewest} rows, forgetting.folds is {section.folds}: lower it")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=section.regularization, max_iter=5000))
    splits = [
        StratifiedKFold(section.folds, shuffle=True, random_state=section.seed + number)
        for number in range(section.repeats)
    ]
    with threadpool_limits(1):  # for products this small, threads wait longer than they compute
        found = [cross_val_predict(model, states, topics, cv=split, method="predict_proba") for split in splits]
    return np.asarray(np.mean(found, axis=0))


def cka(before: Table, after: Table) -> float:
    """Return the linear centred kernel alignment of two tables of states, shape (rows, size), in [0, 1].

    1 means the same up to rotation and scale. Kornblith et al., Similarity of Neural Network Representations Revisited
    (ICML 2019), section 3.
    """
    x, y = before - before.mean(0), after - after.mean(0)
    norms = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(y.T @ x) ** 2 / norms) if norms else 0.0


def alignment(states: dict[str, Table], seed: int) -> dict[str, dict[str, float]]:
    """Return each fine-tuned encoder's CKA with the general one, and by chance: with the rows in another order."""
    order = np.random.default_rng(seed).permutation(len(states[GENERAL]))
    tuned = {name: table for name, table in states.items() if name != GENERAL}
    return {
        "seeds": {name: cka(states[GENERAL], table) for name, table in tuned.items()},
        "chance": {name: cka(states[GENERAL], table[order]) for name, table in tuned.items()},
    }


def main() -> None:
    chosen = params.load()
    take_card()
    section = chosen.forgetting
    rows = probe.read()
    names, topics = np.unique(rows["topic"].to_numpy(dtype=str), return_inverse=True)
    tokenizer, head = load_tokenizer(locate(chosen.model)), load_masked(chosen.model)
    cut = {"truncation": True, "max_length": chosen.tokenization.max_length}
    input_ids = tokenizer(rows["text"].tolist(), **cut)["input_ids"]
    hidden = masking.hide(input_ids, tokenizer, section.masked, section.seed) if head else None
    states, losses = {}, {}
    for name, encoder in encoders(chosen.model, chosen.finetuning.seeds):
        if hidden:  # first: mean_states leaves the encoder packed
            losses[name] = masking.losses(head, encoder, hidden)
        states[name] = mean_states(encoder, tokenizer, [{"input_ids": ids} for ids in input_ids])
    probed = {name: out_of_fold(table, topics, section) for name, table in states.items()}
    tables = [predictions.table(name, "probe", probe.row_ids(rows), each) for name, each in probed.items()]
    predictions.write(predictions.PROBE, tables)
    found = retention.accuracy(topics, probed.pop(GENERAL), probed, section, chosen.evaluation)
    found |= {"probe": {"rows": len(rows), "topics": len(names)}, "cka": alignment(states, section.seed)}
    general = losses.pop(GENERAL, None)
    masked = None if general is None else retention.masked_loss(general, losses, section.seed, chosen.evaluation)
    write_json(REPORT, rounded(found | {"masked_loss": masked}))
    print(f"general understanding: {found['verdict']}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
