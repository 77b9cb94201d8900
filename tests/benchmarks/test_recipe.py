"""The benchmark of the recipe on a folder of a few rows: every way is scored, and no test file is read."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import recipe
from core.base.errors import UserError


@pytest.fixture
def folder(tiny_params) -> Path:
    """Return a folder of rows whose label hangs on one word; a test file that nobody could read lies beside them."""
    tiny_params()
    made = Path("texts")
    made.mkdir()
    rows = [{"text": f"{('mild', 'severe')[n % 2]} rash {n}", "label": ("routine", "urgent")[n % 2]} for n in range(40)]
    pd.DataFrame(rows[:32]).to_csv(made / "train.csv", index=False)
    pd.DataFrame(rows[32:]).to_csv(made / "validation.csv", index=False)
    (made / "test.csv").write_bytes(b"\x9d")
    Path("benchmarks").mkdir()
    return made


def test_every_way_is_scored_on_rows_that_neither_trained_nor_chose(folder):
    texts = {name: set(frame["text"]) for name, frame in recipe.divided(recipe.read(folder)).items()}
    assert sum(map(len, texts.values())) == len(set.union(*texts.values())) == 40
    recipe.main(str(folder))
    written = recipe.RESULT.read_text(encoding="utf-8")
    for way in ["tf-idf", "frozen encoder", *recipe.SETTINGS]:
        assert f"| texts | 30, 5 | {way} |" in written


def test_a_folder_without_the_files_is_told(tmp_path):
    with pytest.raises(UserError) as raised:
        recipe.read(tmp_path)
    assert [problem.endswith("name folders of train.csv and validation.csv") for problem in raised.value.problems] == [
        True,
        True,
    ]
