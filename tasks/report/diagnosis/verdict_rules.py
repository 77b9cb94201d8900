"""What can stand between a run and its verdict: each rule returns a finding or None. Limits are rules of thumb."""

from core.data.ladder import MAJORITY
from core.reporting.markdown import code, percent
from core.reporting.other_metrics import clearly_worse
from tasks.report.diagnosis.data_rules import IMBALANCE
from tasks.report.diagnosis.inputs import Facts, Finding

ERRORS_LEFT = 0.05
MISSED = 0.25
SHARES_RIGHT = ("balanced_accuracy", "accuracy", "macro_f1")  # metrics whose distance from 1 is mistakes


def one_class(facts: Facts) -> Finding | None:
    """Speaks where the published model answers nearly every row with one class.

    That is: it names another class for less than a tenth of the rows that have another label.
    """
    published = facts.on_validation[facts.published]
    if not published.answers_alike:
        return None
    others = [seed for seed in facts.seeds if seed != facts.published]
    alike = sum(facts.on_validation[seed].answers_alike for seed in others)
    same = f" Of the other seeds {alike} of {len(others)} do the same." if others else ""
    return Finding(
        f"The published model answers {code(published.answer)} for {percent(published.answered)} of the validation "
        f"rows, of which {percent(published.labelled)} have that label: whatever its scores, it hardly tells the "
        f"classes apart.{same}",
        _other_training(facts),
    )


def _other_training(facts: Facts) -> str:
    """Return what to try where the curves of training do not say what is wrong."""
    if facts.imbalance >= IMBALANCE and facts.finetuning.class_weights == "none":
        return "Set `finetuning.class_weights` to `balanced`, so that rare classes count."
    if facts.finetuning.head == "random":
        return "Set `finetuning.head` to `probed`, so that it starts from what the frozen encoder tells."
    return (
        f"Lower `finetuning.learning_rate`, now {facts.finetuning.learning_rate:g}: try "
        f"{facts.finetuning.lower_learning_rate:g}."
    )


def worse_by_another_metric(facts: Facts) -> Finding | None:
    """Speaks where the verdict is not harmed, and the published model is clearly worse by another metric."""
    said = clearly_worse(facts.differences, facts.primary, facts.verdict, facts.baseline, facts.confidence)
    if not said:
        return None
    return Finding(
        said,
        f"See which classes lose. If such a metric is what counts for you, the verdict by {facts.metric.title} is not "
        "the answer: name it in `evaluation.primary`.",
    )


def test_set_too_small(facts: Facts) -> Finding | None:
    """Speaks where no gain is shown, and one that mends a quarter of the baseline's errors could have been missed."""
    if facts.verdict == "too few groups":
        return Finding(
            f"The {facts.rows} {facts.split} rows tell as much as {int(facts.effective_groups)} clusters of equal "
            "size, too few for any interval to hold.",
            f"Label {facts.split} rows of more values of `validation.group` and `validation.cluster`.",
        )
    smallest, sought = facts.smallest_gain, MISSED * facts.left_to_gain
    if facts.verdict != "not shown" or smallest is None or not 0 < sought < smallest:
        return None
    needed = facts.rows * (smallest / sought) ** 2  # the standard error falls with the square root of the rows
    groups = " from new groups" if facts.groups < facts.rows else ""
    return Finding(
        f"With 80% power {facts.rows} {facts.split} rows show a gain of {facts.amount(smallest)} or more, and "
        f"{facts.amount(facts.left_to_gain)} are left to gain: a worthwhile one could be missed.",
        f"Label more {facts.split} rows{groups}: about {float(f'{needed:.2g}'):,.0f} would show "
        f"{facts.amount(sought)} of this model.{_seeds_apart(facts)}",
    )


def _seeds_apart(facts: Facts) -> str:
    if len(facts.seeds) < 2:
        return ""
    lowest, highest = min(facts.seeds.values()), max(facts.seeds.values())
    return (
        f" No number of rows says what another training run gives: the {len(facts.seeds)} seeds here score "
        f"{lowest:.3f} to {highest:.3f}."
    )


def baseline_near_its_ceiling(facts: Facts) -> Finding | None:
    """Speaks where fine-tuning did not help and the baseline makes few mistakes, by a metric that counts them.

    Few are a twentieth, and half of those of naming the commonest class at most.
    """
    left, majority = facts.left_to_gain, 1 - facts.rungs[MAJORITY]
    if facts.verdict == "adapted" or facts.primary not in SHARES_RIGHT or left > min(ERRORS_LEFT, majority / 2):
        return None
    return Finding(
        f"{facts.baseline}, without fine-tuning, scores {facts.rungs[facts.baseline]:.3f} by {facts.metric.title}: "
        f"{facts.amount(left)} are left to gain, wrong labels among them.",
        f"Use {facts.baseline}; or measure on rows that it finds harder.",
    )
