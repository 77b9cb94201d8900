"""What scored the models is recorded: the code's commit, packages, device."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from core.base import paths, results
from core.data import environment


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def commit() -> str:
    """The commit of some code, which another commit follows that does not change it."""
    git("init", "--quiet")
    for name in ("core/code.py", "README.md"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
        git("add", "--all")
        git("commit", "--quiet", "--message", name)
    return git("rev-parse", "HEAD~1")


def test_the_commit_is_the_last_one_that_changed_the_code(commit):
    found = environment.current("cpu", "float32")
    assert (found.commit, found.changed) == (commit, False)
    Path("core/code.py").write_text("other")
    assert environment.current("cpu", "float32").changed


def test_outside_of_git_there_is_no_commit():
    assert environment.current("cpu", "float32").commit is None


def test_what_is_written_is_read_again_with_the_versions_of_packages():
    Path("dvc.yaml").write_text("stages: {evaluation: {cmd: a, params: [packages.yaml: [torch]]}}")
    Path("packages.yaml").write_text('numpy: "1.0"\ntorch: "1.0"\n')
    results.write(paths.ENVIRONMENT, environment.current("NVIDIA H100", "bfloat16"))
    found = environment.read()
    assert (found.device, found.precision) == ("NVIDIA H100", "bfloat16")
    assert found.packages == {"torch": version("torch")}  # of the stage, as they are, and by their whole names
