"""The text of a file's bytes, and the name of the encoding in which it was read: told by params.yaml, or found out.

UTF-8 and what a byte order mark announces are certain. Any other encoding is found by what its text would look like:
the share of its characters beyond ASCII that are at home in one language and in their place, such as no capital behind
a small letter. Where two encodings give different texts that look equally well, nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from core.base.errors import UserError
from core.base.messages import shortened
from tasks.validation.languages import BY_FREQUENCY, COMMON, LANGUAGES
from tasks.validation.unicode_forms import fault, first_fault, line_of, text_of, unicode_text

DOS = {"CP866", "CP850", "CP852", "CP437"}
OLD = DOS | {"MACINTOSH", "MAC-CYRILLIC"}  # hardly written by now: they must lead by more
VOWELS = frozenset("aeiouyAEIOUYâăêôơưÂĂÊÔƠƯ")
CURRENCIES = "€£¥¢"
# At home in any language.
ALONE = frozenset(
    "”“„’‘«»‹›–—…•·°§©®™±×÷½¼¾²³µ¡¿ºª\u00a0。，、！？；：（）「」『』《》【】・ー　"
    "≤≥≈≠√∞\u2009\u200a\u202f℃①②③④⑤" + CURRENCIES
)
SELDOM = frozenset("→←●○◎★☆■□◆◇▲△▼▽※↑↓№⑥⑦⑧⑨⑩ⅠⅡⅢⅣⅤ")  # but in any language too
SIGNS = frozenset("°§©®±×÷½¼¾²³µ¡¿ºª•·¬¦¤£¥¢")  # that stand beside no other character beyond ASCII
PAIRED = frozenset({"GB18030", "BIG5", "EUC-JP", "CP949"})  # two bytes a character, both beyond ASCII or most
WIDE_CHARACTERS = PAIRED | {"SHIFT_JIS"}
NEVER = re.compile(r"[\x00-\x08\x0e-\x1f\x80-\x9f\ue000-\uf8ff]")  # control characters and those that have no meaning
LOOKED_AT = 100_000  # bytes of lines that are not ASCII: the whole file must decode, and these tell what it looks like
RARE = 0.02  # share of the bytes
BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
FEW = 20  # bytes beyond ASCII, which may stand in pairs by chance
UNPAIRED = 0.75  # how likely single letters are where bytes stand in pairs
PLAUSIBLE, APART = 0.8, 0.04  # the least share that is at home, and by how much it must lead


class Decoded(NamedTuple):
    text: str
    encoding: str  # as people call it


def decoded(content: bytes, name: str, encoding: str | None) -> Decoded:
    """Return the text of a file's bytes. Raises UserError where it does not decode, or it cannot be told how."""
    if encoding is not None:
        return _as_told(content, name, encoding)
    if found := unicode_text(content, name):
        return Decoded(*found)
    return _found_out(content, name)


def _as_told(content: bytes, name: str, encoding: str) -> Decoded:
    text = text_of(content, encoding)
    if text is None:
        raise UserError(
            f"{name}: validation.read.encoding in params.yaml is {encoding!r}, which {fault(content, encoding)}"
            f"{_choices(_candidates(content))}: set it to the right one, or to null to have it found out"
        )
    return Decoded(text.lstrip("\ufeff"), encoding.upper())


