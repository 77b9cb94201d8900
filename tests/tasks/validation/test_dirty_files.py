"""One table as other tools would have written it: the same rows each time, or one clear line."""

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict

from core.data.splits import SPLITS
from tasks.validation.__main__ import main
from tests.tasks.validation.conftest import problems, report, validated

Writer = Callable[[dict[str, pd.DataFrame], Path], None]
TEXTS = [
    "no pain, no fever; walked in",
    'says "I am fine", and left',
    "two lines\nof a note, déjà vu",
    "temperature 38.5 °C – café",
]


def tables() -> dict[str, pd.DataFrame]:
    labels = ["routine", "routine", "urgent", "urgent"]
    return {split: pd.DataFrame({"text": [f"{split}: {text}" for text in TEXTS], "label": labels}) for split in SPLITS}


def delimited(ending: str, names: tuple[str, ...] = SPLITS, encoding: str = "utf-8", **options: object) -> Writer:
    def write(rows: dict[str, pd.DataFrame], raw: Path) -> None:
        for split, name in zip(SPLITS, names, strict=True):
            content = rows[split].to_csv(index=False, **options).encode(encoding)
            (raw / f"{name}{ending}").write_bytes(gzip.compress(content) if ending.endswith(".gz") else content)

    return write


def shards(rows: dict[str, pd.DataFrame], raw: Path) -> None:
    (raw / "data").mkdir()
    for split in SPLITS:
        for number in range(2):
            part = rows[split].iloc[2 * number : 2 * number + 2]
            part.to_parquet(raw / "data" / f"{split}-0000{number}-of-00002.parquet")


def saved(rows: dict[str, pd.DataFrame], raw: Path) -> None:
    kinds = {split: Dataset.from_pandas(rows[split]).class_encode_column("label") for split in SPLITS}
    DatasetDict(kinds).save_to_disk(raw)


def json_lines(rows: dict[str, pd.DataFrame], raw: Path) -> None:
    for split, name in zip(SPLITS, ("train", "val", "test"), strict=True):
        rows[split].to_json(raw / f"{name}.jsonl.gz", orient="records", lines=True)


READ: dict[str, tuple[Writer, str]] = {
    "tabs": (delimited(".tsv", sep="\t"), "UTF-8, tab-separated"),
    "tabs named csv": (delimited(".csv", sep="\t"), "UTF-8, tab-separated"),
    "semicolons": (delimited(".csv", sep=";"), "UTF-8, semicolon-separated"),
    "bars": (delimited(".csv", sep="|"), "UTF-8, vertical bar-separated"),
    "everything quoted": (delimited(".csv", quoting=csv.QUOTE_ALL), "UTF-8, comma-separated"),
    "backslashes": (
        delimited(".csv", doublequote=False, escapechar="\\"),
        'UTF-8, comma-separated, \\" for a quotation mark',
    ),
    "other names": (delimited(".csv", names=("training", "dev", "test")), "UTF-8, comma-separated"),
    "line ends of Windows": (delimited(".csv", lineterminator="\r\n"), "UTF-8, comma-separated"),
    "Windows-1252": (delimited(".csv", encoding="cp1252"), "WINDOWS-1252, comma-separated"),
    "Excel's Unicode text": (delimited(".csv", encoding="utf-16", sep="\t"), "UTF-16, tab-separated"),
    "byte order mark": (delimited(".csv", encoding="utf-8-sig"), "UTF-8, comma-separated"),
    "packed": (delimited(".csv.gz"), "UTF-8, comma-separated, gzip"),
    "packed lines": (json_lines, "UTF-8, JSON, gzip"),
    "shards": (shards, "Parquet"),
    "saved by datasets": (saved, "Arrow"),
}


@pytest.mark.parametrize("kind", READ)
def test_the_rows_are_the_same_however_they_were_written(raw, kind):
    write, how = READ[kind]
    write(tables(), raw)
    main()
    assert {each["read_as"] for each in report()["files"]} == {how}
    for split, rows in tables().items():
        found = validated(split)
        texts = [text.replace("\r\n", "\n") for text in found["text"]]
        assert (texts, list(found["label"])) == (list(rows["text"]), list(rows["label"]))


def changed(change: Callable[[bytes], bytes]) -> Writer:
    def write(rows: dict[str, pd.DataFrame], raw: Path) -> None:
        for split in SPLITS:
            (raw / f"{split}.csv").write_bytes(change(rows[split].to_csv(index=False).encode()))

    return write


REFUSED: dict[str, tuple[Writer, str]] = {
    "no header": (
        changed(lambda content: content.partition(b"\n")[2]),
        "there seems to be no header: its first line is 'train: no pain, no fever; walked in', 'routine'",
    ),
    "cut off": (changed(lambda content: content[:-60]), "has a quotation mark that is not closed"),
    "nothing quoted": (
        changed(lambda content: content.replace(b'"', b"")),
        "has 3 fields where the header has 2",
    ),
    "one line of another encoding": (
        changed(lambda content: content + b"caf\xe9,routine\n"),
        "is not UTF-8 (byte 0xe9), though the rest of the file is",
    ),
    "two tables joined": (
        changed(lambda content: content + content),
        "line 7 is the header again: delete it",
    ),
    "two separators": (
        changed(lambda content: content.replace(b'",', b'";')),
        "has a quotation mark that is not closed",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_lose_rows_is_refused_in_one_line_for_each_file(raw, kind):
    write, words = REFUSED[kind]
    write(tables(), raw)
    found = problems()
    assert len(found) == 3
    assert words in found[0], found[0]
