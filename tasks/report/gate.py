"""Whether a machine may go on: 0 where fine-tuning helped and every gate holds, else 1: `python -m tasks.report.gate`.

It asks the reports as they are; `dvc status` tells whether they are those of the data and parameters at hand.
"""

import sys
from collections.abc import Mapping

from core.base import params, paths
from core.base.errors import UserError, run
from core.reporting.headline import MEANING
from core.reporting.markdown import points
from core.scores import metrics as metrics_file
from core.scores.metrics import Gate, Metrics
from tasks.evaluation.params import Evaluation


def reasons(metrics: Metrics, confidence: float) -> list[str]:
    """Return why it may not: none where the verdict is adapted and all gates hold."""
    gain = metrics.difference.accuracy
    verdict = (
        f"the verdict is {metrics.verdict}: the {confidence:.0%} interval of the accuracy difference is "
        f"{points(gain.low)} to {points(gain.high)} points"
    )
    return [*([verdict] if metrics.verdict != "adapted" else []), *failing(metrics.gates)]


def failing(gates: Mapping[str, Gate]) -> list[str]:
    return [
        f"the gate {name} fails: {gate.value:.3f} is not {gate.required}"
        for name, gate in gates.items()
        if not gate.passed
    ]


def main() -> None:
    metrics = metrics_file.read()
    section = params.load(Evaluation)
    asked = section.gates.model_dump()
    if asked != {name: gate.bound for name, gate in metrics.gates.items()}:
        raise UserError(
            f"evaluation.gates in {paths.PARAMS} are not those that {paths.METRICS} was written with: `dvc repro`"
        )
    if against := reasons(metrics, section.confidence):
        raise UserError(*against)
    print(f"the gate is open: {MEANING['adapted'].lower()}, and every acceptance gate holds")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
