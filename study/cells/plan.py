"""The cells that params.yaml asks for, each with the hash of all that its result depends on."""

import hashlib
import json
from functools import cache
from typing import Any

from core.base import params
from core.data import tokenized_rows
from core.decision.primary import Primary
from core.encoders.checkpoint import hashes, locate
from core.encoders.params import Model
from study import draws
from study.cells.cell import Cell, versions
from study.cells.rows import Rows, Split, combined
from study.cells.sources import sources
from study.draws import Positions
from study.params import Study
from study.techniques.technique import Technique, technique
from tasks.evaluation.params import Evaluation

DIGITS = 20  # hexadecimal, of a cell's name


def scored_split() -> Split:
    """Return what is scored: validation while the test split is sealed."""
    return "test" if params.load(Evaluation).test == "open" else "validation"


def cells(rows: Rows, section: Study) -> list[Cell]:
    """Return the cells of the grid: by technique and size as params.yaml has them, then by draw."""
    labels = list(rows.pool["labels"])
    classes = len(tokenized_rows.labels(rows.pool))
    sizes = _distinct(labels, draws.sizes(section), section.seed)
    most = max(draws.repetitions(size, section) for size in sizes)
    by_repetition = [draws.nested(labels, sizes, section.seed, number) for number in range(1, most + 1)]
    return [
        _cell(name, size.name, repetition, by_repetition[repetition - 1], rows, section)
        for name in section.techniques
        for size in sizes
        for repetition in range(1, draws.repetitions(size, section) + 1)
        if len(by_repetition[repetition - 1][size.name]) <= classes * section.largest.get(name, len(labels))
    ]


def _distinct(labels: list[int], sizes: list[draws.Size], seed: int) -> list[draws.Size]:
    """Return the sizes without those of the same rows as another: of few training rows, 64 a class are all of them."""
    rows = {name: drawn.tobytes() for name, drawn in draws.nested(labels, sizes, seed, 1).items()}
    last = {drawn: name for name, drawn in rows.items()}
    return [size for size in sizes if last[rows[size.name]] == size.name]


def _cell(name: str, size: str, repetition: int, drawn: dict[str, Positions], rows: Rows, section: Study) -> Cell:
    known, seed = technique(name), section.seed + repetition
    start = min(drawn.values(), key=len)
    return Cell(
        technique=name,
        size=size,
        repetition=repetition,
        seed=seed,
        drawn=drawn[size].tolist(),
        start=start.tolist(),
        gpu=known.gpu,
        name=_hash(name, known, seed, drawn[size], start, rows),
    )


def _hash(name: str, known: Technique, seed: int, drawn: Positions, start: Positions, rows: Rows) -> str:
    """Return the hash of all that a cell's result depends on; nothing is computed anew for anything else."""
    by: dict[str, Any] = {
        **_shared(name),
        "names": tokenized_rows.labels(rows.pool),
        "held out": rows.held_out_hash,
        "drawn": combined(rows.pool_hashes[position] for position in drawn),
        "seed": seed if known.seeded else None,
        "copies": combined(rows.copy_hashes[copy] for copy in rows.drawn_copies(drawn)) if known.augmented else None,
        "pool": combined(rows.pool_hashes) if known.reads_pool else None,
        "start": combined(rows.pool_hashes[position] for position in start) if known.reads_pool else None,
    }
    return hashlib.sha256(json.dumps(by, sort_keys=True).encode()).hexdigest()[:DIGITS]


@cache
def _shared(name: str) -> dict[str, Any]:
    """Return what all cells of a technique depend on."""
    sections = technique(name).parameters()
    model = next((section for section in sections if isinstance(section, Model)), None)
    return {
        "technique": name,
        "parameters": [section.model_dump() for section in sections if section is not model],
        "model": hashes(locate(model)) if model else None,
        "pretrained_only": model.pretrained_only if model else None,
        "primary": params.load(Primary).model_dump(include=set(Primary.model_fields)),
        "sources": sources(f"study.techniques.{name}") | sources("study.cells.compute"),
        "packages": versions(),
    }
