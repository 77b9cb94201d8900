"""What selective prediction, prediction sets and calibration promise, held against simulations.

`python -m benchmarks.selective` writes benchmarks/selective.md (about 10 minutes); with a number, that many sets each.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from scipy.stats import norm

from core.base.errors import run
from core.base.files import replacing
from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.reporting.markdown import percent, table
from core.scores.class_calibration import of_class
from core.scores.error_bounds import at_most
from core.scores.intervals import Interval
from core.scores.prediction_sets import least_probability, sets
from core.scores.selective_prediction import COVERAGES, threshold

RESULT = Path("benchmarks/selective.md")
TARGET, CONFIDENCE, MODELS = 0.05, 0.95, 15  # models: the epochs and seeds that one is chosen from
JUST_ABOVE = 0.051
BINARY = Decision("accuracy", 2, confidence=CONFIDENCE)
NAMED = Decision("accuracy", 2, positive=1, confidence=CONFIDENCE)


class Design(NamedTuple):
    """How many groups of how many rows, and the correlation of two rows of a group."""

    groups: int
    rows: int
    alike: float = 0.0

    @property
    def member(self) -> Labels:
        return np.repeat(np.arange(self.groups), self.rows)

    def uniform(self, generator: np.random.Generator, models: int = 1) -> Table:
        """Return a draw from 0 to 1 for each model and row: a row takes its group's with a chance of sqrt(alike)."""
        total = self.groups * self.rows
        own, shared = generator.random((models, total)), generator.random((models, self.groups))[:, self.member]
        return np.where(generator.random(total) < np.sqrt(self.alike), shared, own)

    def __str__(self) -> str:
        return f"{self.groups} x {self.rows}" + (f", alike {self.alike:g}" if self.rows > 1 else "")


DESIGNS = [Design(600, 1), Design(300, 2, 0.3), Design(20, 30, 0.3), Design(30, 20, 0.3), Design(150, 10, 0.3)]


def predictions(wrong: NDArray[np.bool_], labels: Labels, confidence: Table) -> Table:
    """Return the probabilities of two classes of a model that is wrong on these rows."""
    predicted = np.where(wrong, 1 - labels, labels)
    return np.where(predicted[:, None] == [0, 1], confidence[:, None], 1 - confidence[:, None])


def accuracies(labels: Labels, tables: list[Table], rows: NDArray[np.bool_]) -> list[float]:
    return [float((table[rows].argmax(1) == labels[rows]).mean()) for table in tables]


def on_all_rows(labels: Labels, probabilities: Table, groups: Labels, confidence: float) -> float | None:
    """Return the threshold that the same bound gives on rows that chose the model too, thresholds among them."""
    confidences, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    descending, lowest = np.sort(confidences)[::-1], None
    for coverage in COVERAGES:
        tried = float(descending[round(coverage * len(labels)) - 1])
        kept = confidences >= tried
        if at_most(wrong[kept], groups[kept], confidence) > TARGET:
            break
        lowest = tried
    return lowest


class Case(NamedTuple):
    """What is left to a model among 15, by which error: as a function of the share of rows more confident."""

    name: str
    error: Callable[[Table], Table]  # of rows, by the share of rows that are more confident
    risk: Callable[[float], float]  # of the rows left to the model, by their share


FLAT = Case("5.1% everywhere", lambda place: np.full_like(place, JUST_ABOVE), lambda share: JUST_ABOVE)
RISING = Case(
    "5% in the more confident 75%", lambda place: place * TARGET * 2 / 0.75, lambda share: share * TARGET / 0.75
)
GOOD = Case("1% in all", lambda place: place * 0.02, lambda share: share * 0.01)


def thresholds(case: Case, design: Design, sets: int) -> list[str]:
    """Return how often the rows left to the chosen model break the target, and how many are left to it on average."""
    ways = ("apart", "all rows", "all rows, corrected")
    broken, left = dict.fromkeys(ways, 0), dict.fromkeys(ways, 0.0)
    for number in range(sets):
        generator = np.random.default_rng(number)
        labels = generator.integers(2, size=design.groups * design.rows)
        place = generator.random((MODELS, len(labels)))
        wrong = design.uniform(generator, MODELS) < case.error(place)
        tables = [predictions(*each) for each in zip(wrong, [labels] * MODELS, 1 - place / 2, strict=True)]
        names, everywhere = np.char.add("g", design.member.astype(str)), np.ones(len(labels), dtype=bool)
        choosing = ~threshold_rows(names, labels)
        by_half = tables[int(np.argmax(accuracies(labels, tables, choosing)))]
        by_all = tables[int(np.argmax(accuracies(labels, tables, everywhere)))]
        corrected = 1 - (1 - CONFIDENCE) / MODELS
        found = {
            "apart": threshold(labels, by_half, names, TARGET, BINARY)[0],
            "all rows": on_all_rows(labels, by_all, design.member, CONFIDENCE),
            "all rows, corrected": on_all_rows(labels, by_all, design.member, corrected),
        }
        for way, lowest in found.items():
            share = 0.0 if lowest is None else 2 * (1 - lowest)
            left[way] += share / sets
            broken[way] += share > 0 and case.risk(share) > TARGET
    return [case.name, str(design), *(f"{broken[way] / sets:.1%} / {left[way]:.0%}" for way in ways)]


