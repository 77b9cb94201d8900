"""Whether a machine may go on: 0 where fine-tuning helped and every gate holds, else 1: `python -m tasks.report.gate`.

It asks the reports as they are, and is shut where these are not of the data, parameters and code at hand.
"""

import sys
from collections.abc import Sequence

from core.base import params, paths
from core.base.errors import UserError, run
from core.data import validation_counts
from core.decision.gates import OF_A_CLASS, Gate
from core.reporting.headline import headline
from core.reporting.markdown import interval, score
from core.scores import forgetting, gates
from core.scores import metrics as metrics_file
from core.scores.gates import Judged
from core.scores.metrics import Metrics
from tasks.evaluation.params import Evaluation
from tasks.report.current import require_current


def reasons(metrics: Metrics, answer: str, judged: Sequence[Judged], section: Evaluation) -> list[str]:
    """Return why it may not: none where the test split was read, the verdict is adapted and all gates hold."""
    sealed = f"the test split is sealed: {paths.METRICS} holds validation scores alone"
    return [
        *([sealed] if metrics.split != "test" else []),
        *([f"the verdict is {metrics.verdict}. {answer}"] if metrics.verdict != "adapted" else []),
        *failing(judged, section),
    ]


def failing(judged: Sequence[Judged], section: Evaluation) -> list[str]:
    """Return the gates that do not hold, and of one that nothing can hold what is missing."""
    pairs = zip(judged, section.gates, strict=True)
    return [f"the gate {gate.title} fails: {_why(gate, asked, section)}" for gate, asked in pairs if not gate.passed]


def _why(gate: Judged, asked: Gate, section: Evaluation) -> str:
    if asked.metric in OF_A_CLASS and (asked.of_class or section.positive) is None:
        return (
            f"it is of a class, and evaluation.positive is null: name one, {{metric: {asked.metric}, of_class: ...}}, "
            "or take the gate out of evaluation.gates"
        )
    return f"{_found(gate)} is not {gate.required}"


def _found(gate: Judged) -> str:
    return interval(gate.found, score) if gate.found else "what these rows do not show, or a model of one class,"


def main() -> None:
    metrics, section = metrics_file.read(), params.load(Evaluation)
    require_current()
    judged = gates.judge(section.gates, metrics, forgetting.read(), section.positive)
    said = headline(metrics, section.decision(validation_counts.read().labels), None)
    if against := reasons(metrics, said.answer, judged, section):
        raise UserError(*against)
    print(f"the gate is open: {said.answer} {'Every gate holds.' if judged else 'No gate is set.'}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
