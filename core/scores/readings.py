"""reports/readings.jsonl: every reading of the test labels, a line each, in git; those of the study have a file apart.

Whoever reads a test split again and again, and changes what was low, ends with a score that says little of new rows. So
the code that scores appends what it read; nothing else writes the file. Dwork et al., The reusable holdout: Preserving
validity in adaptive data analysis, Science 349 (2015).
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import ValidationError
from ruamel.yaml import YAML

from core.base import paths
from core.base.errors import UserError
from core.base.files import replacing
from core.base.results import Result
from core.scores.metrics import Metrics

if TYPE_CHECKING:
    from core.scores.evidence import Evidence

HASH = 12  # hexadecimal digits: a collision by chance needs millions of readings


class Identity(Result):
    """What tells one set of rows from another."""

    rows: int
    """How many there are."""
    row_ids: str
    """The first 12 digits of the SHA-256 of their row_ids in order."""
    texts: str
    """The same of their tokens in order."""
    labels: str
    """The same of their labels in order."""


class Reading(Result):
    """One reading of the test labels: what was scored against them, and what came out."""

    reading: int
    """Its number for this test set, from 1."""
    test: Identity
    """The test set."""
    models: str
    """The first 12 digits of the SHA-256 of what all models, baselines too, predict for the test rows."""
    parameters: str
    """The same of the sections of params.yaml, without comments."""
    verdict: str
    """The verdict; of the learning-curve study, which gives none: study."""
    primary: str
    """The metric that decides."""
    published: str
    """The seed of the published model; of the study the best technique."""
    scores: dict[str, float]
    """What each baseline and each seed scored by it; of the study each technique at its largest size, a mean."""
    changed: str | None
    """How the test set differs from the one read before; null where it is the same, or the first."""
    previous: str | None
    """The first 12 digits of the SHA-256 of the line before; null in the first. So no line but the last can be taken
    out unseen, and of that one git tells."""


class Outcome(NamedTuple):
    """What a reading finds."""

    verdict: str
    primary: str
    published: str
    scores: dict[str, float]


def digest(*parts: bytes | str) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of the parts, each behind its length."""
    found = hashlib.sha256()
    for part in parts:
        value = part.encode() if isinstance(part, str) else part
        found.update(str(len(value)).encode() + b":" + value)
    return found.hexdigest()[:HASH]


def read(path: Path = paths.READINGS) -> list[Reading]:
    """Return the readings, the first of all first; none where there is no file.

    A line follows the one before it or, of branches that were merged, one further above.
    Raises UserError with every line that is damaged, or follows none.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found: list[Reading] = []
    problems = []
    chains: dict[str | None, list[Reading]] = {None: []}  # by the digest of a line: what it follows, and itself
    for number, line in enumerate(lines, start=1):
        try:
            reading = Reading.model_validate_json(line)
        except ValidationError:
            problems.append(f"{path} line {number} is damaged: `git checkout {path}`")
            continue
        chain = chains.get(reading.previous)
        if chain is None or digest(line) in chains:
            problems.append(
                f"{path} line {number} does not follow the line before it: a reading was taken out, changed or put in "
                f"between; `git log -p {path}` shows it, `git checkout {path}` brings back the last commit's"
            )
        elif not (due := _number(reading, chain)) <= reading.reading <= _number(reading, found):
            problems.append(
                f"{path} line {number} says reading {reading.reading} of its test set, and it is reading {due}: "
                f"`git checkout {path}`"
            )
        chains[digest(line)] = [*(found if chain is None else chain), reading]
        found.append(reading)
    if problems:
        raise UserError(*problems)
    return found


def _number(reading: Reading, before: Sequence[Reading]) -> int:
    return 1 + sum(each.test == reading.test for each in before)


def test_set(row_ids: Sequence[str], tokens: Sequence[Sequence[int]], labels: Sequence[int]) -> Identity:
    """Return what identifies a test set; tokens and labels are ids."""
    texts = digest(*(np.asarray(row, dtype="<i4").tobytes() for row in tokens))
    return Identity(
        rows=len(row_ids),
        row_ids=digest(*row_ids),
        texts=texts,
        labels=digest(np.asarray(labels, dtype="<i4").tobytes()),
    )


def models(found: "Evidence") -> str:
    """Return what identifies all models: the digest of what they predict for the test rows."""
    predicted = {**found.ladder, **found.seeds}
    return digest(*(part for name in sorted(predicted) for part in (name, predicted[name]["test"].tobytes())))


def parameters(path: Path = paths.PARAMS) -> str:
    """Return the digest of params.yaml without its comments."""
    values = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return digest(json.dumps(values, sort_keys=True))


def same(readings: Sequence[Reading], test: Identity, models: str, measured: Metrics) -> Reading | None:
    """Return the reading of this test set that gave these models these scores and this verdict.

    Else the last one that judged these models by the same metric, or None.
    """
    return _same(readings, test, models, outcome(measured))


def _same(readings: Sequence[Reading], test: Identity, models: str, found: Outcome) -> Reading | None:
    judged = [each for each in readings if (each.test, each.models, each.primary) == (test, models, found.primary)]
    exact = (each for each in judged if Outcome(each.verdict, each.primary, each.published, each.scores) == found)
    return next(exact, judged[-1] if judged else None)


def record(test: Identity, models: str, measured: Metrics) -> Reading:
    """Return the reading of these models on this test set, appended to reports/readings.jsonl where it is a new one."""
    return enter(test, models, outcome(measured), paths.READINGS)


def enter(test: Identity, models: str, found: Outcome, path: Path) -> Reading:
    """Return the reading of these models on this test set, appended to the file where it is a new one.

    The same models, judged by another metric, cost or margin after they were read, are a new one.
    """
    readings = read(path)
    known = _same(readings, test, models, found)
    if known and (known.scores, known.verdict) == (found.scores, found.verdict):
        return known
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    new = Reading(
        reading=1 + sum(each.test == test for each in readings),
        test=test,
        models=models,
        parameters=parameters(),
        **found._asdict(),
        changed=changes(readings[-1].test, test) if readings else None,
        previous=digest(lines[-1]) if lines else None,
    )
    with replacing(path) as partial:
        partial.write_text("\n".join([*lines, json.dumps(new.model_dump())]) + "\n", encoding="utf-8")
    return new


def outcome(measured: Metrics) -> Outcome:
    """Return what a run of the experiment finds."""
    return Outcome(measured.verdict, measured.primary, str(measured.published_seed), scores(measured))


def scores(measured: Metrics) -> dict[str, float]:
    """Return what each baseline and each seed scored by the primary metric."""
    return {name: each.of(measured.primary).estimate for name, each in (measured.ladder | measured.seeds).items()}


def of_scores(readings: Sequence[Reading], measured: Metrics) -> Reading | None:
    """Return the last reading that gave these scores, or None."""
    return next((each for each in reversed(readings) if each.scores == scores(measured)), None)


def changes(before: Identity, now: Identity) -> str | None:
    """Return in words how a test set differs from the one read before, or None where it does not."""
    if before == now:
        return None
    if before.row_ids == now.row_ids and before.texts == now.texts:
        return "the same rows and texts under other labels"
    if before.texts == now.texts:
        return "the same texts under other row_ids"
    return f"{now.rows} rows in place of {before.rows}" if before.rows != now.rows else f"{now.rows} rows, other texts"
