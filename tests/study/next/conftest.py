"""A project whose rows are tokenized, and a file of unlabelled ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tasks.tokenization.__main__ import main as tokenization
from tests.conftest import notes


@pytest.fixture
def tokenized(validated: None, once: Callable[..., None]) -> None:
    """Run `tokenization`; nothing was quarantined but one text."""
    quarantined = notes("train", 1).assign(split="train", text="Leg pain of two labels", reason="conflicting labels")
    quarantined[["row_id", "split", "text", "label", "reason"]].to_parquet("data/quarantine.parquet", index=False)
    once(tokenization)


def unlabelled(path: str = "unlabelled.csv", rows: int = 12, **columns: Any) -> Path:
    """Write rows that no split has."""
    table = pd.DataFrame({"text": notes("new", rows)["text"], **columns})
    file = Path(path)
    {".csv": table.to_csv, ".parquet": table.to_parquet}[file.suffix](file, index=False)
    return file
