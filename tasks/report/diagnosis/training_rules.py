"""What can go wrong in training, as the curves of the seeds show it: each rule returns a finding or None.

A rule speaks where more than half of the seeds show its fault. The limits are rules of thumb: on the sample, whose
training is sound, no seed comes near them. These rules exclude each other, for what one advises is what another takes
for the fault: `fault` lets the first speak alone.
"""

from collections.abc import Callable

from core.data.epochs import Epoch
from core.data.ladder import FROZEN_ENCODER
from tasks.report.diagnosis.inputs import Facts, Finding

WORSE = 1.2  # times what guessing costs
RISE = 1.05
UNLEARNT = 0.98  # of what guessing costs
FALL = 0.95
OVERFIT = 1.25


def fault(facts: Facts) -> tuple[str, Finding] | None:
    """Return the one fault of training that the curves show, by its name, the worst first; None where there is none."""
    answers = ((name, rule(facts)) for name, rule in RULES.items())
    return next(((name, finding) for name, finding in answers if finding), None)


def learning_rate_too_high(facts: Facts) -> Finding | None:
    """Speaks where training costs more than guessing, or rises, or learns nothing at an unusually high rate.

    The first epoch's training loss is a mean that holds the untrained start, near the logarithm of the number of
    classes, which is above guessing wherever classes are uneven: it is not held against it. Of a single epoch the
    validation loss at its end is.
    """
    worse = facts.most_seeds(lambda epochs: _costs_more_than_guessing(facts, epochs))
    rises = facts.most_seeds(lambda epochs: _training(epochs)[-1] > RISE * _training(epochs)[0])
    stuck = facts.finetuning.learning_rate > facts.finetuning.usual_learning_rates[1] and _learns_nothing(facts)
    if not (worse or rises or stuck):
        return None
    return Finding(
        f"{_course(facts)}.",
        f"Lower `finetuning.learning_rate`, now {facts.finetuning.learning_rate:g}: try "
        f"{facts.finetuning.lower_learning_rate:g}.",
    )


def _costs_more_than_guessing(facts: Facts, epochs: list[Epoch]) -> bool:
    _, *later = _training(epochs)
    if later:
        return max(later) > WORSE * facts.guessing
    return _validation(epochs)[-1] > WORSE * facts.majority.loss


def _course(facts: Facts) -> str:
    first, last = facts.mean(lambda epochs: _training(epochs)[0]), _last(facts)
    highest = facts.mean(lambda epochs: max(_training(epochs)[1:], default=0.0))
    between = f", {highest:.3f} at its highest after it" if highest > last else ""
    ends = facts.mean(lambda epochs: _validation(epochs)[-1])
    return (
        f"The training loss is {first:.3f} in the first epoch{between} and {last:.3f} in the last, where answering "
        f"every row with the classes' shares costs {facts.guessing:.3f}; the validation loss ends at {ends:.3f}"
    )


def learning_rate_too_low(facts: Facts) -> Finding | None:
    """Speaks where training learns nothing at an unusually low rate."""
    lowest, highest = facts.finetuning.usual_learning_rates
    if facts.finetuning.learning_rate >= lowest or not _learns_nothing(facts):
        return None
    return Finding(
        f"The training loss ends at {_last(facts):.3f}, where answering every row with the classes' shares costs "
        f"{facts.guessing:.3f}.",
        f"Raise `finetuning.learning_rate`, now {facts.finetuning.learning_rate:g}: try {highest:g}.",
    )


def _learns_nothing(facts: Facts) -> bool:
    return facts.most_seeds(lambda epochs: min(_training(epochs)) > UNLEARNT * facts.guessing)


def overfitting(facts: Facts) -> Finding | None:
    """Speaks where the validation loss ends a quarter or more above its lowest while the training loss falls."""
    if not facts.most_seeds(
        lambda epochs: (
            _validation(epochs)[-1] > OVERFIT * min(_validation(epochs))
            and _training(epochs)[-1] < _training(epochs)[0]
        )
    ):
        return None
    lowest = facts.mean(lambda epochs: min(_validation(epochs)))
    last = facts.mean(lambda epochs: _validation(epochs)[-1])
    return Finding(
        f"The validation loss rises from {lowest:.3f} at its lowest to {last:.3f} at the end, while the training loss "
        f"falls to {_last(facts):.3f}.",
        "Lower `finetuning.epochs` or `finetuning.learning_rate`, or label more training rows.",
    )


def training_too_short(facts: Facts) -> Finding | None:
    """Speaks where the last epoch brought the validation loss a twentieth or more below all before it.

    Any fall will do where the loss is still above that of the frozen encoder. The epoch before the first is the frozen
    encoder too, where the head starts as its regression, else the untrained head.
    """
    frozen = facts.on_validation[FROZEN_ENCODER].loss

    def still_falls(epochs: list[Epoch]) -> bool:
        *before, last = [facts.start, *_validation(epochs)]
        return last < (1 if last > frozen else FALL) * min(before)

    if not facts.most_seeds(still_falls):
        return None
    before = facts.mean(lambda epochs: [facts.start, *_validation(epochs)][-2])
    after = facts.mean(lambda epochs: _validation(epochs)[-1])
    epochs = len(next(iter(facts.epochs.values())))
    return Finding(
        f"The validation loss still falls in the last epoch, from {before:.3f} to {after:.3f}.",
        f"Raise `finetuning.epochs`, now {epochs}{'' if epochs < 9 else ' and at its most'}, or "
        f"`finetuning.learning_rate`, now {facts.finetuning.learning_rate:g}.",
    )


RULES: dict[str, Callable[[Facts], Finding | None]] = {
    "learning rate too high": learning_rate_too_high,
    "learning rate too low": learning_rate_too_low,
    "overfitting": overfitting,
    "training too short": training_too_short,
}


def _training(epochs: list[Epoch]) -> list[float]:
    return [epoch.training_loss for epoch in epochs]


def _validation(epochs: list[Epoch]) -> list[float]:
    return [epoch.validation_loss for epoch in epochs]


def _last(facts: Facts) -> float:
    return facts.mean(lambda epochs: _training(epochs)[-1])
