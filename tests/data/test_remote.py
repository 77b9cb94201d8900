"""The bundled remote serves the sample as it is drawn by the commit that froze it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from data.sample import generate as sample
from tests.conftest import OF_THE_SAMPLE, REMOTE, ROOT, TRACKED
from tests.data.test_sample import files


@pytest.fixture
def served() -> dict[str, bytes]:
    """The files of data/raw as the bundled remote serves them, by their names."""
    [listed] = REMOTE.glob("*/*.dir")
    listing = json.loads(listed.read_text(encoding="utf-8"))
    return {entry["relpath"]: (REMOTE / entry["md5"][:2] / entry["md5"][2:]).read_bytes() for entry in listing}


@pytest.fixture
def commit(served) -> str:
    """The commit by which the bundled sample was drawn."""
    Path("README.md").write_bytes(served["README.md"])
    named = sample.recorded(Path("README.md"))
    if named is None:
        pytest.skip("the second sample is not drawn yet")
    assert len(named) == 40
    return named


def test_the_bundled_remote_serves_exactly_what_the_generator_writes(served, commit, monkeypatch):
    monkeypatch.setattr(sample, "RAW", Path("raw"))
    sample.main(commit)
    assert files(Path("raw")) == served, f"run `python -m data.sample.generate {commit}`"


def test_the_commit_that_froze_the_sample_holds_what_writes_it_and_its_specification(served, commit):
    archive = subprocess.run(["git", "archive", commit, "data/sample", "core"], cwd=ROOT, capture_output=True)
    if archive.returncode:
        pytest.skip(f"git has no {commit} here: {archive.stderr.decode()}")
    subprocess.run(["tar", "-x"], input=archive.stdout, check=True)
    for part in ("SPECIFICATION.md", "vocabulary.yaml"):
        assert Path("data/sample", part).read_bytes() == (ROOT / "data/sample" / part).read_bytes()
    subprocess.run([sys.executable, "-m", "data.sample.generate", commit], check=True)
    assert files(Path("data/raw")) == served


@OF_THE_SAMPLE
def test_a_fresh_clone_pulls_the_sample_from_the_bundled_remote(served):
    for name in (".dvc/config", "data/raw.dvc", "data/remote"):
        target = Path(name)
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run([Path(sys.executable).with_name("dvc"), "pull", "--quiet", "data/raw.dvc"], check=True)
    assert files(Path("data/raw")) == served


@OF_THE_SAMPLE
def test_data_put_in_place_of_the_sample_is_never_pushed_into_the_bundled_remote():
    assert TRACKED["remote"] == "sample" and TRACKED["push"] is False
