"""Why fine-tuning did not help, or not enough: the report's section on the faults that the numbers support."""

from collections.abc import Callable, Collection, Sequence

from core.decision.scoring import Labels
from core.reporting.markdown import code, plain, table
from tasks.report.diagnosis import data_rules, training_rules, verdict_rules
from tasks.report.diagnosis.inputs import Facts, Finding
from tasks.report.diagnosis.label_noise import Doubted

LISTED = 20
ONE_CLASS = "one class for nearly every row"
NOT_TOLD = "no model tells the classes"
RULES: dict[str, Callable[[Facts], Finding | None]] = {
    NOT_TOLD: data_rules.no_model_tells_the_classes,
    "worse by another metric": verdict_rules.worse_by_another_metric,
    "too few rows": data_rules.too_few_rows,
    "label noise": data_rules.label_noise,
    "conflicting rows": data_rules.conflicting_rows,
    "leaked rows": data_rules.leaked_rows,
    "near twins": data_rules.near_twins,
    "truncation": data_rules.truncation,
    "class imbalance": data_rules.class_imbalance,
    "test set too small": verdict_rules.test_set_too_small,
    "baseline near its ceiling": verdict_rules.baseline_near_its_ceiling,
}
CHECKS = [ONE_CLASS, *training_rules.RULES, *RULES]


def diagnose(facts: Facts) -> dict[str, Finding]:
    """Return what the rules find, by the name of the fault, in the order of CHECKS; of training one fault at most.

    A model that answers with one class comes first. Its own advice, which may be about training, stands only where no
    other fault says what may have made it so.
    """
    training, others = training_rules.fault(facts), {name: rule(facts) for name, rule in RULES.items()}
    findings = dict([training]) if training else {}
    findings |= {name: finding for name, finding in others.items() if finding}
    collapse = verdict_rules.one_class(facts)
    if not collapse:
        return findings
    causes = [name for name in (*training_rules.RULES, NOT_TOLD) if name in findings]
    first = collapse.instead(f"The likely cause stands below: {causes[0]}.") if causes else collapse
    return {ONE_CLASS: first} | findings


def diagnosis(facts: Facts, doubted: str) -> str:
    """Return the faults with their evidence and what to change, or that there are none; doubted rows where it helps."""
    findings = diagnose(facts)
    told = [f"- **{name.capitalize()}.** {fault.evidence} {fault.change}" for name, fault in findings.items()]
    parts = ["## Diagnosis", _introduction(facts, findings), "\n".join(told)]
    if "label noise" in findings:
        parts.append(f"Validation rows whose label is in doubt, the least likely first:\n\n{doubted}")
    return "\n\n".join(part for part in parts if part)


def _introduction(facts: Facts, faults: Collection[str]) -> str:
    failing = ", ".join(map(plain, facts.failing_gates))
    gates = f", and these gates fail: {failing}" if failing else ", and the gates hold" if facts.gates else ""
    state = f"The verdict is *{facts.verdict}*{gates}."
    if faults:
        return (
            f"{state} {len(faults)} of the {len(CHECKS)} checks fired; each is a reason to try the change, not a proof."
        )
    rest = "" if facts.verdict == "adapted" and not facts.failing_gates else " So they do not say what to change."
    return f"{state} None of the {len(CHECKS)} checks fired ({', '.join(CHECKS)}).{rest}"


def doubted_rows(
    doubted: Doubted, labels: Labels, row_ids: Sequence[str], names: Sequence[str], texts: Sequence[str] | None
) -> str:
    """Return a table of the rows most in doubt, the least likely label first."""
    rows = [
        [code(row_ids[row]), code(names[labels[row]]), code(names[likely])] + ([code(texts[row])] if texts else [])
        for row, likely in list(zip(doubted.rows, doubted.likely, strict=True))[:LISTED]
    ]
    return table(["row", "label", "the model says", *(["text"] if texts else [])], rows)
