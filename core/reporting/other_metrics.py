"""What another metric than the one of the verdict says against it, in a sentence: of the headline and the diagnosis."""

from collections.abc import Mapping

from core.decision.scoring import METRICS
from core.reporting.markdown import p_value
from core.scores.intervals import Difference


def clearly_worse(
    differences: Mapping[str, Difference], primary: str, verdict: str, baseline: str, confidence: float
) -> str | None:
    """Return by which other metrics the published model is clearly worse than the baseline; None where by none.

    Clearly: the whole interval is on the worse side, and the p-value corrected for all metrics is below 1 minus the
    confidence. Where the verdict is harmed nothing is said, for it says so itself.
    """
    if verdict == "harmed":
        return None
    worse = [
        f"{METRICS[name].title} {change.estimate:+.3f} ({confidence:.0%} interval {change.low:+.3f} to "
        f"{change.high:+.3f}, p {p_value(change.p_holm) if change.p_holm < 0.001 else f'= {p_value(change.p_holm)}'})"
        for name, change in differences.items()
        if name != primary and _is_worse(name, change) and change.p_holm < 1 - confidence
    ]
    return f"Yet the published model is clearly worse than {baseline} by {', '.join(worse)}." if worse else None


def _is_worse(metric: str, change: Difference) -> bool:
    return change.high < 0 if METRICS[metric].higher_is_better else change.low > 0
