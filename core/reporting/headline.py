"""The verdict in a few sentences, the same in the report, on the model's card and in the terminal."""

from collections.abc import Mapping

from core.data.ladder import FROZEN_ENCODER
from core.reporting.markdown import p_value, percent, points
from core.scores.metrics import Gate, Metrics

MEANING = {
    "adapted": "Fine-tuning on this domain helped",
    "not shown": "That fine-tuning on this domain helps is not shown",
    "harmed": "Fine-tuning on this domain harmed",
}


def sentences(metrics: Metrics, confidence: float) -> list[str]:
    """Return the verdict, what it rests on, and whether the gates hold, each as one plain sentence."""
    baseline, finetuned, gain = metrics.baseline, metrics.finetuned, metrics.difference.accuracy
    return [
        f"{MEANING[metrics.verdict]}: test accuracy goes from {percent(baseline.accuracy)} "
        f"({baseline.name}, best on validation of the models without fine-tuning) to "
        f"{percent(finetuned.accuracy)}; the pretrained model itself, its encoder frozen, reaches "
        f"{percent(metrics.ladder[FROZEN_ENCODER].accuracy)}.{_better_rung(metrics)}",
        f"The difference is {points(gain.estimate)} points, {confidence:.0%} interval {points(gain.low)} to "
        f"{points(gain.high)}, p {_is(gain.p_value)}; log loss goes from {baseline.loss:.3f} "
        f"to {finetuned.loss:.3f}.",
        _gates(metrics.gates),
    ]


def _better_rung(metrics: Metrics) -> str:
    """Return that a rung does better on test than all that was chosen, where one does."""
    highest = max(metrics.ladder, key=lambda rung: metrics.ladder[rung].accuracy)
    accuracy = metrics.ladder[highest].accuracy
    if accuracy <= max(metrics.baseline.accuracy, metrics.finetuned.accuracy):
        return ""
    return f" {highest}, which validation did not choose, has {percent(accuracy)} right on test."


def _is(value: float) -> str:
    return p_value(value) if value < 0.001 else f"= {p_value(value)}"


def _gates(gates: Mapping[str, Gate]) -> str:
    answers = [
        f"{name} {gate.value:.3f} is {'' if gate.passed else 'not '}{gate.required}" for name, gate in gates.items()
    ]
    passed = all(gate.passed for gate in gates.values())
    return f"The acceptance gates {'hold' if passed else 'do not all hold'}: {', '.join(answers)}."
