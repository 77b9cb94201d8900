"""The verdict in a few sentences, the same in the report, on the model's card and in the terminal."""

from typing import Any

from core.reporting.markdown import p_value, percent, points

MEANING = {
    "adapted": "Fine-tuning on this domain helped",
    "not shown": "That fine-tuning on this domain helps is not shown",
    "harmed": "Fine-tuning on this domain harmed",
}


def sentences(metrics: dict[str, Any], confidence: float) -> list[str]:
    """Return the verdict, what it rests on, and whether the gates hold, each as one plain sentence."""
    baseline, finetuned, gain = metrics["baseline"], metrics["finetuned"], metrics["difference"]["accuracy"]
    ladder = metrics["ladder"]
    highest = max(ladder, key=lambda rung: ladder[rung]["accuracy"])
    better = (
        f" {highest}, which validation did not choose, has {percent(ladder[highest]['accuracy'])} right on test."
        if ladder[highest]["accuracy"] > max(baseline["accuracy"], finetuned["accuracy"])
        else ""
    )
    return [
        f"{MEANING[metrics['verdict']]}: test accuracy goes from {percent(baseline['accuracy'])} "
        f"({baseline['name']}, best on validation of the models without fine-tuning) to "
        f"{percent(finetuned['accuracy'])}; the general model itself, its encoder frozen, reaches "
        f"{percent(ladder['frozen encoder']['accuracy'])}.{better}",
        f"The difference is {points(gain['estimate'])} points, {confidence:.0%} interval {points(gain['low'])} to "
        f"{points(gain['high'])}, p {_is(gain['p_value'])}; log loss goes from {baseline['loss']:.3f} "
        f"to {finetuned['loss']:.3f}.",
        _gates(metrics["gates"]),
    ]


def _is(value: float) -> str:
    return p_value(value) if value < 0.001 else f"= {p_value(value)}"


def _gates(gates: dict[str, Any]) -> str:
    said = [
        f"{name} {gate['value']:.3f} is {'' if gate['passed'] else 'not '}at "
        f"{'least' if 'min' in gate else 'most'} {gate.get('min', gate.get('max'))}"
        for name, gate in gates.items()
    ]
    passed = all(gate["passed"] for gate in gates.values())
    return f"The acceptance gates {'hold' if passed else 'do not all hold'}: {', '.join(said)}."
