"""What it means that two texts, labels or groups are the same, though their bytes differ: they have one key."""

import html
import re
from decimal import Decimal
from functools import cache
from html.entities import html5
from unicodedata import category, normalize

import pandas as pd

from core.data.texts import sides

ENTITY = re.compile(r"&(?:\w{2,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
QUOTES = dict.fromkeys("`´‘’‚‛′ʹʻʼʽˈ＇‹›", "'") | dict.fromkeys("“”„‟″〝〞〟＂«»", '"')
MINUS = "\N{MINUS SIGN}"
UNSEEN = re.compile("[\u034f\u0640\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
DASHES = re.compile("--+")
# What ends, opens or encloses a text. Not what says something there: the signs of -1, C#, A+ and 5%, the smile of ":)".
MARKS = " \"',;:!?。、！？؟،؛।॥¿¡•·"
OPENING = re.compile(rf"(?:[{MARKS}]|\.(?!\d))*")
BRACKETS = {"(": ")", "[": "]", "{": "}", "「": "」", "『": "』", "【": "】", "《": "》"}
TURKISH = re.compile("i\u0307|\u0131")  # whose small and capital i have a dot or none: case makes no difference
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]\d{1,9})?")  # 1e+05, as programs write it: 1e5 may be a name


def key(value: str) -> str:
    """Return what all spellings of a text, label or group share: two values are the same where their keys are equal.

    HTML entities, compatibility forms of characters, format and control characters, quotes, dashes, case, white space
    and punctuation at the edges make no difference, nor how a number is written. The key is empty where there is
    nothing to see, and holds no line break. The key of a key is itself.
    """
    before = None
    while value != before:  # as "&amp;amp;" shows an entity, and what stands between marks may be a number
        before, value = value, _folded(value)
    return value


def row_keys(rows: pd.DataFrame) -> pd.Series:
    """Return by what each row's text is the same as another's: of a pair both keys, null where a text is missing."""
    first, *second = (rows[side].map(key, na_action="ignore").astype("str").replace("", None) for side in sides(rows))
    for other in second:
        first = first + "\n" + other  # a key holds no line break, so that no two pairs share it by chance
    return first


def _folded(value: str) -> str:
    text, before = value, None
    while "&" in text and text != before:  # what an entity shows may be another
        before, text = text, ENTITY.sub(_character, text)
    if not text.isascii():  # the acute accent first: its compatibility form is a space with an accent
        text = normalize("NFKC", normalize("NFKC", text.replace("´", "'")).casefold())
        text = TURKISH.sub("i", text.replace("\N{FRACTION SLASH}", "/"))
    text = " ".join(_plain(text.casefold()).split())
    text = DASHES.sub("-", text.replace("''", '"'))
    return _number(text) or _number(bare := _without_edges(text)) or bare


def _plain(text: str) -> str:
    for character in set(text):  # a text has few different ones: faster than `translate`
        if (counts_as := _counts_as(character)) != character:
            text = text.replace(character, counts_as)
    return text


@cache
def _counts_as(character: str) -> str:
    if character in QUOTES:
        return QUOTES[character]
    if character == MINUS or category(character) == "Pd":
        return "-"
    if category(character) in ("Cc", "Cf"):
        return " " if character.isspace() else ""
    return UNSEEN.sub("", character)


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity[0]) if entity[0][1] == "#" else html5.get(entity[0][1:], entity[0])


def _without_edges(text: str) -> str:
    """Return the text without punctuation at its ends and without brackets around all of it, if anything is left."""
    bare = OPENING.sub("", text, count=1).rstrip(MARKS + ".")
    if len(bare) > 2 and BRACKETS.get(bare[0]) == bare[-1] and bare[-1] not in bare[1:-1]:
        bare = bare[1:-1].strip()
    return bare or text


def _number(text: str) -> str | None:
    """Return one spelling for a number, whatever its zeros and its exponent, and None where the text is none."""
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not NUMBER.fullmatch(text):
        return None
    number = Decimal(text).as_tuple()
    digits = "".join(map(str, number.digits)).lstrip("0")
    significant = digits.rstrip("0")
    power = int(number.exponent) + len(digits) - len(significant)
    return f"{'-' * number.sign}{significant}e+{power}".replace("e+-", "e-") if significant else "0e+0"
