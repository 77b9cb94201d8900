"""How values and rows stand in a message."""


def shortened(text: str) -> str:
    """Return the text in quotes, in one line of about 60 characters, for a message."""
    return repr(text if len(text) <= 60 else f"{text[:45]}...{text[-12:]}")


def listed(items: list[str], shown: int = 5) -> str:
    """Return the first few items and, where there are more, dots."""
    return ", ".join([*items[:shown], *["..."] * (len(items) > shown)])
