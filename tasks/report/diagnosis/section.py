"""Why fine-tuning did not help, or not enough: the report's section on the faults that the numbers support."""

from collections.abc import Callable, Collection, Sequence

from core.decision.scoring import Labels
from core.reporting.markdown import code, percent, table
from core.scores.metrics import Metrics
from tasks.report.diagnosis import data_rules, training_rules
from tasks.report.diagnosis.inputs import Facts, Finding
from tasks.report.diagnosis.label_noise import Doubted

LISTED = 20
CEILING = 0.95
MISSED = 0.25


def test_set_too_small(facts: Facts) -> Finding | None:
    """Speaks where no gain is shown, and one that mends a quarter of the baseline's errors could have been missed."""
    smallest, rows = facts.metrics.smallest_gain, facts.metrics.test.rows
    errors = 1 - facts.metrics.baseline.accuracy
    if facts.metrics.verdict != "not shown" or not 0 < MISSED * errors < smallest:
        return None
    needed = rows * (smallest / (MISSED * errors)) ** 2  # the standard error falls with the square root of the rows
    return Finding(
        f"With 80% power {rows} test rows show a gain of {100 * smallest:.1f} points or more, of the "
        f"{100 * errors:.1f} that are left to gain: a worthwhile one could be missed.",
        f"Label more test rows: about {float(f'{needed:.2g}'):,.0f} would show {100 * MISSED * errors:.1f} points.",
    )


def baseline_near_its_ceiling(facts: Facts) -> Finding | None:
    """Speaks where fine-tuning did not help and the best model without it is right on 95% of the test rows or more."""
    baseline = facts.metrics.baseline
    if facts.metrics.verdict == "adapted" or baseline.accuracy < CEILING:
        return None
    return Finding(
        f"{baseline.name}, without fine-tuning, is right on {percent(baseline.accuracy)} of the test rows: "
        f"{100 * (1 - baseline.accuracy):.1f} points are left to gain, wrong labels among them.",
        f"Use {baseline.name}; or measure on rows that it finds harder.",
    )


RULES: dict[str, Callable[[Facts], Finding | None]] = {
    "learning rate too high": training_rules.learning_rate_too_high,
    "learning rate too low": training_rules.learning_rate_too_low,
    "training too short": training_rules.training_too_short,
    "overfitting": training_rules.overfitting,
    "too few rows": data_rules.too_few_rows,
    "no model tells the classes": data_rules.no_model_tells_the_classes,
    "label noise": data_rules.label_noise,
    "conflicting rows": data_rules.conflicting_rows,
    "leaked rows": data_rules.leaked_rows,
    "truncation": data_rules.truncation,
    "class imbalance": data_rules.class_imbalance,
    "test set too small": test_set_too_small,
    "baseline near its ceiling": baseline_near_its_ceiling,
}


def diagnose(facts: Facts) -> dict[str, Finding]:
    """Return what the rules find, by the name of the fault, in the order of RULES."""
    answers = {name: rule(facts) for name, rule in RULES.items()}
    return {name: finding for name, finding in answers.items() if finding}


def diagnosis(facts: Facts, doubted: str) -> str:
    """Return the faults with their evidence and what to change, or that there are none; doubted rows where it helps."""
    findings = diagnose(facts)
    told = [f"- **{name.capitalize()}.** {fault.evidence} {fault.change}" for name, fault in findings.items()]
    parts = ["## Diagnosis", _introduction(facts.metrics, findings), "\n".join(told)]
    if "label noise" in findings:
        parts.append(f"Validation rows whose label is in doubt, the least likely first:\n\n{doubted}")
    return "\n\n".join(part for part in parts if part)


def _introduction(metrics: Metrics, faults: Collection[str]) -> str:
    failing = [name for name, gate in metrics.gates.items() if not gate.passed]
    gates = f"these gates fail: {', '.join(failing)}" if failing else "the gates hold"
    state = f"The verdict is *{metrics.verdict}*, and {gates}"
    if faults:
        return f"{state}. This run's numbers support these faults; each is a reason to try the change, not a proof."
    rest = "" if metrics.verdict == "adapted" and not failing else " So they do not say what to change."
    return f"{state}. None of the faults looked for passes its limit: {', '.join(RULES)}.{rest}"


def doubted_rows(
    doubted: Doubted, labels: Labels, row_ids: Sequence[str], names: Sequence[str], texts: Sequence[str] | None
) -> str:
    """Return a table of the rows most in doubt, the least likely label first."""
    rows = [
        [code(row_ids[row]), code(names[labels[row]]), code(names[likely])] + ([code(texts[row])] if texts else [])
        for row, likely in list(zip(doubted.rows, doubted.likely, strict=True))[:LISTED]
    ]
    return table(["row", "label", "the models say", *(["text"] if texts else [])], rows)
