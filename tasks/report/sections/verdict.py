"""The report's sections on the verdict: its first screen, how sure it is, and the acceptance gates, as markdown."""

from typing import Any

from core.reporting import headline
from core.reporting.markdown import code, interval, p_value, plain, score, table
from core.scores import statistics
from tasks.evaluation.params import Evaluation

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


def certainty(metrics: Json, section: Evaluation) -> str:
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
