"""Two thousand damaged files: each is read, with no row lost or swallowed, or refused in lines that name it."""

import gzip
import random
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from tasks.validation import text_columns
from tasks.validation.file_formats import contents

FILES = 2000
WORDS = ["pain", "chest,", "denies", "“fever”", '"today";', "been", "café\tand", "back\nwith", "déjà", "plans"]
MARK = re.compile(r"row\d{3}x")
SWALLOWED = re.compile(r"(?s)row\d{3}x.*\b(urgent|routine)\b.*row\d{3}x")  # a row with its label, within a text


def table(draw: random.Random) -> pd.DataFrame:
    """Return twelve rows, each with a mark of its own in a text of commas, quotation marks, tabs and line breaks."""
    numbers = range(12)
    return pd.DataFrame(
        {
            "text": [f"row{n:03}x " + " ".join(draw.choices(WORDS, k=draw.randint(2, 9))) for n in numbers],
            "label": [draw.choice(["urgent", "routine"]) for _ in numbers],
            "group": [f"p{n // 2}" for n in numbers],
        }
    )


def sound(draw: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield a file of each kind by its name."""
    rows = table(draw)
    plain = rows.assign(text=rows["text"].str.replace(r'[\n\t",;]', " ", regex=True))
    packed = BytesIO()
    rows.to_parquet(packed)
    yield "commas.csv", rows.to_csv(index=False).encode()
    yield "semicolons.csv", rows.to_csv(index=False, sep=";").encode("cp1252")
    yield "quoted.tsv", rows.to_csv(index=False, sep="\t", quoting=1).encode()
    yield "plain.tsv", plain.to_csv(index=False, sep="\t").encode()
    yield "windows.csv", plain.to_csv(index=False).encode("cp1252")
    yield "wide.csv", rows.to_csv(index=False).encode("utf-16")
    yield "lines.jsonl", rows.to_json(orient="records", lines=True, force_ascii=False).encode()
    yield "list.json", rows.to_json(orient="records").encode()
    yield "commas.csv.gz", gzip.compress(rows.to_csv(index=False).encode())
    yield "rows.parquet", packed.getvalue()


def flipped(draw: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        changed[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(changed)


def cut_off(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content))]


def cut_out(draw: random.Random, content: bytes) -> bytes:
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randint(1, 20) :]


def joined(draw: random.Random, content: bytes) -> bytes:
    return content + content[draw.randrange(len(content)) :]


def repeated(draw: random.Random, content: bytes) -> bytes:
    start = draw.randrange(len(content))
    return content[: start + draw.randint(1, 60)] + content[start:]


def inserted(draw: random.Random, content: bytes) -> bytes:
    start = draw.randrange(len(content))
    return content[:start] + draw.choice([b'"', b",", b"\t", b";", b"\n", b"\r", b"\x00"]) + content[start:]


def without_one(draw: random.Random, content: bytes) -> bytes:
    """Return the content without one of its quotation marks or line breaks."""
    places = [found.start() for found in re.finditer(rb'["\n]', content)] or [0]
    place = draw.choice(places)
    return content[:place] + content[place + 1 :]


MUTATORS: list[Callable[[random.Random, bytes], bytes]] = [
    *(flipped, cut_off, cut_out, joined, repeated, inserted, without_one, without_one)
]


def damaged() -> Iterator[tuple[str, bytes]]:
    draw, made = random.Random(20), 0
    while made < FILES:
        for name, content in sound(draw):
            yield name, draw.choice(MUTATORS)(draw, content)
            made += 1


def marks_in(name: str, content: bytes) -> set[str]:
    if name.endswith((".gz", ".parquet")):
        return set()  # packed: what a reader makes of it is whole, or nothing
    return set(MARK.findall(content.decode("utf-16" if name == "wide.csv" else "latin-1", errors="ignore")))


def faults(path: Path, content: bytes) -> list[str]:
    """Return what is wrong with how a file is read; no problem is a refusal that names it."""
    path.write_bytes(content)
    try:
        found = contents(path)
        rows = text_columns.chosen(found, path, {"text": "text", "label": "label"})
    except UserError as error:
        return [] if all(str(path) in problem for problem in error.problems) else [f"unnamed: {error}"]
    cells = "\n".join(str(value) for name in found.names for value in found.values(name))
    lost = marks_in(path.name, content) - set(MARK.findall(cells))
    swallowed = [text for text in rows["text"].dropna() if SWALLOWED.search(text)]
    return [f"lost: {sorted(lost)}"] * bool(lost) + [f"swallowed: {text}" for text in swallowed]


def test_no_damage_is_a_traceback_and_no_row_is_lost_in_silence(tmp_path):
    wrong = [
        (name, number, fault)
        for number, (name, content) in enumerate(damaged())
        for fault in faults(tmp_path / name, content)
    ]
    assert wrong == []


@pytest.mark.parametrize("seed", range(3))
def test_undamaged_every_one_of_them_is_read_whole(tmp_path, seed):
    for name, content in sound(random.Random(seed)):
        (tmp_path / name).write_bytes(content)
        found = contents(tmp_path / name)
        assert len(found.numbers) == 12, name
        assert MARK.findall(" ".join(found.values("text"))) == [f"row{n:03}x" for n in range(12)], name
