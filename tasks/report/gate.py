"""Whether a machine may go on: 0 where fine-tuning helped and every gate holds, else 1: `python -m tasks.report.gate`.

It asks the reports as they are; `dvc status` tells whether they are those of the data and parameters at hand.
"""

import sys
from typing import Any

from core.base import params, paths
from core.base.errors import UserError, run
from core.base.files import read_json
from core.reporting.headline import MEANING
from core.reporting.markdown import points
from tasks.evaluation.params import Evaluation


def reasons(metrics: dict[str, Any], confidence: float) -> list[str]:
    """Return why it may not: none where the verdict is adapted and all gates hold."""
    gain = metrics["difference"]["accuracy"]
    verdict = (
        f"the verdict is {metrics['verdict']}: the {confidence:.0%} interval of the accuracy difference is "
        f"{points(gain['low'])} to {points(gain['high'])} points"
    )
    return [*([verdict] if metrics["verdict"] != "adapted" else []), *failing(metrics["gates"])]


def failing(gates: dict[str, Any]) -> list[str]:
    return [
        f"the gate {name} fails: {gate['value']:.3f} is not at {'least' if 'min' in gate else 'most'} "
        f"{gate.get('min', gate.get('max'))}"
        for name, gate in gates.items()
        if not gate["passed"]
    ]


def main() -> None:
    metrics = read_json(paths.METRICS)
    section = params.load(Evaluation)
    asked = section.gates.model_dump()
    if asked != {name: gate.get("min", gate.get("max")) for name, gate in metrics["gates"].items()}:
        raise UserError(
            f"evaluation.gates in {paths.PARAMS} are not those that {paths.METRICS} was written with: `dvc repro`"
        )
    found = reasons(metrics, section.confidence)
    if found:
        raise UserError(*found)
    print(f"the gate is open: {MEANING['adapted'].lower()}, and every acceptance gate holds")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
