"""What can go wrong in training, as the curves of the seeds show it: each rule returns a finding or None.

A rule speaks where more than half of the seeds show its fault. The limits are rules of thumb: on the sample, whose
training is sound, no seed comes near them.
"""

from core.data.epochs import Epoch
from core.data.ladder import FROZEN_ENCODER, UNTRAINED_HEAD
from tasks.report.diagnosis.inputs import Facts, Finding

WORSE = 1.2  # times what guessing costs
RISE = 1.05
UNLEARNT = 0.98  # of what guessing costs
FALL = 0.95
OVERFIT = 1.25


def learning_rate_too_high(facts: Facts) -> Finding | None:
    """Speaks where training costs more than guessing, or rises, or learns nothing at an unusually high rate."""
    worse = facts.most_seeds(lambda epochs: max(_training(epochs)) > WORSE * facts.guessing)
    rises = facts.most_seeds(lambda epochs: _training(epochs)[-1] > RISE * _training(epochs)[0])
    stuck = facts.finetuning.learning_rate > facts.finetuning.usual_learning_rates[1] and _learns_nothing(facts)
    if not (worse or rises or stuck):
        return None
    highest = facts.mean(lambda epochs: max(_training(epochs)))
    return Finding(
        f"The training loss is {highest:.3f} at its highest and {_last(facts):.3f} at the end, where answering every "
        f"row with the classes' shares costs {facts.guessing:.3f}.",
        f"Lower `finetuning.learning_rate`, now {facts.finetuning.learning_rate:g}: try "
        f"{facts.finetuning.lower_learning_rate:g}.",
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


def training_too_short(facts: Facts) -> Finding | None:
    """Speaks where the last epoch brought the validation loss a twentieth or more below all before it.

    Any fall will do where the loss is still above that of the frozen encoder. The epoch before the first is the frozen
    encoder too, where the head starts as its regression, else the untrained head.
    """
    ladder = facts.metrics.ladder
    untrained, frozen = (ladder[rung].validation_loss for rung in (UNTRAINED_HEAD, FROZEN_ENCODER))
    start = frozen if facts.finetuning.head == "probed" else untrained

    def still_falls(epochs: list[Epoch]) -> bool:
        *before, last = [start, *_validation(epochs)]
        return last < (1 if last > frozen else FALL) * min(before)

    if not facts.most_seeds(still_falls):
        return None
    before = facts.mean(lambda epochs: [start, *_validation(epochs)][-2])
    after = facts.mean(lambda epochs: _validation(epochs)[-1])
    epochs = len(next(iter(facts.epochs.values())))
    return Finding(
        f"The validation loss still falls in the last epoch, from {before:.3f} to {after:.3f}.",
        f"Raise `finetuning.epochs`, now {epochs}{'' if epochs < 9 else ' and at its most'}, or "
        f"`finetuning.learning_rate`, now {facts.finetuning.learning_rate:g}.",
    )


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


def _training(epochs: list[Epoch]) -> list[float]:
    return [epoch.training_loss for epoch in epochs]


def _validation(epochs: list[Epoch]) -> list[float]:
    return [epoch.validation_loss for epoch in epochs]


def _last(facts: Facts) -> float:
    return facts.mean(lambda epochs: _training(epochs)[-1])
