"""Whether the reports follow from the predictions and the labels: each function returns what does not, in words."""

from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core import (
    checkpoint,
    generality,
    headline,
    measurement,
    parquet,
    predictions,
    probe,
    provenance,
    retention,
    slices,
    tokenized,
)
from core.errors import UserError
from core.files import read_json, require, sha256
from core.messages import capped, flat, listed, shortened
from core.params import Model, Params
from core.retention import GENERAL
from core.rounding import rounded

RAW = Path("data/raw")
VALIDATED = Path("data/validated")
SPLITS = ("validation", "test")

Json = dict[str, Any]


def sources() -> list[str]:
    """Return the files that are not those that the reports were made from: of data/raw too, where it is here."""
    read = read_json(provenance.VALIDATION)["files"] if RAW.exists() else []
    report = require(headline.REPORT).read_text(encoding="utf-8")
    return [
        f"{RAW / file['file']} is not the file that was read: its SHA-256 is not {file['sha256']}"
        for file in read
        if not (RAW / file["file"]).is_file() or sha256(RAW / file["file"]) != file["sha256"]
    ] + [
        f"{path} is not the file that {headline.REPORT} was made from"
        for path in provenance.SOURCES
        if sha256(require(path)) not in report
    ]


def model(used: Model) -> list[str]:
    """Return the files of the pretrained model that are not those that were read, where this machine has it."""
    read, folder = read_json(provenance.TOKENIZATION)["model"], checkpoint.at_hand(used)
    there = checkpoint.hashes(folder) if folder else read
    return [
        f"{folder}/{name} is not the file that was read: "
        + (f"its SHA-256 was {read[name]}" if name in read else "there was none of this name")
        for name in sorted(there | read)
        if there.get(name) != read.get(name)
    ]


def labels(split: str, rows: Dataset) -> NDArray[np.int64]:
    """Return the validated labels of the tokenized rows as class ids. Raises UserError where rows or labels are new."""
    path = VALIDATED / f"{split}.parquet"
    validated = parquet.frame(path).set_index("row_id")["label"]
    names = tokenized.labels(rows)
    if unknown := sorted(set(validated) - set(names)):
        raise UserError(f"{path} has labels that {tokenized.PATH} does not know ({listed(unknown)}): `dvc repro`")
    if list(validated.index) != list(rows["row_id"]):
        raise UserError(f"{path} has other rows than {tokenized.PATH / split}: `dvc repro`")
    return np.asarray([names.index(label) for label in validated])


def relabelled(split: str, rows: Dataset, found: NDArray[np.int64]) -> list[str]:
    """Return the rows whose validated label is not the one that the models were scored against."""
    names, row_ids = tokenized.labels(rows), rows["row_id"]
    return [
        f"row {row_ids[row]} is {names[found[row]]!r} in {VALIDATED / split}.parquet, {names[scored]!r} in "
        f"{tokenized.PATH / split}"
        for row, scored in enumerate(rows["labels"])
        if found[row] != scored
    ]


def remeasured(chosen: Params) -> tuple[Json, list[str]]:
    """Return what metrics.json must say, from the predictions and the validated labels, and the rows relabelled."""
    rows = {split: tokenized.read(split) for split in SPLITS}
    found = {split: labels(split, rows[split]) for split in SPLITS}
    row_ids = {split: rows[split]["row_id"] for split in SPLITS}
    rungs, models = predictions.read(predictions.BASELINE), predictions.read(predictions.FINETUNED)
    ladder = predictions.by_model(rungs, rungs["model"].unique(), row_ids)
    seeds = predictions.by_model(models, map(str, chosen.finetuning.seeds), row_ids)
    groups = {split: tokenized.groups(rows[split]) for split in SPLITS}
    by = slices.slicings(rows["test"], rows["validation"])
    metrics = measurement.measure(chosen.evaluation, ladder, seeds, found, groups, by)
    problems = [each for split in SPLITS for each in relabelled(split, rows[split], found[split])]
    return rounded(metrics), capped(problems)


def forgotten(chosen: Params) -> list[str]:
    """Return the values on the probe's accuracy that do not follow from what the linear probes predict."""
    rows = probe.read()
    topics = np.unique(rows["topic"].to_numpy(dtype=str), return_inverse=True)[1]
    names = [GENERAL, *map(str, chosen.finetuning.seeds)]
    probed = predictions.by_model(predictions.read(predictions.PROBE), names, {"probe": probe.row_ids(rows)})
    tables = {name: splits["probe"] for name, splits in probed.items()}
    follows = retention.accuracy(topics, tables.pop(GENERAL), tables, chosen.forgetting, chosen.evaluation)
    return numbers(generality.FORGETTING, read_json(generality.FORGETTING) | rounded(follows))


def numbers(path: Path, follows: Json) -> list[str]:
    """Return the values of a file of metrics that are not those that follow."""
    there, due = dict(flat(read_json(path))), dict(flat(follows))
    pairs = {name: (there.get(name, "missing"), due.get(name, "nothing")) for name in due | there}
    return capped([f"{path}: {name} is {a}; {b} follows" for name, (a, b) in pairs.items() if a != b])


def lines(path: Path, follows: Path) -> list[str]:
    """Return the lines of a document that are not those that follow, with the words that differ."""
    there, due = (require(each).read_bytes().decode(errors="replace").split("\n") for each in (path, follows))
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
    there, due = ({path.name: path.read_bytes() for path in each.glob("*")} for each in (folder, follows))
    return [f"{folder / name} is not what follows" for name in sorted(due | there) if there.get(name) != due.get(name)]
