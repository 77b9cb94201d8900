"""What can be wrong with the data, as counts and doubted labels show it: each rule returns a finding or None.

The limits are rules of thumb; that of label noise was measured, see tasks/report/diagnosis/label_noise.py.
"""

from scipy.stats import binomtest

from core.base import paths
from core.data.ladder import MAJORITY
from core.reporting.headline import gain
from core.reporting.markdown import code, percent
from tasks.report.diagnosis.inputs import Facts, Finding

FEW_ROWS = 1000
FEW_PER_CLASS = 50
CHANCE = 0.01
UNTOLD = 0.97  # of the loss of the classes' shares
NOISE = 0.05
DOUBTED_ROWS = 5
SLIGHT = 0.2
TRUSTED = 0.75
SET_ASIDE = 0.01
TRUNCATED = 0.1
IMBALANCE = 10
LAG = 0.05


def too_few_rows(facts: Facts) -> Finding | None:
    """Speaks where the learning-curve study predicts that more rows are worth having; without a prediction by a count.

    Below 1,000 rows fine-tuning hangs on its seed: Zhang et al., Revisiting Few-sample BERT Fine-tuning (2021).
    """
    studied = facts.studied
    if studied and studied.gain and studied.gain.low > facts.margin:
        more = gain(studied.primary, studied.gain, studied.confidence)
        return Finding(
            f"The learning curve of {studied.technique} predicts {more} from {studied.more} more labelled rows.",
            "Label more training rows: see [the study](study.md).",
        )
    rows, classes = sum(facts.training_rows.values()), len(facts.training_rows)
    if rows >= min(FEW_ROWS, FEW_PER_CLASS * classes) or (studied and studied.flat):
        return None
    count = f"Training has {rows} rows, {rows / classes:.0f} per class, which is few to fine-tune on. This is a count: "
    if studied is None:
        return Finding(
            f"{count}what more rows would bring was not measured.",
            "Measure it by `make study`, or label more training rows.",
        )
    return Finding(f"{count}[the study](study.md) does not show what more rows would bring.", "Label some more rows.")


def no_model_tells_the_classes(facts: Facts) -> Finding | None:
    """Speaks where no model beats the classes' shares on validation: in accuracy by more than chance, or in loss.

    Exact binomial test of the best accuracy, with Bonferroni's correction for the number of models.
    """
    others = [model for name, model in facts.on_validation.items() if name != MAJORITY]
    best = max(model.accuracy for model in others)
    lowest = min(model.loss for model in others)
    guess, rows = facts.majority.accuracy, facts.doubted.asked
    p_value = binomtest(round(best * rows), rows, guess, alternative="greater").pvalue
    if p_value * len(others) < CHANCE or lowest < UNTOLD * facts.majority.loss:
        return None
    return Finding(
        f"The best model, fine-tuned or not, is right on {percent(best)} of {rows} validation rows, and naming the "
        f"commonest class on {percent(guess)}: no more than chance can do.",
        "See whether `validation.label` names the right column, and whether the labels follow from the texts; where "
        "they do, label more rows.",
    )


def label_noise(facts: Facts) -> Finding | None:
    """Speaks where the best model at hand, by confident learning, doubts a twentieth of the validation rows or more.

    A model that learnt nothing doubts whatever it does not name, and is not heard: Cohen's kappa below 0.2 is slight
    agreement (Landis & Koch, Biometrics 33, 1977).
    """
    doubted = facts.doubted
    few = doubted.share < NOISE or len(doubted.rows) < DOUBTED_ROWS
    if few or doubted.agreement < SLIGHT:
        return None
    weak = (
        " A model that is wrong so often doubts many a row that is merely hard." if doubted.accuracy < TRUSTED else ""
    )
    return Finding(
        f"The best model at hand, {doubted.model}, right on {percent(doubted.accuracy)} of {doubted.asked} validation "
        f"rows that it has not trained on, doubts the label of {len(doubted.rows)} ({percent(doubted.share)}); not all "
        f"of these are wrong.{weak}",
        "Read the rows named below. Where labels are wrong, correct them in `data/raw`, and look for more of their "
        "kind in training.",
    )


def conflicting_rows(facts: Facts) -> Finding | None:
    """Speaks where one row in a hundred or more has a text that stands elsewhere with another label."""
    counted = _quarantined(facts, "conflicting")
    if not counted:
        return None
    return Finding(
        f"{counted} had a text that stands elsewhere with another label.",
        "Agree on one label for each text in `data/raw`; texts that need two are beyond this experiment.",
    )


def leaked_rows(facts: Facts) -> Finding | None:
    """Speaks where one row in a hundred or more has a text that stands in a later split, too."""
    counted = _quarantined(facts, " also in ")
    if not counted:
        return None
    return Finding(
        f"{counted} had a text that stands in a later split, too.",
        "Split `data/raw` so that no text stands twice; one file of all rows is split for you.",
    )


def near_twins(facts: Facts) -> Finding | None:
    """Speaks where one scored row in a hundred or more has a near twin that models learn from or are chosen by."""
    if not facts.suspects or facts.suspects < SET_ASIDE * facts.rows:
        return None
    return Finding(
        f"{facts.suspects} of {facts.rows} {facts.split} rows ({percent(facts.suspects / facts.rows)}) have a near "
        f"twin in an earlier split, named in `{paths.SUSPECTS}`.",
        "Name in `validation.group` what such rows share (a template, a thread, a source), so that they stay in one "
        "split, or keep one of each in `data/raw`.",
    )


def _quarantined(facts: Facts, word: str) -> str | None:
    read = sum(file.rows for file in facts.validation.files)
    rows = sum(reason.rows for reason in facts.validation.set_aside if word in reason.reason)
    return f"{rows} of {read} rows, quarantined in `{paths.QUARANTINE}`," if rows >= SET_ASIDE * read else None


def truncation(facts: Facts) -> Finding | None:
    """Speaks where one training text in ten or more lost its end, or its middle."""
    train, length = facts.tokenization.splits["train"], facts.tokenization.max_length
    share = train.truncated / train.rows
    if share < TRUNCATED:
        return None
    others = {"truncate": "`head_tail` or `chunks`", "head_tail": "`chunks`"}[facts.tokenization.long]
    other = f", set `tokenization.long` to {others}" if facts.tokenization.texts == 1 else ""
    return Finding(
        f"{train.truncated} of {train.rows} training texts ({percent(share)}) were cut to {length} tokens.",
        f"Raise `tokenization.max_length`, now {length}, as far as the model reads{other}, or put what matters first.",
    )


def class_imbalance(facts: Facts) -> Finding | None:
    """Speaks where a class is ten times as common as another, and macro F1 lags behind accuracy."""
    counts, accuracy, macro_f1 = facts.training_rows, facts.scores["accuracy"], facts.scores["macro_f1"]
    rarest, commonest = min(counts, key=lambda name: counts[name]), max(counts, key=lambda name: counts[name])
    if facts.imbalance < IMBALANCE or accuracy - macro_f1 < LAG:
        return None
    return Finding(
        f"Training has {counts[commonest]} rows of {code(commonest)} and {counts[rarest]} of {code(rarest)}, and "
        f"macro F1, {macro_f1:.3f}, lags behind accuracy, {accuracy:.3f}.",
        "Label more rows of the rare classes, or join classes in `data/raw`.",
    )
