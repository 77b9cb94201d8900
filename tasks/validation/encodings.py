"""The text of a file's bytes, and the name of the encoding in which it was read: told by params.yaml, or found out.

UTF-8 and what a byte order mark announces are certain. Any other encoding is found by what its text would look like:
the share of its characters beyond ASCII that are at home in one language and in their place, such as no capital behind
a small letter. Where two encodings give different texts that look equally well, nothing is guessed.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from core.base.errors import UserError
from core.base.messages import shortened
from tasks.validation.languages import BY_FREQUENCY, COMMON, LANGUAGES

MARKS = {  # UTF-32 first: its mark begins like that of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF8: "UTF-8-SIG",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
DOS = {"CP866", "CP850", "CP852", "CP437"}
OLD = DOS | {"MACINTOSH", "MAC-CYRILLIC"}  # hardly written by now: they must lead by more
VOWELS = frozenset("aeiouyAEIOUYâăêôơưÂĂÊÔƠƯ")
CURRENCIES = "€£¥¢"
# At home in any language.
ALONE = frozenset(
    "”“„’‘«»‹›–—…•·°§©®™±×÷½¼¾²³µ¡¿ºª\u00a0。，、！？；：（）「」『』《》【】・ー　"
    "≤≥≈≠→←√\u2009\u200a\u202f" + CURRENCIES
)
NEVER = re.compile(r"[\x00-\x08\x0e-\x1f\x80-\x9f\ue000-\uf8ff]")  # control characters and those that have no meaning
LOOKED_AT = 100_000  # bytes of lines that are not ASCII: the whole file must decode, and these tell what it looks like
RARE = 0.02  # share of the bytes
BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
PLAUSIBLE, APART = 0.8, 0.04  # the least share that is at home, and by how much it must lead


class Decoded(NamedTuple):
    text: str
    encoding: str  # as people call it


def decoded(content: bytes, name: str, encoding: str | None) -> Decoded:
    """Return the text of a file's bytes. Raises UserError where it does not decode, or it cannot be told how."""
    if encoding is not None:
        return _as_told(content, name, encoding)
    for mark, announced in MARKS.items():
        if content.startswith(mark):
            return Decoded(_strictly(content, name, announced), announced.removesuffix("-SIG"))
    if content.count(0) > max(2, len(content) // 100):  # the zeros of ASCII characters, such as line breaks
        unmarked = "UTF-16-LE" if content[1::2].count(0) > content[::2].count(0) else "UTF-16-BE"
        if (text := _text(content, unmarked)) and "\x00" not in text:
            return Decoded(text, unmarked)
    if b"\x1b$" in content and (text := _text(content, "ISO-2022-JP")):
        return Decoded(text, "ISO-2022-JP")
    if (text := _text(content, "UTF-8")) is not None:
        return Decoded(text, "UTF-8")
    _refuse_nearly_utf8(content, name)
    return _found_out(content, name)


def _as_told(content: bytes, name: str, encoding: str) -> Decoded:
    text = _text(content, encoding)
    if text is None:
        raise UserError(
            f"{name}: validation.read.encoding in params.yaml is {encoding!r}, which {_fault(content, encoding)}"
            f"{_choices(_candidates(content))}: set it to the right one, or to null to have it found out"
        )
    return Decoded(text.removeprefix("\ufeff"), encoding.upper())


def _found_out(content: bytes, name: str) -> Decoded:
    candidates = _candidates(content)
    if candidates:
        first, *others = candidates
        # Where it is rare, the text is English with words such as naïve, and not in a language that is full of it.
        rare = sum(len(run) for run in BEYOND_ASCII.findall(content)) < RARE * len(content)
        by_custom = rare and first.encoding == "WINDOWS-1252"
        rivals = [other for other in others if not by_custom and not _leads(first, other)]
        if first.at_home >= PLAUSIBLE and not rivals:
            return Decoded(content.decode(first.encoding), first.encoding)
        candidates = [first, *(rivals or others)]
    raise UserError(
        f"{name} line {_line(content, _first(content))} is not UTF-8 (byte 0x{content[_first(content)]:02x}), and its "
        f"encoding cannot be told{_choices(candidates)}: set validation.read.encoding in params.yaml to the right one, "
        "or save the file as UTF-8"
    )


class _Candidate(NamedTuple):
    encoding: str
    sample: str  # of the file, the lines that are not ASCII
    at_home: float  # share of the characters beyond ASCII


def _candidates(content: bytes) -> list[_Candidate]:
    """Return the encodings that decode the whole file, the likeliest first; of those that read alike the first."""
    lines = (line for line in content.splitlines(keepends=True) if not line.isascii())
    sample = b"".join(islice(lines, LOOKED_AT))[:LOOKED_AT]
    found: dict[str, _Candidate] = {}
    for encoding in LANGUAGES:
        text = sample.decode(encoding, errors="replace")  # its end may be cut within a character
        if text not in found and not NEVER.search(text) and _text(content, encoding) is not None:
            found[text] = _Candidate(encoding, text, _at_home(_beyond_ascii(text), encoding))
    return sorted(found.values(), key=lambda each: -each.at_home)


def _leads(first: _Candidate, other: _Candidate) -> bool:
    """Return whether the first is clearly likelier, by all characters or by those that the two read differently."""
    if first.at_home > other.at_home + APART:
        return True
    if len(first.sample) != len(other.sample):
        return False
    different = [place for place, (a, b) in enumerate(zip(first.sample, other.sample, strict=True)) if a != b]
    of_first, of_other = (_at_home(_beyond_ascii(each.sample, different), each.encoding) for each in (first, other))
    return of_first > of_other + APART


def _choices(candidates: list[_Candidate]) -> str:
    """Return what the first two make of the first place that they read differently."""
    first, second = (candidates * 2)[:2] if candidates else (None, None)
    if first is None or second is None:
        return ""
    pairs = enumerate(zip(first.sample, second.sample, strict=False))
    place = next((place for place, (a, b) in pairs if a != b), 0)
    different = dict.fromkeys([first, second])
    return "".join(f"; as {each.encoding} it reads {_around(each.sample, place)}" for each in different)


def _around(text: str, place: int) -> str:
    start = max(text.rfind("\n", 0, place) + 1, place - 20)
    return shortened(text[start : place + 25].partition("\n")[0].rstrip("\r"))


def _at_home(characters: Iterable[tuple[str, bool]], encoding: str) -> float:
    """Return the share of the characters beyond ASCII that are in their place and of one language.

    Those that only all languages of the encoding together have count a little less.
    """
    found = list(characters)
    if not found:
        return 0.0
    at_home = ALONE - {"\u00a0"} if encoding in DOS else ALONE  # there it is 0xff, which nobody wrote
    alone = sum(character in at_home and in_place for character, in_place in found)
    letters = [character.lower()[0] for character, in_place in found if in_place and character not in ALONE]
    languages = LANGUAGES[encoding]
    of_one = max(_of(language, letters) for language in languages)
    of_any = _of("".join(languages), letters)
    most = of_one if languages[0] in BY_FREQUENCY else max(of_one, 0.9 * of_any)
    return (alone + most) / len(found) * (0.9 if encoding in OLD else 1)


def _of(language: str, letters: list[str]) -> float:
    """Return how many of the letters are of a language."""
    characters = frozenset(language)
    known = sum(letter in characters for letter in letters)
    if language in COMMON.values():
        return min(len(letters), 2 * known)  # the rest of its characters is not listed
    if language in BY_FREQUENCY:
        commonest = frozenset(language[:12])
        common = sum(letter in commonest for letter in letters)
        return min(known, 0.6 * known + 0.6 * common)  # two letters in three are of the twelve commonest
    return known


def _beyond_ascii(text: str, places: Iterable[int] | None = None) -> Iterable[tuple[str, bool]]:
    """Yield each character beyond ASCII, of the whole text or of these places, and whether it may stand there."""
    for place in range(len(text)) if places is None else places:
        if not text[place].isascii():
            yield text[place], _in_place(text[place], text[max(0, place - 2) : place], text[place + 1 : place + 3])


def _in_place(character: str, before: str, after: str) -> bool:
    sides = before[-1:], after[:1]
    if unicodedata.combining(character) and character < "\u0400":
        return sides[0] in VOWELS
    if character in CURRENCIES:
        return any(side.isdigit() for side in before + after)
    if not character.isalpha():
        return character in "’\u00a0" or not all(side.isalpha() and side < "\u3000" for side in sides)
    if character.isupper() and sides[0].islower():
        return False
    if character <= "\u024f":  # Latin: most of its letters are ASCII
        return not all(side.isalpha() and not side.isascii() for side in sides)
    return character >= "\u3000" or not any(side.isalpha() and side.isascii() for side in sides)


def _refuse_nearly_utf8(content: bytes, name: str) -> None:
    """Raise UserError where a few bytes alone are not UTF-8: no other encoding gives so many sequences by chance."""
    text = content.decode("utf-8", errors="surrogateescape")
    broken = re.findall(r"[\udc80-\udcff]+", text)
    whole = len(re.findall(r"[^\x00-\x7f\udc80-\udcff]", text))
    if whole < 2 * len("".join(broken)):
        return
    first = _first(content)
    around = content[max(0, first - 20) : first + 20].decode("utf-8", errors="replace")
    also = f" (and {len(broken) - 1} other places)" if len(broken) > 1 else ""
    raise UserError(
        f"{name} line {_line(content, first)}{also} is not UTF-8 (byte 0x{content[first]:02x}), though the rest of the "
        f"file is: ...{shortened(around)}...: write this line anew, or set validation.read.encoding in params.yaml"
    )


def _text(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeError:
        return None


def _strictly(content: bytes, name: str, encoding: str) -> str:
    text = _text(content, encoding)
    if text is None:
        raise UserError(
            f"{name} begins as {encoding.removesuffix('-SIG')}, which {_fault(content, encoding)}: write or copy it "
            "again, or set validation.read.encoding in params.yaml"
        )
    return text


def _fault(content: bytes, encoding: str) -> str:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        return f"does not have what line {_line(content, error.start)} holds ({where})"
    return "holds everything"


def _first(content: bytes) -> int:
    """Return where the first byte stands that is not UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _line(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1
