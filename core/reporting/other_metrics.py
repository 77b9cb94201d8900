"""What another metric than the one of the verdict says against it, in a sentence: of the headline and the diagnosis."""

from collections.abc import Mapping

from core.decision.scoring import METRICS
from core.reporting.markdown import p_is
from core.scores.intervals import Difference


def clearly_worse(
    differences: Mapping[str, Difference], primary: str, verdict: str, baseline: str, confidence: float
) -> str | None:
    """Return by which other metrics the published model is clearly worse than the baseline; None where by none."""
    worse = [
        f"{METRICS[name].title} {change.estimate:+.3f} ({confidence:.0%} interval {change.low:+.3f} to "
        f"{change.high:+.3f}, {p_is(change.p_holm)})"
        for name, change in contradicting(differences, primary, verdict, confidence).items()
    ]
    return f"Yet the published model is clearly worse than {baseline} by {', '.join(worse)}." if worse else None


def contradicting(
    differences: Mapping[str, Difference], primary: str, verdict: str, confidence: float
) -> dict[str, Difference]:
    """Return the other metrics by which the published model is clearly worse.

    Clearly: the whole interval is on the worse side, and the p-value corrected for all metrics is below 1 minus the
    confidence. Where the verdict is harmed there are none, for it says so itself.
    """
    return {
        name: change
        for name, change in differences.items()
        if verdict != "harmed" and name != primary and _is_worse(name, change) and change.p_holm < 1 - confidence
    }


def _is_worse(metric: str, change: Difference) -> bool:
    return change.high < 0 if METRICS[metric].higher_is_better else change.low > 0
