"""Reports are current while nothing that they follow from is another one, whether or not it is at hand."""

import shutil
from pathlib import Path

import pytest

from core.base import paths
from core.base.errors import UserError
from tasks.report.current import require_current


def change(path: str, before: str, after: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(text.replace(before, after, 1), encoding="utf-8")


def test_those_of_a_run_are_current_in_a_clone_without_its_outputs_too(committed, tmp_path, monkeypatch):
    require_current()
    committed.run("git", "clone", "--quiet", ".", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert not paths.VALIDATED.exists() and paths.METRICS.is_file()
    require_current()


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        ("params.yaml", "epochs: 2", "epochs: 3", "stale: finetuning.epochs of finetuning@1 changed since"),
        ("reports/report.md", "tf-idf", "tf-id", "stale: reports/report.md of report changed since"),
        ("tasks/leakage/__main__.py", '"""', '"""A word. ', "tasks/leakage of leakage changed since"),
        ("data/lexicon.csv", "sob", "sobb", "data/lexicon.csv of augmentation changed since"),
    ],
)
def test_what_differs_is_named_with_its_stage_and_the_command_that_mends_it(committed, path, before, after, said):
    change(path, before, after)
    with pytest.raises(UserError, match=f"{said}: `dvc repro`"):
        require_current()


def test_what_git_keeps_may_not_be_missing(committed):
    paths.LEXICON.unlink()
    with pytest.raises(UserError, match="data/lexicon.csv of augmentation changed since"):
        require_current()


def test_one_model_among_those_of_the_seeds_that_is_another_is_named(committed):
    shutil.rmtree(paths.seed_model(1))
    next(paths.seed_model(2).glob("*.json")).write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="models/seeds"):
        require_current()


def test_the_page_of_a_validation_that_refused_the_data_is_no_report(committed):
    train = Path("data/raw/train.csv")
    train.write_text(train.read_text(encoding="utf-8").replace("routine", "").replace("urgent", ""), encoding="utf-8")
    committed.dvc("repro", ends_with=(255,))
    with pytest.raises(UserError, match="reports/report.md says why the data was refused: mend what it names"):
        require_current()
