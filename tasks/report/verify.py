"""Whether the reports follow from the predictions and the labels: what does not is said, in words."""

from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core.base import paths
from core.base.errors import UserError
from core.base.files import require, sha256
from core.base.messages import capped, flat, listed, shortened
from core.base.results import Result
from core.data import (
    given_predictions,
    leakage_counts,
    parquet,
    predictions,
    probe_sentences,
    tokenization_counts,
    tokenized_rows,
    validation_counts,
)
from core.data.splits import HELD_OUT
from core.encoders import checkpoint
from core.encoders.params import Model
from core.reporting.markdown import short
from core.scores import choice, forgetting, metrics, readings, slicing
from core.scores.evidence import Evidence, gathered, splits_read
from core.scores.forgetting import PRETRAINED
from core.scores.measuring import measure
from core.scores.metrics import Metrics
from core.scores.rounding import rounded
from tasks.params import Params
from tasks.report import document, outputs
from tasks.report.sections import inputs


def verify(used: Params) -> str:
    """Return how much was verified.

    Raises UserError with every number and figure of the reports that does not follow from the predictions.
    """
    problems = sources(used) + model(used.model) + own_predictions(used)
    measured, others = remeasured(used)
    problems += others + numbers(paths.METRICS, metrics.read(), measured) + leaked(used) + forgotten(used)
    problems += numbers(paths.CHOICE, choice.read(), choice.chosen(measured))
    with TemporaryDirectory() as folder:
        report, drawn = Path(folder, "report.md"), Path(folder, "figures")
        document.draft(outputs.read(used, measured), report, drawn)
        problems += lines(paths.REPORT, report) + files(paths.FIGURES, drawn)
    if problems:
        raise UserError(*problems)
    count = len(dict(flat(measured.model_dump())))
    return f"verified: the {count} values of {paths.METRICS}, {paths.REPORT} and its figures follow, to the byte"


def sources(used: Params) -> list[str]:
    """Return the files that are not those that the reports were made from: of data/raw too, where it is here."""
    read = validation_counts.read().files if paths.RAW.exists() else []
    report = require(paths.REPORT).read_text(encoding="utf-8")
    return [
        f"{paths.RAW / file.file} is not the file that was read: its SHA-256 is not {file.sha256}"
        for file in read
        if not (paths.RAW / file.file).is_file() or sha256(paths.RAW / file.file) != file.sha256
    ] + [
        f"{source.path} is not the file that {paths.REPORT} was made from"
        for source in inputs.sources(metrics.read().split, used.baseline.external)
        if short(source.sha256) not in report
    ]


def model(used: Model) -> list[str]:
    """Return the files of the pretrained model that are not those that were read, where this machine has it."""
    read, folder = tokenization_counts.read().model, checkpoint.at_hand(used)
    there = checkpoint.hashes(folder) if folder else read
    return [
        f"{folder}/{name} is not the file that was read: "
        + (f"its SHA-256 was {read[name]}" if name in read else "there was none of this name")
        for name in sorted(there | read)
        if there.get(name) != read.get(name)
    ]


def own_predictions(used: Params) -> list[str]:
    """Return the rungs of files of their own whose predictions are not those of the file: their classes, if alone."""
    wrong, table = [], predictions.read(paths.BASELINE_PREDICTIONS)
    for name, file in used.baseline.external.items():
        given = given_predictions.read(file)
        for split in HELD_OUT:
            rows = tokenized_rows.read(split)
            scored = predictions.select(table, name, split, rows["row_id"])
            due = given_predictions.answers(given, rows["row_id"], tokenized_rows.labels(rows))
            alike = (
                np.equal(scored, due.probabilities).all(1)
                if not due.classes_alone
                else (scored.argmax(1) == due.probabilities.argmax(1))
            )
            wrong += [
                f"{paths.BASELINE_PREDICTIONS}: {name} does not say of {rows['row_id'][row]} what {file} says"
                for row in np.flatnonzero(~alike).tolist()
            ]
    return capped(wrong)


def labels(split: str, rows: Dataset) -> NDArray[np.int64]:
    """Return the validated labels of the tokenized rows as class ids. Raises UserError where rows or labels are new."""
    path = paths.validated(split)
    validated = parquet.frame(path).set_index("row_id")["label"]
    names = tokenized_rows.labels(rows)
    if unknown := sorted(set(validated) - set(names)):
        raise UserError(f"{path} has labels that {paths.TOKENIZED} does not know ({listed(unknown)}): `dvc repro`")
    if list(validated.index) != list(rows["row_id"]):
        raise UserError(f"{path} has other rows than {paths.tokenized(split)}: `dvc repro`")
    return np.asarray([names.index(label) for label in validated])


def relabelled(split: str, rows: Dataset, validated: NDArray[np.int64]) -> list[str]:
    """Return the rows whose validated label is not the one that the models were scored against."""
    names, row_ids = tokenized_rows.labels(rows), rows["row_id"]
    return [
        f"row {row_ids[row]} is {names[validated[row]]!r} in {paths.validated(split)}, {names[scored]!r} in "
        f"{paths.tokenized(split)}"
        for row, scored in enumerate(rows["labels"])
        if validated[row] != scored
    ]


