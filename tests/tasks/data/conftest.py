"""What tests of `make data` share: a folder, and tables in it."""

from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from tasks.data import __main__ as data
from tests.conftest import ROOT

PARAMS = (ROOT / "params.yaml").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A folder with the sample's params.yaml and no data."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS, encoding="utf-8")
    Path("mine").mkdir()
    return tmp_path


def rows(name: str) -> pd.DataFrame:
    notes = [f"{name}, patient {number} is {how}" for number in range(20) for how in ("calm", "in pain")]
    return pd.DataFrame(
        {"note": notes, "class": ["low", "high"] * 20, "patient": [f"{name} {n // 2}" for n in range(40)]}
    )


def write(*names: str) -> list[str]:
    for name in names:
        rows(name).to_csv(f"mine/{name}", sep="\t", index=False)
    return [f"mine/{name}" for name in names]


def problem(*words: str) -> str:
    with pytest.raises(UserError) as caught:
        data.main(*words)
    assert Path("params.yaml").read_text(encoding="utf-8") == PARAMS
    assert not Path("data").exists()
    return "\n".join(caught.value.problems)
