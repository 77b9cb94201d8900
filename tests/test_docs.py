"""What the documents say is so: links lead somewhere, tables follow from the reports, commands exist and run."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.conftest import OF_THE_SAMPLE

ROOT = Path(__file__).parents[1]
NAMES = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "data/probe/README.md", "benchmarks/README.md"),
    *("benchmarks/gpu.md", "docs/models.md", "models/pretrained/README.md"),
]
DOCUMENTS = [ROOT / name for name in NAMES]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(document: Path) -> list[str]:
    """Return the lines of a document's shell blocks, without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


TRIAL = "dvc exp run "  # trains: tests/test_pipeline.py runs it
COMMANDS = sorted({command for document in DOCUMENTS for command in commands(document)})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.parent.name + path.name)
def test_every_link_leads_to_a_file_of_the_project(document):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def git(*arguments: str) -> str:
    """Return what git prints in the project. Skips the test where there is no git or no such thing in it."""
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"git {' '.join(arguments)}: {error}")


@OF_THE_SAMPLE
def test_the_readme_shows_the_headline_table_of_the_committed_report():
    # The one in the workspace has other last digits after `make run` on another processor; a new one comes with README.
    reports = [git("show", "HEAD:./reports/report.md"), text("reports/report.md")]
    assert any(headline(report) in text("README.md") for report in reports), "copy the headline table into README.md"


def headline(report: str) -> str:
    first_screen = report.split("\n## ")[0]
    return "\n".join(line for line in first_screen.splitlines() if line.startswith("|"))


def test_the_tree_names_every_top_level_entry():
    tree = re.search(r"```text\n(.*?)```", text("README.md"), re.DOTALL)
    assert tree
    named = {line.split()[0].rstrip("/") for line in tree[1].splitlines() if line and not line.startswith(" ")}
    folders = {path.split("/")[0] for path in git("ls-files").splitlines() if "/" in path}
    assert folders - {".ci", ".dvc"} <= named
    assert all((ROOT / name).exists() for name in named)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("make ")])
def test_every_make_target_of_the_documents_exists(command, project):
    project.run(*shlex.split(command), "--dry-run", f"--file={ROOT / 'Makefile'}", f"--directory={ROOT}")


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if each.startswith(("dvc ", "python ")) and not each.startswith(TRIAL)]
)
def test_every_other_command_of_the_documents_runs(command, project, tmp_path):
    copy = project.copy(tmp_path / "copy")
    copy.commit()
    copy.run(*shlex.split(command))


def test_the_documents_name_no_other_kind_of_command():
    known = ("make ", "dvc ", "python ", "git ", "cp ", "rm ", ". .venv", "source ")
    assert [each for each in COMMANDS if not each.startswith(known)] == []


def test_requirements_pin_everything_that_pyproject_names():
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", text("requirements.txt"), re.MULTILINE))
    named = set(re.findall(r'^    "([A-Za-z0-9-]+)[=><]', text("pyproject.toml"), re.MULTILINE))
    assert named and named <= pinned
    assert "torch==2.13.0\n" in text("requirements.txt")