def _found_out(content: bytes, name: str) -> Decoded:
    candidates = _candidates(content)
    if candidates:
        first, *others = candidates
        # Where it is rare, the text is English with words such as naïve, and not in a language that is full of it.
        bytes_beyond = sum(map(len, BEYOND_ASCII.findall(content)))
        rare = bytes_beyond < RARE * len(content)
        by_custom = rare and first.encoding == "WINDOWS-1252"
        rivals = [other for other in others if not _leads(first, other)]
        if by_custom:  # and not what a text full of other characters would read as by chance
            rivals = [rival for rival in rivals if rival.encoding in WIDE_CHARACTERS and rival.at_home >= PLAUSIBLE]
        by_chance = bytes_beyond < FEW and first.encoding not in PAIRED and _in_pairs(content)
        if first.at_home >= PLAUSIBLE and not rivals and not by_chance:
            _refuse_mixed(content, name, first.encoding)
            return Decoded(content.decode(first.encoding), first.encoding)
        _refuse_mixed(content, name, first.encoding)
        in_pairs = [each for each in candidates if each.encoding in PAIRED and _in_pairs(content)][:1]
        candidates = [*in_pairs, first, *(rivals or others)]
    place = first_fault(content)
    raise UserError(
        f"{name} line {line_of(content, place)} is not UTF-8 (byte 0x{content[place]:02x}), and its encoding "
        f"cannot be told{_choices(candidates)}: set validation.read.encoding in params.yaml to the right one, or save "
        "the file as UTF-8"
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
    in_pairs = _in_pairs(content)
    for encoding in LANGUAGES:
        text = sample.decode(encoding, errors="replace")  # its end may be cut within a character
        if text not in found and not NEVER.search(text) and text_of(content, encoding) is not None:
            likely = 1 if encoding in PAIRED or not in_pairs or LANGUAGES[encoding][0] in BY_FREQUENCY else UNPAIRED
            found[text] = _Candidate(encoding, text, likely * _at_home(_beyond_ascii(text), encoding))
    return sorted(found.values(), key=lambda each: -each.at_home)


def _in_pairs(content: bytes) -> bool:
    """Return whether bytes stand as in wide characters: of English words with an accent most have one letter alone."""
    return all(len(run) % 2 == 0 and min(run) > 0xA0 for run in BEYOND_ASCII.findall(content))


def _refuse_mixed(content: bytes, name: str, encoding: str) -> None:
    """Raise UserError where some lines are UTF-8 and others are not, as where files of two encodings were joined."""
    if encoding in WIDE_CHARACTERS or LANGUAGES[encoding][0] in BY_FREQUENCY:
        return  # there some lines are UTF-8 by chance
    utf8 = other = None
    for number, line in enumerate(content.split(b"\n"), start=1):
        text = None if line.isascii() else text_of(line, "UTF-8")
        if text is not None:
            utf8 = utf8 or f"line {number} is UTF-8 ({shortened(text)})"
        elif not line.isascii():
            other = (
                other or f"line {number} is not (as {encoding} it reads {shortened(line.decode(encoding, 'replace'))})"
            )
    if utf8 and other:
        raise UserError(
            f"{name} holds two encodings, as where two files were joined: {utf8}, {other}: save both as UTF-8 and join "
            "them anew, or set validation.read.encoding in params.yaml"
        )


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
    first, second = (list(dict.fromkeys(candidates)) * 2)[:2] if candidates else (None, None)
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
    alone = sum((character in at_home) + 0.9 * (character in SELDOM) for character, in_place in found if in_place)
    letters = [character.lower()[0] for character, in_place in found if in_place and character not in ALONE | SELDOM]
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
        return min(len(letters), (1 + min(1, len(letters) / 10)) * known)  # the rest of its characters is not listed
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
        return any(side.isdigit() for side in before + after) and not any(side in SIGNS for side in sides)
    if character in SIGNS and any("\x80" <= side < "\u2000" and side != "\u00a0" for side in sides):
        return False
    if character == "µ" and sides[0].isalpha():
        return False
    if character in "¡¿":
        return not sides[0].isalnum() and not sides[1].isdigit()
    if not character.isalpha():
        return character in "’\u00a0" or not all(side.isalpha() and side < "\u3000" for side in sides)
    if character.isupper() and sides[0].islower():
        return False
    if character <= "\u024f" and any(side in SIGNS for side in sides):
        return False
    if character <= "\u024f":  # Latin: most of its letters are ASCII
        return not all(side.isalpha() and not side.isascii() for side in sides)
    return character >= "\u3000" or not any(side.isalpha() and side.isascii() for side in sides)
