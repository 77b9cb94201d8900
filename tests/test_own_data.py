"""`make run`, then `make test`: green whatever the run has written, on any processor, with data of the user's own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
NEVER_PUSHED = "test_data_put_in_place_of_the_sample_is_never_pushed_into_the_bundled_remote"
OF_THE_SAMPLE = ("data/test_probe.py", f"data/test_remote.py::{NEVER_PUSHED}", "tasks/test_params.py")
OF_DOCUMENTS = ("test_docs.py", "test_structure.py", *OF_THE_SAMPLE)
OF_COMPANIONS = (
    "tasks/augmentation/test_augmentation.py",
    "tasks/tokenization/test_tokenization.py::test_rows_are_not_padded",
)  # lexicon, probe
HEAVY = "command or make or encoder or generator or bytes or module or torch"  # what runs stages, whatever the state


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def not_copied(folder: str, names: list[str]) -> set[str]:
    """Return what is no part of the project: what is built, and whatever a user keeps beside it."""
    built = (".git", ".venv", "cache", "tmp", "seeds", "finetuned", "raw", "tokenized", "*.parquet", ".*cache*")
    large = {name for name in names if (path := Path(folder, name)).is_file() and path.stat().st_size > 5_000_000}
    return shutil.ignore_patterns("__pycache__", *built)(folder, names) | large


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The project as it is here, in a git repository of its own."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT, folder, ignore=not_copied, symlinks=True)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "-m", "all")


def other_last_digits(folder: Path) -> None:
    for report in (folder / "reports").glob("*.*"):
        text = report.read_text(encoding="utf-8")
        report.write_text(re.sub(r"(0\.\d+)\d\b", lambda found: f"{found[1]}7", text), encoding="utf-8")


def other_domain(folder: Path) -> None:
    """Do what README says of own data, and of another language; leave the reports that such a run would."""
    values = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
    values["validation"] |= {"text": "Satz", "label": "Klasse", "group": None, "labels": None}
    values["validation"] |= {"cluster": None, "slices": []}
    values["evaluation"] |= {"positive": None}
    values["augmentation"] |= {"abbreviation": 0.0, "dropout": 0.0, "swap": 0.0, "typo": 0.0}
    values["model"] |= {"name": "models/allgemein", "revision": None, "sha256": "0" * 64, "package": None}
    (folder / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")  # as a tool without comments does
    (folder / "data/raw.dvc").write_text("outs:\n- md5: 00000000000000000000000000000000.dir\n  path: raw\n")
    (folder / "data/lexicon.csv").write_text("abbreviation,expansion\n")
    (folder / "data/probe/probe.csv").write_text("text,topic\nEs regnet.,Wetter\nTor!,Sport\n")
    (folder / ".dvc/config").write_text("[core]\n    remote = own\n['remote \"own\"']\n    url = ../../own\n")
    other_last_digits(folder)


def run_tests(folder: Path, *files: str) -> str:
    """Return the last line of a run of the suite's own tests in a folder. Fails where it is not green."""
    command = (sys.executable, "-m", "pytest", "-q", "-k", f"not ({HEAVY})", *(f"tests/{file}" for file in files))
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    ran = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout.splitlines()[-1]


def test_a_run_on_another_processor_leaves_the_tests_of_documents_green(clone):
    other_last_digits(clone)
    assert git(clone, "status", "--porcelain", "reports/report.md")
    assert "passed" in run_tests(clone, "test_docs.py")


@pytest.mark.parametrize("committed", [False, True])
def test_data_of_the_users_own_leave_the_suite_green(clone, committed):
    other_domain(clone)
    if committed:
        commit(clone)
    files = OF_DOCUMENTS if committed else (*OF_DOCUMENTS, *OF_COMPANIONS)
    assert "passed" in run_tests(clone, *files)


def test_raw_files_kept_in_git_leave_the_tests_of_documents_green(clone):
    (clone / "data/raw.dvc").unlink()
    assert "passed" in run_tests(clone, "test_docs.py")


def test_a_copy_without_git_leaves_the_tests_of_documents_green(clone):
    shutil.rmtree(clone / ".git")
    assert "passed" in run_tests(clone, "test_docs.py")
