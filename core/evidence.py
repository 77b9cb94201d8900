"""The report's sections on how the models did, from metrics.json: each function returns markdown."""

from typing import Any

from core import headline, statistics
from core.markdown import code, interval, p_value, plain, points, score, table

Json = dict[str, Any]


def first_screen(metrics: Json, description: str | None, model: str, confidence: float) -> str:
    """Return the verdict, its sentences, and baseline against fine-tuned with intervals."""
    header = ["on the test split", metrics["baseline"]["name"], _finetuned(metrics), "difference", "p (Holm)"]
    rows = [_compared(metrics, name) for name in statistics.METRICS]
    seeds, test, published = len(metrics["seeds"]), metrics["test"], metrics["finetuned"]["published_seed"]
    times = f"{seeds} times, each with its own random seed," if seeds > 1 else "once"
    one = f" The best seed on validation, {published}, is the one that is published." if seeds > 1 else ""
    grouped = f" in {test['groups']} groups" if test["groups"] < test["rows"] else ""
    return "\n\n".join(
        [
            f"# Did fine-tuning help? {metrics['verdict'].capitalize()}",
            *([f"> {plain(description)}"] if description else []),
            "\n".join(headline.sentences(metrics, confidence)),
            table(header, rows),
            f"{code(model)}, a general pretrained language model, was fine-tuned {times} and compared on "
            f"{test['rows']} test rows{grouped} with the best of {len(metrics['ladder'])} models without fine-tuning. "
            f"This run chose nothing on them; rung, epochs and seed were chosen on validation.{one} "
            f"In brackets: {confidence:.0%} intervals. Loss is the mean log loss in nats; lower is better.",
        ]
    )


def _finetuned(metrics: Json) -> str:
    """Return the head of a column of fine-tuned scores."""
    seeds = len(metrics["seeds"])
    return f"fine-tuned, mean of {seeds} seeds" if seeds > 1 else "fine-tuned"


def _compared(metrics: Json, name: str) -> list[str]:
    sides = [
        interval({"estimate": metrics[side][name], **metrics[side]["intervals"][name]}, score)
        for side in ("baseline", "finetuned")
    ]
    found = metrics["difference"][name]
    difference = f"**{found['estimate']:+.3f}** ({found['low']:+.3f} to {found['high']:+.3f})"
    return [statistics.NAMES[name], *sides, difference, p_value(found["p_holm"])]


def certainty(metrics: Json, section: Any) -> str:
    """Return what the interval, McNemar's test and the size of the test set allow one to conclude."""
    mcnemar, published = metrics["mcnemar"], metrics["finetuned"]["published_seed"]
    p = p_value(mcnemar["p_value"])
    scope = (
        "new rows and of the mean over as many new seeds: a single model varies more, and few seeds tell little of "
        "how much"
        if len(metrics["seeds"]) > 1
        else "new rows and of this one seed: another may differ"
    )
    together = metrics["test"]["groups"] < metrics["test"]["rows"]
    grouped = " It counts whole groups, whose rows are not independent." if together else ""
    return (
        "## How sure is this\n\n"
        f"- **Interval.** Paired bootstrap, {section.resamples:,} resamples of the test rows (whole groups where rows "
        f"share one) and of the seeds together; Student's t makes up for few groups and seeds. It speaks of {scope}. "
        "*Adapted* means that the interval of the accuracy difference lies above 0, *harmed* that it lies below, "
        "*not shown* that it holds 0.\n"
        "- **P-values** in the first table are corrected for the three metrics looked at (Holm). The verdict rests on "
        "the accuracy alone, and needs no correction.\n"
        f"- **McNemar's exact test**, seed {published} against the baseline: {mcnemar['only_finetuned_right']} rows "
        f"are right with fine-tuning alone, {mcnemar['only_baseline_right']} with the baseline alone, p "
        f"{p if p.startswith('<') else f'= {p}'}.{grouped}\n"
        f"- **Smallest gain.** With 80% power this test set shows a true difference of "
        f"{100 * metrics['smallest_gain']:.1f} points or more, if scores vary as they did here: a smaller one can be "
        "real and not be shown."
    )


