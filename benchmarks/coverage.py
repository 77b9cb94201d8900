"""Whether intervals hold what they say, and how often the verdict is wrong: simulated test sets of which all is known.

`python -m benchmarks.coverage` writes coverage.md, in some minutes on one core; seeds are fixed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.simulated import DESIGNS, Design, TestSet, one_in_ten_loses
from core.data.group_counts import FEWEST
from core.decision import scoring
from core.decision.decision import Decision
from core.decision.scoring import METRICS, Labels, applicable
from core.reporting.markdown import table
from core.scores import uncertainty, verdict
from core.scores.statistics import Estimate, interval, share

SETS = 1000
TRUTH = 200_000  # rows from which the true scores are computed
CONFIDENCE = 0.95
SEED_SPREAD = 0.1  # standard deviation of the seeds' skill
GROUPS = (3, 5, 8, 12, 20, 36, 48, 80)
RESULT = Path("benchmarks/coverage.md")
INTRODUCTION = """Of {sets:,} simulated test sets each, how many percent of the 95% intervals hold the true figure: 95
is right, and the simulation's own standard error is {error}. Written by `python -m benchmarks.coverage`; how rows are
drawn stands in benchmarks/simulated.py. A figure is that of the second of two models; a difference is to the first.
Designs are groups x rows of a group, or single rows; *across* are groups of a second kind; *correlation* is that of
being right within a group. Of ten classes and more, sensitivity and specificity are not looked at."""
VERDICTS = """## The verdict

By balanced accuracy, margins 0, how many percent of the test sets have a verdict: without a gain, where *adapted* and
*harmed* are wrong; and with the gain named, of {power} test sets. Below {fewest} groups it is *too few groups*."""
ONE_IN_TEN = """## One group in ten loses

Of ten groups nine gain 5 points of accuracy and one loses 45, on average nothing: how many percent of the test sets
are called adapted. With few groups a test set often lacks the one that loses, and no interval can know of it; with
more, the skewness of the groups' gains tells."""
ANOTHER_RUN = """## Another training run

How many percent of the intervals for one new seed hold its true accuracy, with 600 test rows and so many seeds
trained."""


class Found(NamedTuple):
    """A figure of a test set by its name, and what it is in truth."""

    name: str
    estimate: Estimate


def figures(drawn: TestSet, decision: Decision) -> Iterator[Found]:
    """Yield every figure with an interval: of the second model, and of its difference to the first."""
    labels, (before, after), groups, second = drawn
    for metric in applicable(decision):
        yield Found(metric, uncertainty.of_model(metric, labels, after, groups, decision, second))
        of_both = metric, labels, before, after, groups, decision, second
        yield Found(f"{metric}, difference", uncertainty.of_difference(*of_both))
    for name, rows in of_class(labels, decision).items():
        inside, other = groups[rows], None if second is None else second[rows]
        sides = labels[rows], before[rows], after[rows]
        yield Found(name, share(sides[2].argmax(1) == sides[0], inside, other))
        yield Found(f"{name}, difference", uncertainty.of_difference("accuracy", *sides, inside, decision, other))


def of_class(labels: Labels, decision: Decision) -> dict[str, np.ndarray]:
    """Return the rows of which sensitivity and specificity are shares; where classes are many, neither is looked at."""
    return {"sensitivity": labels == 1, "specificity": labels == 0} if decision.classes == 2 else {}