def missed(design: Design, positives: float, sets: int) -> list[str]:
    """Return how often more than 5% of the positive rows are missed: 10.2% are wrong, whatever the confidence."""
    broken = refused = 0
    for number in range(sets):
        generator = np.random.default_rng(number)
        labels = (generator.random(design.groups * design.rows) < positives).astype(int)
        wrong = (design.uniform(generator)[0] < 2 * JUST_ABOVE) & (labels == 1)
        probabilities = predictions(wrong, labels, 1 - generator.random(len(labels)) / 2)
        names = np.char.add("g", design.member.astype(str))
        lowest, reason = threshold(labels, probabilities, names, TARGET, NAMED)
        broken += lowest is not None and 2 * (1 - lowest) * 2 * JUST_ABOVE > TARGET
        refused += reason in ("too few positives", "too few groups")
    return [str(design), percent(positives), f"{broken / sets:.1%}", f"{refused / sets:.0%}"]


def chosen_by_half(spread: float, sets: int) -> list[str]:
    """Return how much accuracy is lost where 200 rows choose one of 15 models, not 400; models differ on 6% of rows."""
    generator, lost = np.random.default_rng(0), np.zeros(2)
    for _ in range(sets):
        true = 0.87 + spread * generator.normal(size=MODELS)
        shared = generator.random(400)
        own = np.where(generator.random((MODELS, 400)) < 0.13, generator.random((MODELS, 400)), shared)
        right = own < true[:, None]
        lost += [true.max() - true[right[:, :rows].mean(1).argmax()] for rows in (400, 200)]
    by_all, by_half = 100 * lost / sets
    return [f"{100 * spread:g}", f"{by_all:.2f}", f"{by_half:.2f}", f"{by_half - by_all:.2f}"]


def covered(design: Design, frequencies: Table, sets_drawn: int) -> list[str]:
    """Return how often new rows have their label in the set, and how large sets are."""
    rates, sizes, undefined = [], [], 0

    def drawn(generator: np.random.Generator, of: Design) -> tuple[Labels, Table]:
        common = generator.normal(size=(of.groups, len(frequencies)))[of.member] * np.sqrt(of.alike)
        own = generator.normal(size=common.shape) * np.sqrt(1 - of.alike)
        table = softmax(np.log(frequencies) + 2 * (common + own), axis=1)
        return (table.cumsum(1) < of.uniform(generator)[0][:, None]).sum(1).clip(max=len(frequencies) - 1), table

    for number in range(sets_drawn):
        generator = np.random.default_rng(number)
        labels, probabilities = drawn(generator, design)
        names = np.char.add("g", design.member.astype(str))
        apart = threshold_rows(names, labels)
        if not apart.any():
            undefined += 1
            continue
        least = least_probability(labels[apart], probabilities[apart], names[apart], 1 - TARGET)
        new, table_of_new = drawn(generator, design._replace(groups=1000))
        held = sets(table_of_new, least)
        rates.append(held[np.arange(len(new)), new].mean())
        sizes.append(held.sum(1).mean())
    said = ["-", "-", "-"]
    if rates:
        low, high = np.quantile(rates, [0.05, 0.95])
        said = [f"{np.mean(rates):.1%}", f"{low:.1%} to {high:.1%}", f"{np.mean(sizes):.1f}"]
    return [str(len(frequencies)), str(design), *said, f"{undefined / sets_drawn:.0%}"]