def gates(metrics: Json) -> str:
    """Return the acceptance gates, their values and whether they hold."""
    rows = [
        [
            name,
            f"at least {gate['min']}" if "min" in gate else f"at most {gate['max']}",
            f"{gate['value']:.3f}",
            "holds" if gate["passed"] else "**fails**",
        ]
        for name, gate in metrics["gates"].items()
    ]
    found = table([_finetuned(metrics), "required", "found", ""], rows)
    return f"## Acceptance gates\n\nThey ask about the scores found, whatever the verdict, and stop nothing.\n\n{found}"


LADDER = {
    "majority": "the share of each class in training, for every row",
    "tf-idf": "logistic regression on words and word pairs",
    "untrained head": "the general model as downloaded, its classification head untrained",
    "frozen encoder": "logistic regression on the general model's frozen states",
}


def ladder(metrics: Json, confidence: float) -> str:
    """Return every rung and every seed with test scores and what it was chosen by, and how far these lie apart."""
    models = metrics["ladder"] | {f"fine-tuned, seed {seed}": found for seed, found in metrics["seeds"].items()}
    chosen = (metrics["baseline"]["name"], f"fine-tuned, seed {metrics['finetuned']['published_seed']}")
    rows = [
        [f"**{name}**" if name in chosen else name]
        + [f"{found[key]:.3f}" for key in (*statistics.METRICS, "validation_accuracy")]
        for name, found in models.items()
    ]
    meanings = "\n".join(f"- *{name}*: {meaning}" for name, meaning in LADDER.items())
    return (
        "## The ladder\n\nThe rung that stands for *no fine-tuning*, and the seed that is published in "
        "`models/finetuned/`, are those with the best validation accuracy, of equal ones the lower loss (bold).\n\n"
        f"{table(['model', *statistics.NAMES.values(), 'validation accuracy'], rows)}\n\n{meanings}\n\n"
        f"{_from_validation_to_test(metrics, confidence)}"
    )


def _from_validation_to_test(metrics: Json, confidence: float) -> str:
    found = metrics["from_validation"]
    name, published = metrics["baseline"]["name"], f"seed {metrics['finetuned']['published_seed']}"
    changes = " and ".join(
        f"by {interval(found[side], points)} points for {model}"
        for side, model in (("finetuned", published), ("baseline", name))
    )
    lower = (
        f" So {published} does worse on test rows than on those it was chosen on, as it fits these or they are easier; "
        "a temperature or a threshold that is fitted on validation may suit test less."
        if found["finetuned"]["high"] < 0
        else ""
    )
    return f"From validation to test, accuracy changes {changes}; in brackets {confidence:.0%} intervals.{lower}"


def training(curves: dict[str, list[Json]], section: Any) -> str:
    """Return the training curves, the epoch that each seed kept, and how far its encoder was drawn back."""
    rows = []
    for seed, epochs in curves.items():
        kept = max(epochs, key=lambda epoch: epoch["validation_accuracy"])  # the first of equals, as BestEpoch does
        rows.append([seed, f"{kept['epoch']} of {len(epochs)}", f"{kept['validation_accuracy']:.3f}"])
    return (
        "## Training\n\n![Line charts: loss and validation accuracy of each seed by epoch](figures/training.svg)\n\n"
        f"{table(['seed', 'epoch kept', 'validation accuracy'], rows)}\n\n{_kept(section)}"
    )


def _kept(section: Any) -> str:
    started = (
        "The classification head started as logistic regression on the frozen encoder (`finetuning.head`). "
        if section.head == "probed"
        else ""
    )
    started += (
        "Each class counted alike, however rare, which makes its probabilities too high (`finetuning.class_weights`). "
        if section.class_weights == "balanced"
        else ""
    )
    averaged = started + (
        f"From epoch {section.average_from} on, an epoch's model is the mean of the weights at the ends of the epochs "
        "since then (`finetuning.average_from`). "
        if section.average_from and section.average_from < section.epochs and section.method != "lora"
        else ""
    )
    if section.method == "head":
        head = "The encoder stayed the general one: the classification head alone was trained (`finetuning.method`)."
        return averaged + head
    tuned = "fine-tuned" if section.method == "full" else "fine-tuned, by a LoRA adapter (`finetuning.method`),"
    return (
        f"{averaged}These are training's own figures. In the models that are scored everywhere else, "
        f"{section.interpolation:.0%} of each encoder is {tuned} and {1 - section.interpolation:.0%} the general one "
        "(`finetuning.interpolation`)."
    )
