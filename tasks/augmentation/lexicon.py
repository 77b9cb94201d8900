"""The lexicon: abbreviations of the domain and what they stand for, from a CSV file."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.base.errors import UserError
from tasks.augmentation.operators import TERM, Lexicon, is_negation, is_number

HEADER = "abbreviation,expansion"


def read_lexicon(path: Path) -> Lexicon:
    """Return the lexicon in both directions. Raises UserError with every problem of the file at once."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise UserError(f"{path} is missing: `git checkout {path}`, or write one with the columns {HEADER}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 ({error}): save it as UTF-8") from None
    header, *pairs = list(csv.reader(lines)) or [[]]
    if ",".join(header) != HEADER:
        raise UserError(f"{path}, line 1: the columns are {','.join(header)!r}: make them {HEADER}")
    entries = [(line, pair) for line, pair in enumerate(pairs, start=2) if pair]
    problems = [f"{path}, line {line}: {problem}" for line, problem in _problems(entries)]
    if problems:
        raise UserError(*problems)
    return {term.lower(): other for _, (short, long) in entries for term, other in ((short, long), (long, short))}


def _problems(entries: Sequence[tuple[int, list[str]]]) -> Iterator[tuple[int, str]]:
    lines: dict[str, int] = {}
    for line, pair in entries:
        if len(pair) != 2:
            yield line, f"{','.join(pair)!r} has {len(pair)} values: write an abbreviation and its expansion"
            continue
        for term in pair:
            if not TERM.fullmatch(term):
                yield line, f"{term!r} is not words with one space between them: rewrite it"
            if any(is_negation(word) or is_number(word) for word in term.split()):
                yield line, f"{term!r} holds a negation or a number, which augmentation never touches: delete the line"
            if first := lines.get(term.lower()):
                yield line, f"{term!r} stands on line {first} already, so which one is meant is open: keep one of them"
            lines.setdefault(term.lower(), line)
