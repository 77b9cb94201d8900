"""Figures with their intervals, as results keep them. Without scipy, which who merely shows them need not load."""

from core.base.results import Result


class Ends(Result):
    """The ends of an interval at the confidence of `evaluation.confidence`."""

    low: float
    """Lower end, in the unit of the figure."""
    high: float
    """Upper end, in the unit of the figure."""


class Interval(Result):
    """A figure and its interval at the confidence of `evaluation.confidence`, within what the figure can be."""

    estimate: float
    """The figure, as the test rows have it."""
    low: float
    """Lower end of its interval, in the unit of the figure."""
    high: float
    """Upper end of its interval, in the unit of the figure."""

    @property
    def ends(self) -> Ends:
        return Ends(low=self.low, high=self.high)


class Difference(Interval):
    """A difference, fine-tuned minus baseline, with its interval and the p-value of no difference."""

    p_value: float
    """Two-sided p-value of no difference, 0 to 1, of the same t as the interval."""
    p_holm: float
    """The p-value corrected for all that it is read with, 0 to 1: Holm, Scandinavian Journal of Statistics 6 (1979)."""
