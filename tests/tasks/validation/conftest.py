"""A project of validation's own, and what it writes there."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from core.base.errors import UserError
from core.data.splits import SPLITS
from tasks.validation.__main__ import main
from tests.conftest import PARAMS


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """An empty data/raw in a project of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    configure()
    folder = tmp_path / "data" / "raw"
    folder.mkdir(parents=True)
    return folder


def configure(**changes: Any) -> None:
    values = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    least = {"train": 1, "validation": 1, "test": 1}
    values["validation"] |= {"group": None, "labels": None, "minimum_rows": least, **changes}
    Path("params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def csv(*rows: str, header: str = "text,label") -> str:
    return "\n".join([header, *rows, ""])


def fill(raw: Path, **extra: list[str]) -> None:
    """Write three sound files of two rows each, then the extra rows."""
    for name in SPLITS:
        rows = [f"{name} calm,routine", f"{name} pain,urgent", *extra.get(name, [])]
        (raw / f"{name}.csv").write_text(csv(*rows), encoding="utf-8")


def validated(name: str) -> pd.DataFrame:
    return pd.read_parquet(f"data/validated/{name}.parquet")


def quarantine() -> list[tuple[str, str]]:
    return list(pd.read_parquet("data/quarantine.parquet")[["row_id", "reason"]].itertuples(index=False, name=None))


def report() -> Any:
    return json.loads(Path("reports/validation.json").read_text(encoding="utf-8"))


def problems() -> tuple[str, ...]:
    with pytest.raises(UserError) as caught:
        main()
    assert not Path("data/validated").exists()
    return caught.value.problems


def outputs() -> dict[str, str]:
    files = [*Path("data/validated").iterdir(), Path("data/quarantine.parquet"), Path("reports/validation.json")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def one_file(raw: Path, rows: int = 200) -> None:
    """Write one file in which one row in four is urgent, and five rows share a patient."""
    lines = [f"note {n},{'urgent' if n % 4 == 0 else 'routine'},p{n // 5}" for n in range(rows)]
    (raw / "all.csv").write_text(csv(*lines, header="text,label,patient"))