def calibrated(design: Design, base: float, sets: int) -> list[str]:
    """Return how often intervals hold the truth of probabilities that are right."""
    held, wide = np.zeros(3), np.zeros(3)
    for number in range(sets):
        generator = np.random.default_rng(number)
        shared = norm.ppf(Design(design.groups, design.rows, design.alike).uniform(generator)[0])
        logits = base + 1.5 * shared
        labels = (design.uniform(generator)[0] < expit(logits)).astype(int)
        found = of_class(
            labels, np.column_stack([expit(-logits), expit(logits)]), design.member.astype(str), 1, CONFIDENCE
        )
        truths: list[tuple[Interval | None, float]] = [(found.in_the_large, 0), (found.intercept, 0), (found.slope, 1)]
        for each, (interval, truth) in enumerate(truths):
            if interval is not None:
                wide[each] += 1
                held[each] += interval.low <= truth <= interval.high
    rates = [f"{inside / known:.1%}" if known else "-" for inside, known in zip(held, wide, strict=True)]
    return [str(design), percent(float(expit(base))), *rates, f"{1 - wide[2] / sets:.0%}"]


def report(count: int) -> str:
    """Return all tables, of so many sets each."""
    rare = np.array([*np.full(7, 0.97 / 7), 0.01, 0.01, 0.01])
    classes = [np.full(3, 1 / 3), rare, np.full(77, 1 / 77)]
    few = DESIGNS[:4]
    parts = [
        "# What selective prediction, prediction sets and calibration promise",
        f"Written by `python -m benchmarks.selective`: {count:,} simulated sets for each line, seeds 0 to {count - 1}. "
        "A design is groups x rows of validation; `alike` is the correlation of the errors of two rows of a group, of "
        "which some are then wrong as wholes.",
        "## The threshold",
        f"Of the rows left to the model at most {TARGET:.0%} may be wrong, with {CONFIDENCE:.0%} confidence. In each "
        f"set one of {MODELS} models (epochs, seeds) is chosen by its accuracy on validation; all have the error rate "
        "of the first column. Before the slash: in how many sets the rows left to the model break the target, which "
        "may be 5%; after it the share of rows left to the model. *Apart*: half of the groups choose nothing and give "
        "the threshold, which is what the project does. *All rows* choose the model and give the threshold; "
        f"*corrected*: with a bound for each of the {MODELS} models (Bonferroni).",
        table(
            ["error rate", "design", "apart", "all rows", "all rows, corrected"],
            [thresholds(case, design, count) for case in (FLAT, RISING, GOOD) for design in DESIGNS],
        ),
        "Where fewer than 59 groups are left to the model among those set apart, nothing is shown: if one group in "
        "twenty were wrong as a whole, so few might not have one. Corrected bounds on all rows leave about as many "
        "rows to a model, more where groups are few, but count only the models of one run, not those that somebody "
        "tried before it; and prediction sets need rows that chose nothing in any case.",
        "## The class that must not be missed",
        f"Of all rows of the class at most {TARGET:.0%} may be left to the model and missed. The model misses 10.2% of "
        "them whatever its confidence, so that every threshold breaks the target, and is right on all others.",
        table(
            ["design", "positive rows", "target broken", "too few to show it"],
            [
                missed(design, positives, count)
                for design, positives in (
                    (Design(600, 1), 0.03),
                    (Design(600, 1), 0.5),
                    (Design(300, 2, 0.3), 0.5),
                    (Design(6000, 1), 0.03),
                    (Design(2000, 3, 0.3), 0.1),
                    (Design(30, 20, 0.3), 0.5),
                )
            ],
        ),
        "## What it costs to choose by half of validation",
        "Points of accuracy by which the chosen model falls short of the best of 15, where 400 rows choose, and 200.",
        table(
            ["points between models (SD)", "400 rows", "200 rows", "more"],
            [chosen_by_half(spread, 10 * count) for spread in (0.003, 0.01, 0.02)],
        ),
        "## Prediction sets",
        f"They promise that the label of {1 - TARGET:.0%} of new rows is in the set, on average over validation sets. "
        "Of 10 classes three have 1% of the rows each. *Most sets*: the middle 90% of the validation sets.",
        table(
            ["classes", "design", "label in the set", "most sets", "classes in a set", "no sets"],
            [covered(design, frequencies, count) for frequencies in classes for design in few],
        ),
        "## Calibration in the large, intercept and slope",
        f"How often intervals of {CONFIDENCE:.0%} hold the truth, of probabilities that are right. Positive: at "
        "the mean logit; *too few*: in so many sets under ten groups have rows of the class, and nothing is said.",
        table(
            ["test rows", "positive at the mean", "in the large", "intercept", "slope", "too few groups"],
            [calibrated(design, base, count) for base in (0.0, -4.2) for design in few],
        ),
        "With 30 groups or fewer, intervals of the slope are somewhat too short, and those of a rare class all are.",
    ]
    return "\n\n".join(parts) + "\n"


def main(sets: str = "1000") -> None:
    said = report(int(sets))
    with replacing(RESULT) as partial:
        partial.write_text(said, encoding="utf-8")
    print(said)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
