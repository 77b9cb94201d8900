"""What must hold on a card, and how fast it is: `python -m benchmarks.gpu` (about 9 minutes on one GPU).

`python -m benchmarks.gpu --tiny` runs all of it in small, on any machine. Nothing is fetched: weights are random.
"""

import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.gpu.findings import Line, Part, document
from benchmarks.gpu.finetuning import FINETUNING, OUT_OF_MEMORY
from benchmarks.gpu.inference_speed import INFERENCE
from benchmarks.gpu.numerics import WITH_DROPOUT, WITHOUT_DROPOUT
from benchmarks.gpu.recorded import RECORDED
from benchmarks.gpu.side_by_side import SIDE_BY_SIDE
from benchmarks.gpu.sizes import FULL, TINY, Sizes
from benchmarks.gpu.speed import SPEED
from core.base.errors import UserError, run
from core.base.files import replacing
from core.encoders.device import device

RESULT = Path("benchmarks/gpu.md")
PARTS = (
    WITHOUT_DROPOUT,
    RECORDED,
    FINETUNING,
    OUT_OF_MEMORY,
    SPEED,
    INFERENCE,
    SIDE_BY_SIDE,
    WITH_DROPOUT,
)


def measure(parts: Sequence[Part], sizes: Sizes, result: Path) -> list[Line]:
    """Run the parts, print each line as it comes, write the document after each part; return all lines."""
    started = time.monotonic()
    found: dict[str, tuple[Part, list[Line]]] = {}
    end = started
    for part in parts:
        end += sizes.patience * part.seconds  # time that an earlier part left over is this one's too
        print(f"\n{part.title}\n{' | '.join([*part.header, 'holds'])}", flush=True)
        found[part.title] = (part, [])
        for line in found_by(part, sizes, end):
            print(" | ".join([*line.cells, line.holds]), flush=True)
            found[part.title][1].append(line)
        result.parent.mkdir(parents=True, exist_ok=True)
        with replacing(result) as partial:
            partial.write_text(document(found, time.monotonic() - started), encoding="utf-8")
    return [line for _, each in found.values() for line in each]


def found_by(part: Part, sizes: Sizes, deadline: float) -> Iterator[Line]:
    try:
        yield from part.lines(sizes, deadline)
    except Exception as error:  # what the others find is worth having
        traceback.print_exc()
        yield Line([part.header[0]], f"failed: {type(error).__name__}")


def main(*words: str) -> None:
    tiny = words == ("--tiny",)
    if words and not tiny:
        raise UserError(f"{' '.join(words)} is nothing that it knows: `python -m benchmarks.gpu`, or with --tiny")
    if not tiny and device().type != "cuda":
        raise UserError("no GPU here: `python -m benchmarks.gpu --tiny` runs all of it in small on a CPU")
    result = Path(tempfile.gettempdir()) / "gpu.md" if tiny else RESULT
    found = measure(PARTS, TINY if tiny else FULL, result)
    print(f"\nwritten to {result}")
    failed = [line for line in found if line.failed]
    if failed:
        raise UserError(*(f"{', '.join(line.cells[:3])}: {line.holds}" for line in failed))


if __name__ == "__main__":
    run(main, *sys.argv[1:])
