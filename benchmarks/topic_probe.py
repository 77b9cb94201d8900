"""What the topic probe can show: `dvc repro forgetting && python -m benchmarks.topic_probe` (about 5 minutes).

First which score it is judged by: the sample's fine-tuned encoders, and the same with their weights moved farther from
the pretrained ones, as fine-tuning for longer would move them. Then how often it says what, on 1,000 simulated sets.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from core.base import params, paths
from core.base.errors import run
from core.base.files import replacing
from core.data import probe_sentences
from core.decision.scoring import Table, log_loss
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder, load_finetuned
from core.encoders.params import Model
from core.reporting.markdown import percent, table
from core.scores import forgetting
from core.scores.statistics import Estimate, mean, with_interval
from tasks.finetuning.params import Finetuning
from tasks.forgetting.params import Forgetting
from tasks.forgetting.probing import out_of_fold

RESULT = Path("benchmarks/topic_probe.md")
MOVED = (1.0, 1.5, 2.0, 3.0)  # times the way from the pretrained to the fine-tuned weights
SETS, CONFIDENCE, MARGIN = 1000, 0.95, 0.02
TOPICS, SIZE, APART, TWO_TOPICS, OTHER, NOISE = 5, 64, 0.6, 1 / 7, 0.45, 0.5
# The noise at which the margin of each score is lost, found by other draws than those of the table.
LOSING = {
    900: {"Brier": 0.808, "accuracy": 0.838},
    300: {"Brier": 0.735, "accuracy": 0.788},
    100: {"Brier": 0.727},
    50: {"Brier": 0.787},
}
VERDICTS = ("kept", "inconclusive", "lost", "cannot judge")
Topics = NDArray[np.int64]


def errors(topics: Topics, probabilities: Table) -> Table:
    """Return for each row 1 where its topic is named wrong, else 0."""
    return np.asarray(probabilities.argmax(1) != topics, dtype=np.float64)


def not_named(topics: Topics, probabilities: Table) -> Table:
    """Return for each row the probability that is not its topic's."""
    return 1 - probabilities[np.arange(len(topics)), topics]


SCORES: dict[str, Callable[[Topics, Table], Table]] = {  # each lower where the probe is better
    "accuracy": errors,
    "Brier": forgetting.brier,
    "log loss": log_loss,
    "probability": not_named,
}


def alone(rows: int) -> NDArray[np.str_]:
    return np.arange(rows).astype(str)


def rise(score: str, topics: Topics, before: Table, after: Table, folds: int) -> Estimate:
    """Return by how much a score is worse after than before, paired by sentence, with the stage's standard error."""
    of = SCORES[score]
    added = (1.0, -1.0) if score == "accuracy" else ()
    difference = mean(of(topics, after) - of(topics, before), alone(len(topics)), added)
    return forgetting.new_probes(difference, folds)


def measured(section: Forgetting) -> list[tuple[float, dict[str, tuple[float, float]]]]:
    """Return, by how far weights are moved, each score's rise and its standard error, means over the seeds."""
    model, seeds, rows = params.load(Model), params.load(Finetuning).seeds, probe_sentences.read()
    topics = np.unique(rows["topic"].to_numpy(dtype=str), return_inverse=True)[1]
    tokenizer = load_tokenizer(locate(model))
    inputs = [{"input_ids": ids} for ids in tokenizer(rows["text"].tolist())["input_ids"]]

    def probed(moved: float, seed: int) -> Table:
        encoder = load_encoder(model)
        tuned = load_finetuned(paths.seed_model(seed), model).base_model.state_dict()
        with torch.no_grad():
            for name, weight in encoder.named_parameters():
                if name in tuned:
                    weight.add_(moved * (tuned[name] - weight))
        return out_of_fold(mean_states(encoder, tokenizer, inputs), topics, section)

    before, found = probed(0.0, seeds[0]), []
    for moved in MOVED:
        tables = [probed(moved, seed) for seed in seeds]
        rises = {name: [rise(name, topics, before, after, section.folds) for after in tables] for name in SCORES}
        means = {
            name: (float(np.mean([one.value for one in all_])), float(np.mean([one.error for one in all_])))
            for name, all_ in rises.items()
        }
        found.append((moved, means))
    return found


def simulated(
    rows: int, noises: tuple[float, ...], generator: np.random.Generator, section: Forgetting
) -> tuple[Topics, list[Table]]:
    """Return the topics of new sentences, and what linear probes name through an encoder of each noise.

    A sentence is a point around its topic's, one in seven on the way to another topic's; an encoder sees it with noise
    of its own. Two encoders of one noise know as much: between them nothing is lost, though they differ by sentence.
    """
    topics = np.arange(rows) % TOPICS
    centres = APART * generator.normal(size=(TOPICS, SIZE))
    other = (topics + generator.integers(1, TOPICS, rows)) % TOPICS
    way = np.where(generator.random(rows) < TWO_TOPICS, OTHER, 0.0)[:, None]
    sentences = (1 - way) * centres[topics] + way * centres[other] + generator.normal(size=(rows, SIZE))
    states = [sentences + noise * generator.normal(size=sentences.shape) for noise in noises]
    return topics, [out_of_fold(each, topics, section) for each in states]


