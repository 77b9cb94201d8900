"""Whether predictions of the learning-curve study hold: fitted on sizes up to half, they predict the full size.

`python -m benchmarks.extrapolation FILE ...` writes extrapolation.md, in about a minute a file on one core. A file is
what is scored, with the columns text and label; beside it lies train.csv, of which draws are made.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import studies
from benchmarks.simulated_curves import KINDS, measured
from core.base.errors import run
from core.base.files import replacing
from core.decision.scoring import METRICS, Table
from core.reporting.markdown import table
from core.scores.clusters import Influence
from core.scores.influence import of_metric
from study.curves.evidence import Curves
from study.curves.forecasts import judged
from study.curves.resamples import Points, points
from study.curves.trajectories import Trajectories, ends

RESULT = Path("benchmarks/extrapolation.md")
CONFIDENCE = 0.9
POOLS = 2  # of a file, each a curve of its own by technique and metric
ASKED = ("balanced_accuracy", "accuracy", "loss")
SIMULATED = 60  # curves of each kind
TUNED = ("banking77", "medical_abstracts", "pubmedqa")  # sets looked at while the rules were made
HEADER = ["curves", "no fit", "held", "with test rows", "around the last", "off", "the last is off", "width"]
INTRODUCTION = f"""# Predictions of the learning-curve study

Of curves of which the full size is held back, how many percent of the {CONFIDENCE:.0%} intervals hold it where a fit is
offered. Sizes up to half are fitted as the study fits them: the largest of these is held back first, and where that
goes wrong it says *no fit*. Written by `python -m benchmarks.extrapolation`.

*held*: by the interval over draws alone, of the same test rows; *with test rows*: by the interval that the report
shows, which allows for other test rows and is wider than this question needs. *around the last*: by an interval as wide
as the first around the score at half of the rows, which is what one would say without a fit. *off*: the median distance
of prediction and truth, *the last is off* that of the score at half, *width* that of the interval's ends; of losses in
hundredths of a nat, else in points.

The rules, and what adds to an interval's width, were made on simulated curves and on {", ".join(TUNED[:-1])} and
{TUNED[-1]}; two of them came later, of what was seen. That the two largest sizes are held back, each in turn, and that
the smallest is no part of the rise: of the curves seen by then, among them a pool of docs_issues, of overruling and of
the sample, intervals held 83%. That sizes with a single row of a class are left out: without it, intervals of the four
sets below held 79%, of all sets 88%, and missed each loss on unfair_tos, where half of a pool has one row of the rarest
class. So the figures below are not of sets that no rule has seen."""
OF_SETS = f"""Each set has {POOLS} pools of training rows, three fifths of them and at most {studies.ROWS} (of
many classes the first {studies.CLASSES}); each pool has a curve by technique and by metric
({", ".join(METRICS[name].title for name in ASKED)}). So the curves of a set are alike, and a set's figures hang on few.
`raw` is the project's own sample, scored on validation. Where classes are of unequal size the study's default sizes
give no fit, since draws by class and draws by share are on two curves; here such sets have the shares
{", ".join(size.name for size in studies.MORE_SHARES)} beside 25% and 50%."""
OF_SIMULATED = f"""{SIMULATED} curves of each kind, as a study would measure them (benchmarks/simulated_curves.py). A
curve with a dip, or one that is level and then rises, is ill-behaved: no family has it."""


@dataclass(frozen=True)
class Outcome:
    """What became of one curve."""

    reason: str | None  # why there is no fit
    held: bool = False
    with_rows: bool = False
    around_last: bool = False
    off: float = np.nan
    last_off: float = np.nan
    width: float = np.nan


@dataclass(frozen=True)
class Case:
    """One curve of a set, and what became of it."""

    of_set: str
    technique: str
    metric: str
    outcome: Outcome


def outcome(known: Points) -> Outcome:
    """Return what the sizes but for the largest predict of that one."""
    smaller, labels, truth = known.without_largest(), known.labels[-1:], float(known.means[-1])
    _, missed, reason = judged(smaller, CONFIDENCE)
    if reason is not None:
        return Outcome(reason)
    middle, low, high = ends(Trajectories(smaller, missed).scores(labels)[:, 0], CONFIDENCE)
    _, lowest, highest = ends(Trajectories(smaller, missed, other_rows=True).scores(labels)[:, 0], CONFIDENCE)
    last = float(smaller.means[-1])
    return Outcome(
        reason=None,
        held=low <= truth <= high,
        with_rows=lowest <= truth <= highest,
        around_last=abs(last - truth) <= (high - low) / 2,
        off=abs(middle - truth),
        last_off=abs(last - truth),
        width=high - low,
    )


def of_study(of_set: str, curves: Curves) -> Iterator[Case]:
    """Yield the curves of a study, by technique and metric."""
    for technique in curves.tables:
        for name in ASKED:
            better = METRICS[name].higher_is_better
            scored = partial(_influence, curves, name)
            known = points(curves, technique, scored, 1 if better else -1, 1.0 if better else 0.0)
            assert known is not None
            yield Case(of_set, technique, name, outcome(known))


def _influence(curves: Curves, name: str, probabilities: Table) -> Influence:
    return of_metric(name, curves.labels, probabilities, curves.decision)


def of_simulated(name: str) -> list[Outcome]:
    """Return the outcomes of simulated curves of one kind."""
    number = [kind.name for kind in KINDS].index(name)
    generator = np.random.default_rng(number)
    return [outcome(measured(KINDS[number].draw(generator), generator)) for _ in range(SIMULATED)]


def line(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the cells of a row that says how often intervals hold."""
    offered = [each for each in outcomes if each.reason is None]
    none = f"{100 * (1 - len(offered) / len(outcomes)):.0f}%"
    if not offered:
        return [str(len(outcomes)), none, *"------"]
    shares = [np.mean([getattr(each, name) for each in offered]) for name in ("held", "with_rows", "around_last")]
    medians = [np.median([getattr(each, name) for each in offered]) for name in ("off", "last_off", "width")]
    return [
        str(len(outcomes)),
        none,
        *(f"{100 * share:.0f}%" for share in shares),
        *(f"{100 * value:.1f}" for value in medians),
    ]