def remeasured(used: Params) -> tuple[Metrics, list[str]]:
    """Return what metrics.json must say, from the predictions and the validated labels, and what does not follow."""
    rows = {split: tokenized_rows.read(split) for split in splits_read(used.evaluation.test)}
    validated = {split: labels(split, each) for split, each in rows.items()}
    models = predictions.read(paths.FINETUNED_PREDICTIONS)
    row_ids = {split: each["row_id"] for split, each in rows.items()}
    seeds = predictions.by_model(models, map(str, used.finetuning.seeds), row_ids)
    decision = used.evaluation.decision(tokenized_rows.labels(rows["validation"]))
    found = gathered(rows, validated, seeds, decision)
    by = slicing.slicings(rows[found.split], rows["validation"])
    measured = rounded(measure(found, by, used.evaluation.asked))
    problems = [problem for split, each in rows.items() for problem in relabelled(split, each, validated[split])]
    return measured, capped(problems) + (unread(found, measured, rows["test"]) if "test" in rows else [])


def unread(found: Evidence, measured: Metrics, test: Dataset) -> list[str]:
    """Return that the ledger lacks this reading of the test split, or tells another verdict or scores of it."""
    identity = readings.test_set(test["row_id"], test["input_ids"], list(found.labels["test"]))
    reading = readings.same(readings.read(), identity, readings.models(found), measured)
    if reading is None:
        return [f"{paths.READINGS} does not tell of this reading of the test split: `git checkout {paths.READINGS}`"]
    due = readings.scores(measured)
    said = {"verdict": measured.verdict, "published": str(measured.published_seed)}
    other = [
        f"{paths.READINGS}: reading {reading.reading} says {name} {getattr(reading, name)}; {value} follows"
        for name, value in said.items()
        if getattr(reading, name) != value
    ]
    return other + [
        f"{paths.READINGS}: reading {reading.reading} says that {name} scored {reading.scores.get(name)}; {due[name]} "
        "follows"
        for name in due
        if reading.scores.get(name) != due[name]
    ]


def leaked(used: Params) -> list[str]:
    """Return the rows whose twins do not make them what they are said to be, and the counts that do not follow."""
    twins, stands, suspect_from = leakage_counts.read_twins(), leakage_counts.read(), used.leakage.suspect_from
    due = leakage_counts.is_suspect(twins, suspect_from)
    wrong = [
        f"{paths.SUSPECTS}: row {twin.row_id} is {'' if twin.suspect else 'not '}suspect by its twin {twin.twin}; "
        f"the opposite follows from their {twin.measure}, {twin.similarity}"
        for twin in twins[twins["suspect"] != due].itertuples()
    ]
    follows = leakage_counts.counted(twins.assign(suspect=due), stands.rows, suspect_from)
    return capped(wrong) + numbers(paths.LEAKAGE_COUNTS, stands, follows)


def forgotten(used: Params) -> list[str]:
    """Return the values of the topic probe that do not follow from what the linear probes predict."""
    rows = probe_sentences.read()
    topics = np.unique(rows["topic"].to_numpy(dtype=str), return_inverse=True)[1]
    names = [PRETRAINED, *map(str, used.finetuning.seeds)]
    row_ids = {"probe": probe_sentences.row_ids(rows)}
    probed = predictions.by_model(predictions.read(paths.PROBE_PREDICTIONS), names, row_ids)
    tables = {name: splits["probe"] for name, splits in probed.items()}
    section, confidence, before = used.forgetting, used.evaluation.confidence, tables.pop(PRETRAINED)
    follows = {
        "margin": section.margin,
        "pretrained": forgetting.scores(topics, before, confidence),
        "seeds": forgetting.probed(topics, before, tables, section.folds, section.margin, confidence),
    }
    stands = forgetting.read()
    return numbers(paths.FORGETTING, stands, rounded(stands.model_copy(update=follows)))


def numbers(path: Path, stands: Result, follows: Result) -> list[str]:
    """Return the values of a file of results that are not those that follow."""
    there, due = (dict(flat(result.model_dump())) for result in (stands, follows))
    pairs = {name: (there.get(name, "missing"), due.get(name, "nothing")) for name in due | there}
    return capped([f"{path}: {name} is {a}; {b} follows" for name, (a, b) in pairs.items() if a != b])


def lines(path: Path, follows: Path) -> list[str]:
    """Return the lines of a document that are not those that follow, with the words that differ."""
    there, due = (require(file).read_bytes().decode(errors="replace").split("\n") for file in (path, follows))
    wrong = []
    for kind, start, end, due_start, due_end in SequenceMatcher(None, there, due, autojunk=False).get_opcodes():
        if kind != "equal":
            pairs = zip_longest(there[start:end], due[due_start:due_end])
            wrong += [
                f"{path} line {min(start + place + 1, end)}: {_differing(*pair)}" for place, pair in enumerate(pairs)
            ]
    return capped(wrong)


def _differing(there: str | None, due: str | None) -> str:
    if there is None or due is None:
        return f"{shortened(there)} does not follow" if there is not None else f"{shortened(str(due))} is missing"
    stands, follows = there.split(), due.split()
    differ = [(a, b) for a, b in zip(stands, follows, strict=False) if a != b]
    if len(stands) != len(follows) or not differ:
        return f"{shortened(there)} stands; {shortened(due)} follows"
    where = f"{due.split(' | ')[0].removeprefix('| ')}: " if due.startswith("| ") else ""
    return where + ", ".join(f"{a} stands; {b} follows" for a, b in map(_bare, differ))


def _bare(pair: tuple[str, str]) -> tuple[str, str]:
    """Return two words without the punctuation around them, where they differ without it too."""
    first, second = (word.strip("*().,;:") for word in pair)
    return (first, second) if first != second else pair


def files(folder: Path, follows: Path) -> list[str]:
    """Return the files of a folder whose bytes are not those that follow."""
    there, due = ({path.name: path.read_bytes() for path in place.glob("*")} for place in (folder, follows))
    return [f"{folder / name} is not what follows" for name in sorted(due | there) if there.get(name) != due.get(name)]
