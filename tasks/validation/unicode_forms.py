"""Bytes that are Unicode for certain, or nearly: with a byte order mark, in wide characters, or UTF-8 but for a few."""

import codecs
import re

from core.base.errors import UserError
from core.base.messages import shortened

MARKS = {  # UTF-32 first: its mark begins like that of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF8: "UTF-8-SIG",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
WIDE = {"UTF-32-LE": (4, 0), "UTF-32-BE": (4, 3), "UTF-16-LE": (2, 0), "UTF-16-BE": (2, 1)}  # bytes, that of an ASCII
ZEROS = re.compile("\x00{8,}")
NARROW = re.compile("(?:[^\x00]\x00){4}|(?:\x00[^\x00]){4}")


def unicode_text(content: bytes, name: str) -> tuple[str, str] | None:
    """Return the text and its encoding, or null where the bytes are not Unicode. Raises UserError where some are."""
    for mark, announced in MARKS.items():
        if content.startswith(mark):
            return strictly(content, name, announced).lstrip("\ufeff"), announced.removesuffix("-SIG")
    for encoding in WIDE:
        if _has_wide_lines(content, encoding) and (text := text_of(content, encoding)) and "\x00" not in text:
            return text, encoding
    if b"\x1b$" in content and (text := text_of(content, "ISO-2022-JP")):
        return text, "ISO-2022-JP"
    if (text := text_of(content, "UTF-8")) is not None:
        _refuse_zeros(text, name)
        return text, "UTF-8"
    _refuse_nearly_utf8(content, name)
    return None


def _has_wide_lines(content: bytes, encoding: str) -> bool:
    """Return whether the first line ends as it does in an encoding of several bytes a character."""
    width, place = WIDE[encoding]
    end = next((found for mark in (b"\n", b"\r") if (found := content.find(mark)) >= 0), -1) - place
    return end > 0 and not end % width and content[end : end + width].count(0) == width - 1


def _refuse_zeros(text: str, name: str) -> None:
    """Raise UserError where another encoding, or nothing, stands within a text."""
    if "\x00" not in text:
        return
    if found := NARROW.search(text):
        raise UserError(
            f"{name} line {_line(text, found)} holds UTF-16 where the file begins as UTF-8, as where two files were "
            "joined: bring them as two, or write the file anew"
        )
    if found := ZEROS.search(text):
        raise UserError(
            f"{name} line {_line(text, found)} holds {len(found[0])} zero bytes, as a crash or a full disk leaves "
            "them where there was text: write or copy it again"
        )


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


def _refuse_nearly_utf8(content: bytes, name: str) -> None:
    """Raise UserError where a few bytes alone are not UTF-8: no other encoding gives so many sequences by chance."""
    text = content.decode("utf-8", errors="surrogateescape")
    broken = re.findall(r"[\udc80-\udcff]+", text)
    whole = len(re.findall(r"[^\x00-\x7f\udc80-\udcff]", text))
    if whole < 2 * len("".join(broken)):
        return
    first = first_fault(content)
    around = content[max(0, first - 20) : first + 20].decode("utf-8", errors="replace")
    also = f" (and {len(broken) - 1} other places)" if len(broken) > 1 else ""
    raise UserError(
        f"{name} line {line_of(content, first)}{also} is not UTF-8 (byte 0x{content[first]:02x}), though the rest of "
        f"the file is: ...{shortened(around)}...: write this line anew, or set validation.read.encoding in params.yaml"
    )


def text_of(content: bytes, encoding: str) -> str | None:
    """Return the text, or null where the bytes are not of this encoding."""
    try:
        return content.decode(encoding)
    except UnicodeError:
        return None


def strictly(content: bytes, name: str, encoding: str) -> str:
    """Return the text. Raises UserError where the bytes are not of the encoding that their first ones announce."""
    text = text_of(content, encoding)
    if text is None:
        raise UserError(
            f"{name} begins as {encoding.removesuffix('-SIG')}, which {fault(content, encoding)}: write or copy it "
            "again, or set validation.read.encoding in params.yaml"
        )
    return text


def fault(content: bytes, encoding: str) -> str:
    """Return in words what an encoding does not have."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        return f"does not have what line {line_of(content, error.start)} holds ({where})"
    return "holds everything"


def first_fault(content: bytes) -> int:
    """Return where the first byte stands that is not UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def line_of(content: bytes, place: int) -> int:
    """Return the number of the line of a byte."""
    return content.count(b"\n", 0, place) + 1