def reasons(outcomes: Sequence[Outcome]) -> str:
    """Return why there was no fit, and how often, as a list."""
    told = Counter(_kind(each.reason) for each in outcomes if each.reason)
    return "\n".join(f"- {reason}: {count}" for reason, count in told.most_common())


def _kind(reason: str) -> str:
    """Return a reason without the size that it names."""
    before, size, after = reason.partition("held back, ")
    return f"the size held back {after.split(' ', 1)[1].removeprefix('a class ')}" if size else before


def of_cases(cases: Sequence[Case]) -> str:
    """Return a table of how often intervals hold by set, technique and metric, and why there was no fit."""
    rows = []
    for field in ("of_set", "technique", "metric"):
        for name in dict.fromkeys(getattr(case, field) for case in cases):
            rows.append([f"`{name}`", *line([case.outcome for case in cases if getattr(case, field) == name])])
    every = [case.outcome for case in cases]
    return f"{table(['', *HEADER], [*rows, ['**all**', *line(every)]])}\n\nNo fit, because:\n\n{reasons(every)}"


def written(cases: Sequence[Case]) -> str:
    """Return the benchmark's text."""
    simulated = {kind.name: of_simulated(kind.name) for kind in KINDS}
    every = [each for outcomes in simulated.values() for each in outcomes]
    rows = [[name, *line(outcomes)] for name, outcomes in (*simulated.items(), ("**all**", every))]
    parts = [
        INTRODUCTION,
        "## The other sets",
        OF_SETS,
        of_cases([case for case in cases if case.of_set not in TUNED]),
        "## All sets",
        of_cases(cases),
        "## Simulated curves",
        OF_SIMULATED,
        table(["", *HEADER], rows),
    ]
    return "\n\n".join(parts) + "\n"


def main(*files: str) -> None:
    cases: list[Case] = []
    for path in map(Path, files):
        known = studies.read(path)
        for number in range(1, POOLS + 1):
            cases += of_study(known.name, studies.studied(known, number, CONFIDENCE))
            print(f"{known.name}: pool {number} of {POOLS}", flush=True)
    with replacing(RESULT) as text:
        text.write_text(written(cases), encoding="utf-8")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