class Said(NamedTuple):
    """What the probe said of all simulated sets of a kind, by one score."""

    verdicts: Counter[str]
    rises: list[float]
    errors: list[float]
    powers: list[float]

    def hear(self, score: str, found: Estimate) -> None:
        """Add the verdict of one set; by accuracy without a power that it must have."""
        able = forgetting.power(found, MARGIN, CONFIDENCE)
        ends = with_interval(found, CONFIDENCE)
        self.verdicts[forgetting.verdict(ends, able if score == "Brier" else 1.0, MARGIN)] += 1
        self.rises.append(found.value)
        self.errors.append(found.error)
        self.powers.append(able)

    def row(self) -> list[str]:
        """Return the cells of a table."""
        shares = [percent(self.verdicts[verdict] / SETS) for verdict in VERDICTS]
        power = percent(float(np.mean(self.powers)))
        apart = f"{np.std(self.rises, ddof=1):.4f}"
        return [f"{np.mean(self.rises):+.4f}", f"{np.mean(self.errors):.4f}", apart, power, *shares]


def simulation(rows: int, section: Forgetting) -> list[list[str]]:
    """Return what the probe says by each score where nothing is lost, and where the margin is."""
    losing = LOSING[rows]
    cases = {(score, lost): Said(Counter(), [], [], []) for score in losing for lost in ("nothing", "the margin")}
    for number in range(SETS):
        noises = (NOISE, NOISE, *losing.values())
        topics, (before, same, *worse) = simulated(rows, noises, np.random.default_rng([rows, number]), section)
        for score, lost in zip(losing, worse, strict=True):
            cases[score, "nothing"].hear(score, rise(score, topics, before, same, section.folds))
            cases[score, "the margin"].hear(score, rise(score, topics, before, lost, section.folds))
    return [[str(rows), *case, *said.row()] for case, said in cases.items()]


def main() -> None:
    section = params.load(Forgetting)
    found = measured(section)
    errors = {name: error for name, (_, error) in found[0][1].items()}
    lost = next(means for _, means in found if means["accuracy"][0] > MARGIN / 2)
    equal = {name: MARGIN * value / lost["accuracy"][0] for name, (value, _) in lost.items()}
    moved = [
        [f"{times:g}", *(f"{means[name][0]:+.4f} ± {means[name][1]:.4f}" for name in SCORES)] for times, means in found
    ]
    worth = ["2 points of accuracy are", *(f"{equal[name]:.3f}" for name in SCORES)]
    able = ["in standard errors", *(f"{equal[name] / errors[name]:.1f}" for name in SCORES)]
    rows = [row for size in LOSING for row in simulation(size, section.model_copy(update={"repeats": 1}))]
    said = (
        "# What the topic probe can show\n\n"
        "Written by `python -m benchmarks.topic_probe`.\n\n"
        "## The score\n\n"
        "The sample's fine-tuned encoders (1), and the same with their weights moved on in the same direction: how "
        "much worse each score of the linear probe is than of the pretrained encoder, mean over the seeds, ± one "
        "standard error of one seed, paired by sentence. Accuracy: the share of wrong answers; probability: what is "
        "not given to the true topic.\n\n"
        + table(["weights moved", *SCORES], [*moved, worth, able])
        + "\n\nTwo points of accuracy are as much in each score as stands in the row below the encoders, by the first "
        "encoders that lose a point or more; the last row says how many standard errors of the sample's own fine-tuned "
        "encoders that is. *Kept* where nothing is lost takes 2.8 of them for a power of 80%: accuracy has too few, "
        "each other score enough. The Brier score is taken: it rises one for one as accuracy falls, so that its margin "
        "reads as points of accuracy do; it is bounded; and it is proper, while the mean probability falls most where "
        "probes are merely less sure.\n\n"
        "## How often it says what\n\n"
        f"{SETS:,} sets of sentences each, drawn with the seeds [sentences, 0 to {SETS - 1}], through linear probes "
        "as the stage has them (one split into folds). Two encoders add as much noise to each sentence (nothing is "
        f"lost), or the second so much more that {MARGIN} is lost on average: of the Brier score, or of accuracy. "
        f"Intervals of {CONFIDENCE:.0%}. Error: the standard error that the stage takes, mean over the sets; apart: "
        "how far the rises of the sets truly lie apart, one standard deviation; power: what the probe estimates of "
        "itself, mean. By accuracy it does not refuse to judge here.\n\n"
        + table(
            ["sentences", "by", "is lost", "rise", "error", "apart", "power", *VERDICTS],
            rows,
        )
        + "\n"
    )
    with replacing(RESULT) as partial:
        partial.write_text(said, encoding="utf-8")
    print(said)


if __name__ == "__main__":
    run(main)
