"""Markdown tables that are whole on a page of the Prefect UI, whose cells wrap nowhere by themselves."""

import re
from collections.abc import Iterator

PAGE = 700.0  # pixels that an artifact has for its text where the window is 1,280 wide
BETWEEN = 24.0  # pixels between the texts of two columns
LETTER = 7.6  # pixels of a letter, on average
CELLS = re.compile(r"(?<!\\)\|")
WORDS = re.compile(r"(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|(?<!\S)\([^()`]*\)|[^\s`])+")  # an interval in brackets is one
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
BREAK = "<br>"

Table = list[list[str]]  # its rows, each with the text of its cells


def letters(columns: int) -> int:
    """Return how many letters all columns of a table may have together."""
    return int((PAGE - BETWEEN * columns) / LETTER)


def fitted(text: str) -> str:
    """Return a markdown text whose tables fit on a page: cells of wide columns have several lines."""
    lines: list[str] = []
    table: list[str] = []
    is_code = False
    for line in [*text.split("\n"), ""]:
        is_code ^= line.startswith("```")
        if line.startswith("|") and not is_code:
            table.append(line)
            continue
        lines += [*_fitted(table), line]
        table = []
    return "\n".join(lines[:-1])


def _fitted(lines: list[str]) -> list[str]:
    if len(lines) < 3:
        return lines
    head, rule, *body = ([cell.strip() for cell in CELLS.split(line.strip().strip("|"))] for line in lines)
    rows = [head, *body]
    room = letters(len(head))
    widths = [max(_width(row[column]) for row in rows if column < len(row)) for column in range(len(head))]
    if sum(widths) <= room:
        return lines
    limits = _limits(rows, widths, room)
    wrapped = [[_wrapped(cell, limit) for cell, limit in zip(row, limits, strict=False)] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in (wrapped[0], rule, *wrapped[1:])]


def _limits(rows: Table, widths: list[int], room: int) -> list[int]:
    """Return how wide each column may be: the widest give way first, as long as that makes them narrower."""
    limits, narrowable = list(widths), set(range(len(widths)))
    while sum(limits) > room and narrowable:
        widest = max(narrowable, key=lambda column: limits[column])
        limit = limits[widest] - 1
        now = max(_width(_wrapped(row[widest], limit)) for row in rows if widest < len(row))
        if now > limit:
            narrowable.discard(widest)
        else:
            limits[widest] = now
    return limits


def _width(cell: str) -> int:
    """Return how many letters the longest line of a cell shows."""
    return max(len(LINK.sub(r"\1", line).replace("`", "").replace("**", "")) for line in cell.split(BREAK))


def _wrapped(cell: str, limit: int) -> str:
    lines: list[str] = []
    for word in (part for whole in WORDS.findall(cell) for part in _parts(whole, limit)):
        if lines and _width(f"{lines[-1]} {word}") <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return BREAK.join(lines)


def _parts(word: str, limit: int) -> Iterator[str]:
    """Yield a word, or the parts of one that is longer than a line: of a path or a hash behind a sign, if there is."""
    if word.startswith("(") and _width(word) > limit:
        yield from word.split()
        return
    is_code = word.startswith("`") and word.endswith("`") and word.count("`") == 2
    rest = word.strip("`")
    if not is_code or limit < 1:
        yield word
        return
    while len(rest) > limit:
        cut = max((rest.rfind(sign, 0, limit) + 1 for sign in "/._-"), default=0) or limit
        yield f"`{rest[:cut]}`"
        rest = rest[cut:]
    yield f"`{rest}`"
