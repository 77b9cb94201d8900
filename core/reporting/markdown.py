"""Markdown as GitHub reads it; whatever comes from the data arrives as plain text."""

import re
from collections.abc import Callable, Sequence

from core.scores.intervals import Interval

NUMBER = re.compile(r"[*]*[-+<\d]")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, with the columns that hold numbers to the right."""
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    marks = ["--:" if all(map(NUMBER.match, column)) else ":--" for column in columns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, marks, *rows))


def code(text: str) -> str:
    """Return text of the data as a code span, where no markup, link or mention in it works."""
    flat = " ".join(text.split()) or " "
    fence = "`" * (max(map(len, re.findall("`+", flat)), default=0) + 1)
    pad = " " if "`" in flat else ""
    return f"{fence}{pad}{flat}{pad}{fence}".replace("|", "\\|")


def plain(text: str) -> str:
    """Return prose of the data's owner with its markup made ineffective."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", " ".join(text.split()))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(https?):", r"\1&#58;", escaped).replace("@", "@&#8203;")  # a zero-width space ends a mention


def percent(share: float) -> str:
    """Return a share in [0, 1] as a percentage with one decimal."""
    return f"{100 * share:.1f}%"


def points(difference: float) -> str:
    """Return a difference of shares as signed percentage points with one decimal."""
    return f"{100 * difference:+.1f}"


def interval(interval: Interval | None, form: Callable[[float], str]) -> str:
    """Return an estimate and the ends of its interval in brackets, each number in the form given; a dash for none."""
    return f"{form(interval.estimate)} ({form(interval.low)} to {form(interval.high)})" if interval else "-"


def score(value: float) -> str:
    """Return a score with three decimals."""
    return f"{value:.3f}"


def p_value(value: float) -> str:
    """Return a p-value with three decimals, or that it lies below them."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def p_is(value: float) -> str:
    """Return a p-value as part of a sentence: p = 0.021, or p < 0.001."""
    return f"p {p_value(value)}" if value < 0.001 else f"p = {p_value(value)}"


def short(digest: str) -> str:
    """Return the beginning of a hash: enough to tell files apart."""
    return digest[:12]
