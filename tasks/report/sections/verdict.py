"""The report's sections on the verdict: its first screen, how sure it is, and the acceptance gates, as markdown."""

from core.reporting import headline
from core.reporting.markdown import code, interval, p_value, plain, score, table
from core.scores.metrics import Metrics
from core.scores.tallied import METRICS
from tasks.evaluation.params import Evaluation


def first_screen(metrics: Metrics, description: str | None, model: str, confidence: float) -> str:
    """Return the verdict, its sentences, and baseline against fine-tuned with intervals."""
    header = ["on the test split", metrics.baseline.name, _finetuned(metrics), "difference", "p (Holm)"]
    return "\n\n".join(
        [
            f"# Did fine-tuning help? {metrics.verdict.capitalize()}",
            *([f"> {plain(description)}"] if description else []),
            "\n".join(headline.sentences(metrics, confidence)),
            table(header, [_compared(metrics, name) for name in METRICS]),
            f"{_how_it_was_compared(metrics, model)} In brackets: {confidence:.0%} intervals. Loss is the mean log "
            "loss in nats; lower is better.",
        ]
    )


def _how_it_was_compared(metrics: Metrics, model: str) -> str:
    seeds, test = len(metrics.seeds), metrics.test
    times = f"{seeds} times, each with its own random seed," if seeds > 1 else "once"
    clusters = f" in {test.groups} groups" if test.groups < test.rows else ""
    published = f" The best seed on validation, {metrics.finetuned.published_seed}, is the one that is published."
    return (
        f"{code(model)}, a pretrained language model, was fine-tuned {times} and compared on {test.rows} test "
        f"rows{clusters} with the best of {len(metrics.ladder)} baselines, models without fine-tuning. This run chose "
        f"nothing on them; rung, epochs and seed were chosen on validation.{published if seeds > 1 else ''}"
    )


def _finetuned(metrics: Metrics) -> str:
    """Return the head of a column of fine-tuned scores."""
    seeds = len(metrics.seeds)
    return f"fine-tuned, mean of {seeds} seeds" if seeds > 1 else "fine-tuned"


def _compared(metrics: Metrics, name: str) -> list[str]:
    sides = [interval(side.interval(name), score) for side in (metrics.baseline, metrics.finetuned)]
    change = metrics.difference.of(name)
    difference = f"**{change.estimate:+.3f}** ({change.low:+.3f} to {change.high:+.3f})"
    return [METRICS[name].title, *sides, difference, p_value(change.p_holm)]


def certainty(metrics: Metrics, section: Evaluation) -> str:
    """Return what the interval, McNemar's test and the size of the test set allow one to conclude."""
    mcnemar, published = metrics.mcnemar, metrics.finetuned.published_seed
    p = p_value(mcnemar.p_value)
    scope = (
        "new rows and of the mean over as many new seeds: a single model varies more, and few seeds tell little of "
        "how much"
        if len(metrics.seeds) > 1
        else "new rows and of this one seed: another may differ"
    )
    together = metrics.test.groups < metrics.test.rows
    grouped = " It counts clusters as wholes, whose rows are not independent." if together else ""
    return (
        "## How sure is this\n\n"
        f"- **Interval.** Paired cluster bootstrap, {section.resamples:,} resamples of the test rows (whole groups "
        "where rows share one) and of the seeds together; Student's t allows for few groups and seeds. It speaks of "
        f"{scope}. *Adapted* means that the interval of the accuracy difference lies above 0, *harmed* that it lies "
        "below, *not shown* that it holds 0.\n"
        f"- **P-values** in the first table are corrected for the {len(METRICS)} metrics looked at (Holm). The verdict "
        "rests on the accuracy alone, and needs no correction.\n"
        f"- **McNemar's exact test**, seed {published} against the baseline: {mcnemar.only_finetuned_right} rows "
        f"are right with fine-tuning alone, {mcnemar.only_baseline_right} with the baseline alone, p "
        f"{p if p.startswith('<') else f'= {p}'}.{grouped}\n"
        f"- **Smallest gain.** With 80% power this test set shows a true difference of "
        f"{100 * metrics.smallest_gain:.1f} points or more, if scores vary as they did here: a smaller one can be "
        "real and not be shown."
    )


def gates(metrics: Metrics) -> str:
    """Return the acceptance gates, their values and whether they hold."""
    rows = [
        [
            name,
            gate.required,
            score(gate.value),
            "holds" if gate.passed else "**fails**",
        ]
        for name, gate in metrics.gates.items()
    ]
    return (
        "## Acceptance gates\n\nThey compare scores with required values, whatever the verdict; only `make gate` "
        f"fails.\n\n{table([_finetuned(metrics), 'required', 'found', ''], rows)}"
    )
