"""What the stages before any network cost where rows are many: `python -m benchmarks.million_rows` (ten minutes).

A project with this tree's code and parameters, and one CSV file of rows, each of 20 words by Zipf's law: half of them
those of everyday sentences, half of 100,000 made-up ones. Each stage runs as `dvc repro` would run it.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd
import psutil

from benchmarks import processor
from core.base import paths
from core.base.errors import run
from core.base.files import replacing
from core.data import probe_sentences
from core.reporting.markdown import table

RESULT = Path("benchmarks/million_rows.md")
STAGES = ("validation", "augmentation", "tokenization")
ROWS = (100_000, 1_000_000)
WORDS, MADE_UP, SEED = 20, 100_000, 13
ROWS_OF_A_PATIENT, COMPLAINTS = 3, 40
AT_A_TIME = 50_000  # rows
SYLLABLES = [first + vowel + last for first in "bdfgklmnprst" for vowel in "aeiou" for last in ("", "n", "r", "s")]
TREE = ("core", "study", "tasks", "data/lexicon.csv", "data/probe", "models", "params.yaml")
PAUSE = 0.05  # seconds between two looks at a stage's memory


class Cost(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds of all its processes
    memory: float  # GB, of all its processes at once, what they share counted once
    load: float  # processes that ran or waited to run meanwhile, its own among them, by the system's mean of a minute


def vocabulary(generator: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return the words of everyday sentences, the frequent ones first, and made-up ones."""
    everyday = pd.Series(" ".join(probe_sentences.read()["text"]).split()).value_counts().index.tolist()
    parts = generator.choice(SYLLABLES, (MADE_UP, 4))
    return everyday, ["".join(row[:length]) for row, length in zip(parts, 1 + np.arange(MADE_UP) % 4, strict=True)]


def drawn(words: list[str], generator: np.random.Generator, rows: int) -> np.ndarray:
    """Return words of rows, drawn by Zipf's law, half as many as a row has."""
    chances = 1 / np.arange(1, len(words) + 1)
    return np.asarray(words, dtype=object)[generator.choice(len(words), (rows, WORDS // 2), p=chances / chances.sum())]


def tables(rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of the raw data with the columns that the sample has, some at a time."""
    generator = np.random.default_rng(SEED)
    sources = vocabulary(generator)
    for start in range(0, rows, AT_A_TIME):
        count = min(AT_A_TIME, rows - start)
        words = generator.permuted(np.hstack([drawn(source, generator, count) for source in sources]), axis=1)
        yield pd.DataFrame(
            {
                "text": list(map(" ".join, words)),
                "label": generator.choice(["routine", "urgent"], count),
                "patient": [f"p{number}" for number in generator.integers(rows // ROWS_OF_A_PATIENT + 3, size=count)],
                "complaint": [f"c{number}" for number in generator.integers(COMPLAINTS, size=count)],
                "seen": generator.choice(["yes", "no"], count),
            }
        )


def project(folder: Path, rows: int) -> None:
    """Write a project of which nothing is computed, with so many rows of raw data."""
    for name in TREE:
        source, target = Path(name), folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "seeds", "finetuned"))
        else:
            shutil.copyfile(source, target)
    raw = folder / paths.RAW / "all.csv"
    raw.parent.mkdir()
    for number, some in enumerate(tables(rows)):
        some.to_csv(raw, mode="a", header=not number, index=False)


def memory(process: psutil.Process) -> int:
    """Return the bytes that a process and its children hold."""
    held = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            held += each.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return held


def cost(folder: Path, stage: str) -> Cost:
    """Return what a stage costs. Its output is this process's own."""
    before, started, peak = os.times(), time.monotonic(), 0
    process = psutil.Popen([sys.executable, "-m", f"tasks.{stage}"], cwd=folder)
    while process.poll() is None:
        peak = max(peak, memory(process))
        time.sleep(PAUSE)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, stage)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.monotonic() - started, cpu, peak / 1e9, os.getloadavg()[0])


def costs(rows: int) -> dict[str, Cost]:
    """Return what each stage costs."""
    with TemporaryDirectory() as folder:
        project(Path(folder), rows)
        return {stage: cost(Path(folder), stage) for stage in STAGES}


def written(found: dict[int, dict[str, Cost]]) -> str:
    """Return the result as markdown."""
    lines = []
    for rows, by_stage in found.items():
        wall, cpu, most, load = zip(*by_stage.values(), strict=True)
        everything = Cost(sum(wall), sum(cpu), max(most), max(load))
        for stage, each in (by_stage | {"all": everything}).items():
            figures = (f"{each.wall:.0f}", f"{each.cpu:.0f}", f"{each.memory:.1f}", f"{each.load:.1f}")
            lines.append([f"{rows:,}", stage, *figures])
    return (
        f"# Many rows\n\nRows of {WORDS} words in one CSV file, on {processor.cores()}. Memory is the peak of a stage. "
        "Load is the mean of processes that ran or waited at its end, its own among them: where it is above the "
        "number of cores, others took their share, and seconds of CPU say more than those of the clock. Written by "
        "`python -m benchmarks.million_rows`.\n\n"
        f"{table(['rows', 'stage', 'seconds', 'seconds of CPU', 'memory: GB', 'load'], lines)}\n"
    )


def main() -> None:
    found = {rows: costs(rows) for rows in ROWS}
    with replacing(RESULT) as partial:
        partial.write_text(written(found), encoding="utf-8")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
