"""How values and rows stand in a message."""

from collections.abc import Iterator
from typing import Any


def shortened(text: str) -> str:
    """Return the text in quotes, in one line of about 60 characters, for a message."""
    return repr(text if len(text) <= 60 else f"{text[:45]}...{text[-12:]}")


def listed(items: list[str], shown: int = 5) -> str:
    """Return the first few items and, where there are more, dots."""
    return ", ".join([*items[:shown], *["..."] * (len(items) > shown)])


def capped(problems: list[str], shown: int = 10) -> list[str]:
    """Return the first problems of a kind, and how many more there are."""
    more = len(problems) - shown
    return problems[:shown] + ([f"... and {more} more of this kind"] if more > 0 else [])


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of nested mappings with its dotted name."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