def truths(design: Design) -> dict[str, float]:
    """Return each figure of a test set so large that it is the truth."""
    groups = TRUTH // design.size
    large = replace(design, groups=groups, second=groups // 2 if design.second else 0)
    labels, (before, after), *_ = large.draw(np.random.default_rng(99))
    true: dict[str, float] = {}
    for metric in applicable(design.decision):
        first, second = (scoring.score(metric, labels, model, design.decision) for model in (before, after))
        true |= {metric: second, f"{metric}, difference": second - first}
    for name, rows in of_class(labels, design.decision).items():
        shares = [float((model.argmax(1) == labels)[rows].mean()) for model in (before, after)]
        true |= {name: shares[1], f"{name}, difference": shares[1] - shares[0]}
    return true


def coverage(design: Design, sets: int) -> dict[str, float]:
    """Return how many percent of the intervals of each figure hold the truth."""
    true, generator = truths(design), np.random.default_rng(1)
    held = dict.fromkeys(true, 0)
    for _ in range(sets):
        for name, estimate in figures(design.draw(generator), design.decision):
            low, high = interval(estimate, CONFIDENCE)
            held[name] += low <= true[name] <= high
    return {name: 100 * count / sets for name, count in held.items()}


def verdicts(design: Design, sets: int) -> dict[str, float]:
    """Return how many percent of the test sets have each verdict."""
    generator = np.random.default_rng(2)
    said: Counter[str] = Counter()
    for _ in range(sets):
        labels, (before, after), groups, second = design.draw(generator)
        said[verdict.judge(labels, {"before": before}, after, groups, design.decision, second).verdict] += 1
    return {name: 100 * count / sets for name, count in said.items()}


def false_adapted(groups: int, sets: int) -> tuple[float, float]:
    """Return how many percent are called adapted though nothing is gained: by the interval alone, by the verdict."""
    decision, generator, counts = Decision("accuracy", 2), np.random.default_rng(3), np.zeros(2)
    for _ in range(sets):
        labels, (before, after), of_row, _ = one_in_ten_loses(groups, generator)
        found = verdict.judge(labels, {"baseline": before}, after, of_row, decision)
        counts += found.against["baseline"].gain.low > 0, found.verdict == "adapted"
    by_interval, by_verdict = 100 * counts / sets
    return float(by_interval), float(by_verdict)


def new_seeds(seeds: int, sets: int) -> float:
    """Return how many percent of the intervals for one new seed hold the true accuracy of one."""
    design, generator, held = Design("", 600), np.random.default_rng(4), 0
    skills = np.linspace(1.2, 2.2, 11)
    known = [truths(replace(design, after=skill))["accuracy"] for skill in skills]
    for _ in range(sets):
        new, *drawn = generator.normal(1.7, SEED_SPREAD, seeds + 1)
        labels, models, groups, _ = design.draw(generator, drawn)
        found = uncertainty.of_new_seed("accuracy", labels, models, groups, design.decision)
        assert found is not None  # for there are two seeds or more
        low, high = interval(found, CONFIDENCE)
        held += low <= np.interp(new, skills, known) <= high
    return 100 * held / sets


def written(sets: int) -> str:
    """Return all results as markdown."""
    held = {design.name: coverage(design, sets) for design in DESIGNS}
    figures = list(held[DESIGNS[0].name])
    rows = [[_title(figure), *(_percent(found.get(figure)) for found in held.values())] for figure in figures]
    said = [[design.name, *map(_percent, wrong_and_right(design, sets))] for design in DESIGNS]
    tenth = [[str(groups), *map(_percent, false_adapted(groups, sets))] for groups in GROUPS]
    seeds = [[str(count), _percent(new_seeds(count, sets))] for count in (2, 3, 5)]
    return (
        "\n\n".join(
            [
                "# Coverage",
                INTRODUCTION.format(sets=sets, error=f"{100 * np.sqrt(CONFIDENCE * (1 - CONFIDENCE) / sets):.1f}"),
                table(["figure", *held], rows),
                VERDICTS.format(power=sets // 4, fewest=FEWEST),
                table(["design", "no gain: adapted", "no gain: harmed", "a gain: adapted", "points gained"], said),
                ONE_IN_TEN,
                table(["groups", "by the interval alone", "by the verdict"], tenth),
                ANOTHER_RUN,
                table(["seeds", "intervals that hold a new seed"], seeds),
            ]
        )
        + "\n"
    )


def wrong_and_right(design: Design, sets: int) -> list[float]:
    """Return how many percent are called adapted or harmed without a gain, adapted with one, and what that gains."""
    equal, better = verdicts(replace(design, after=design.before), sets), verdicts(design, sets // 4)
    gained = 100 * truths(design)["balanced_accuracy, difference"]
    return [equal.get("adapted", 0), equal.get("harmed", 0), better.get("adapted", 0), gained]


def _title(figure: str) -> str:
    metric, *rest = figure.split(",")
    return ",".join([METRICS[metric].title if metric in METRICS else metric, *rest])


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def main() -> None:
    RESULT.write_text(written(SETS), encoding="utf-8")


if __name__ == "__main__":
    main()
