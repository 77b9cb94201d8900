"""What the study says of choosing rows, in words, and how rows are therefore chosen."""

from collections.abc import Sequence

from core.base.results import read
from core.reporting.headline import gain
from study import paths
from study.curves.choosing import AT_RANDOM, BY_DIVERSITY, BY_UNCERTAINTY, STRATEGIES, Choosing, StudiedStrategy

WORDS = {BY_UNCERTAINTY: "uncertainty", BY_DIVERSITY: "diversity"}
RANDOM, BOTH = "random", "both"


def studied() -> Choosing | None:
    """Return what the study found; None where it has not been run, or has tried no strategy."""
    found = read(paths.CHOOSING, Choosing) if paths.CHOOSING.is_file() else None
    return found if found and found.strategies else None


def way(found: Choosing | None) -> str:
    """Return how rows are chosen: by what the study has shown to be better than chance, else at random.

    While nobody knows, by uncertainty and diversity in turn.
    """
    if found is None:
        return BOTH
    return WORDS[found.best.technique] if found.best else RANDOM


def sentences(found: Choosing | None, labelled: int, techniques: Sequence[str]) -> list[str]:
    """Return what is known of choosing on this data; `techniques` are those that params.yaml asks a study for."""
    if found is None:
        lacking = [name for name in (AT_RANDOM, *STRATEGIES) if name not in techniques]
        first = f"name {', '.join(lacking)} among study.techniques in params.yaml, then " if lacking else ""
        return [f"Whether choosing beats drawing at random on this data is not known yet: {first}`make study`"]
    said = [_of(each, found) for each in found.strategies]
    if found.best is None:
        said.append("So choosing is not shown to beat drawing at random on this data")
    if found.pool != labelled:
        said.append(f"The study was made with {found.pool} training rows, by now there are {labelled}: `make study`")
    return said


def _of(strategy: StudiedStrategy, found: Choosing) -> str:
    estimate = gain(found.primary, strategy.gain, found.confidence)
    better = "better than" if strategy.shown else "not shown to be better than"
    if strategy.gain.estimate < 0 and strategy.gain.p_holm <= 1 - found.confidence:
        better = "worse than"
    return (
        f"Rows chosen by {WORDS[strategy.technique]} are {better} rows drawn at random, {estimate}: frozen encoder, "
        f"{found.split} rows, {strategy.draws} draws, {strategy.fewest} to {strategy.most} labels"
    )
