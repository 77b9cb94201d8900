"""What the documents say is so: links lead somewhere, tables follow from the reports, commands exist and run."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tasks.privacy.installed import MISSING, is_installed
from tests.conftest import OF_THE_SAMPLE

ROOT = Path(__file__).parents[1]
PATTERNS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "benchmarks/*.md", "data/README.md")
PATTERNS += (
    "data/probe/README.md",
    "models/pretrained/README.md",
    "data/external/README.md",
    "reports/study/README.md",
    "reports/comparisons/README.md",
)
DOCUMENTS = [path for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
IN_TEXT = re.compile(r"`((?:make|dvc|prefect|git|python -m) [^`<]+)`")


def commands(document: Path) -> list[str]:
    """Return the commands of a document: the lines of its shell blocks without their comments, and those in its text.

    What holds <a placeholder> is no command.
    """
    content = document.read_text(encoding="utf-8")
    lines = [line for kind, block in BLOCK.findall(content) if kind == "sh" for line in block.splitlines()]
    in_blocks = [line.split(" #")[0].strip() for line in lines]
    in_text = [" ".join(found.split()) for found in IN_TEXT.findall(BLOCK.sub("", content))]
    return [line for line in [*in_blocks, *in_text] if line and not line.startswith("#")]


# What takes long, or more than a small project has; each kind has a test of its own below. All others are run.
PYTEST, TRIAL = "python -m pytest ", "dvc exp run "
BENCHMARKS = ("python -m benchmarks.", "python -m flows.ui", "python -m flows.tell", "python -m study.")
MAKE, PREFECT = "make ", "prefect "
COMMANDS = sorted({command for document in DOCUMENTS for command in commands(document)})


def starting_with(*kinds: str) -> list[str]:
    return [command for command in COMMANDS if command.startswith(kinds)]


RUN = sorted(set(COMMANDS) - set(starting_with(MAKE, PYTEST, *BENCHMARKS, TRIAL, PREFECT)))


@pytest.fixture(scope="module")
def examples(finished, tmp_path_factory):
    """A small project with a remote, all of it committed."""
    copy = finished.copy(tmp_path_factory.mktemp("examples") / "acclimate")
    copy.dvc("remote", "add", "--default", "own", "../remote")
    for name, value in (("user.name", "t"), ("user.email", "t@example.org")):
        copy.run("git", "config", name, value)
    params = copy.folder / "params.yaml"
    values = yaml.safe_load(params.read_text(encoding="utf-8"))
    values["study"] |= {"sizes": {"per_class": [], "shares": [0.5]}, "techniques": ["tf_idf", "finetuning"]}
    values["study"]["largest"] = {}
    params.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    copy.commit()
    return copy


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.parent.name + path.name)
def test_every_link_leads_to_a_file_of_the_project(document):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.parent.name + path.name)
def test_every_file_of_code_that_a_document_names_exists(document):
    for name in re.findall(r"`([\w/]+/[\w/]+\.py)`", document.read_text(encoding="utf-8")):
        assert (ROOT / name).is_file() or (document.parent / name).is_file(), name


HISTORY = r"from now on|no longer|late change|commit [0-9a-f]{7}"
OTHER_WORDS = (
    r"laid end to end|drawn back|general (?:language )?model|(?<!near )\btwins?\b|set aside|surprise|surest|in pieces"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.parent.name + path.name)
def test_documents_use_the_words_of_the_glossary_and_leave_history_to_the_changelog(document):
    prose = re.sub(r"^#.*$|`[^`]*`", "", BLOCK.sub("", document.read_text(encoding="utf-8")), flags=re.MULTILINE)
    words = OTHER_WORDS if document.name == "CHANGELOG.md" else f"{HISTORY}|{OTHER_WORDS}"
    assert re.findall(f"(?:{words})", prose, re.IGNORECASE) == []


def git(*arguments: str) -> str:
    """Return what git prints in the project. Skips the test where there is no git or no such thing in it."""
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"git {' '.join(arguments)}: {error}")


@OF_THE_SAMPLE
def test_the_stages_that_are_said_to_need_a_card_are_those_of_dvc_yaml():
    stages = yaml.safe_load(text("dvc.yaml"))["stages"]
    on_cards = [f"`{name}`" for name, stage in stages.items() if stage.get("meta", {}).get("resource") == "gpu"]
    said = f"the stages {', '.join(on_cards[:-1])} and {on_cards[-1]} have `resource: gpu`"
    assert said in " ".join(text("docs/prefect.md").split())


def test_the_readme_shows_the_answer_of_the_committed_report():
    # The one in the workspace has other last digits after `make run` on another processor; a new one comes with README.
    reports = [git("show", "HEAD:./reports/report.md"), text("reports/report.md")]
    answers = [report.split("\n\n")[1] for report in reports]
    assert any(answer in text("README.md") for answer in answers), "copy the report's first sentence into README.md"


def test_the_readme_has_fewer_than_a_thousand_words():
    assert len(text("README.md").split()) < 1000


def test_each_section_that_the_report_can_make_is_explained_in_its_order(finished):
    report = (finished.folder / "reports/report.md").read_text(encoding="utf-8")
    explained = headings(text("docs/report.md"))
    assert explained == ["Words", "The first screen", *headings(report)]


def headings(document: str) -> list[str]:
    """Return the headings of a document, and those of what it folds."""
    found = re.findall(r"^(?:## (.+)|<details><summary><b>(.+)</b></summary>)$", document, re.MULTILINE)
    return [heading or folded for heading, folded in found]


def test_the_tree_names_every_top_level_entry():
    tree = re.search(r"```text\n(.*?)```", text("docs/architecture.md"), re.DOTALL)
    assert tree
    named = {line.split()[0].rstrip("/") for line in tree[1].splitlines() if line and not line.startswith(" ")}
    folders = {path.split("/")[0] for path in git("ls-files").splitlines() if "/" in path}
    assert folders - {".ci", ".dvc"} <= named
    assert all((ROOT / name).exists() for name in named)


@pytest.mark.parametrize("command", starting_with(MAKE))
def test_every_make_target_of_the_documents_exists(command, finished):
    finished.run(*shlex.split(command), "--dry-run", f"--file={ROOT / 'Makefile'}", f"--directory={ROOT}")


@pytest.mark.parametrize("command", RUN)
def test_every_command_of_the_documents_that_takes_seconds_runs(command, examples, tmp_path):
    if command.startswith("python -m tasks.privacy") and not is_installed():
        pytest.skip(MISSING)
    examples.copy(tmp_path / "copy").run(*shlex.split(command))


@pytest.mark.parametrize("command", starting_with(TRIAL))
def test_every_trial_command_of_the_documents_changes_parameters_to_values_that_they_can_have(
    command, examples, tmp_path
):
    copy = examples.copy(tmp_path / "copy")
    # Without what follows: tests/test_pipeline.py runs the whole of that in README.
    copy.run(*shlex.split(command), "--single-item", "validation")
    assert copy.run("git", "diff", "params.yaml")
    copy.run("python", "-m", "tasks.params")


@pytest.mark.parametrize("command", starting_with(PYTEST))
def test_every_pytest_command_of_the_documents_names_tests(command):
    names, _, word = command.removeprefix(PYTEST).partition(" -k ")
    for place in (ROOT / name for name in names.split()):
        files = [place] if place.is_file() else list(place.rglob("test_*.py"))
        assert re.search(rf"^def test_\w*{word}", "".join(file.read_text() for file in files), re.MULTILINE), place


@pytest.mark.parametrize("command", starting_with(*BENCHMARKS))
def test_every_module_that_a_command_of_the_documents_names_exists_with_its_options(command):
    _, _, module, *arguments = shlex.split(command)
    place = ROOT.joinpath(*module.split("."))
    file = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
    code = file.read_text(encoding="utf-8")
    assert all(f'"{argument}"' in code for argument in arguments if argument.startswith("--"))


@pytest.mark.parametrize("command", starting_with(PREFECT))
def test_every_prefect_command_of_the_documents_exists_with_its_options(command, finished):
    known = finished.run(*shlex.split(command), "--help")
    assert all(argument in known for argument in shlex.split(command) if argument.startswith("--"))


def test_the_documents_name_no_other_kind_of_command():
    known = (MAKE, PREFECT, "dvc ", "python ", "git ")
    assert [command for command in COMMANDS if not command.startswith(known)] == []


def test_requirements_pin_everything_that_pyproject_names():
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", text("requirements.txt"), re.MULTILINE))
    named = set(re.findall(r'^    "([A-Za-z0-9-]+)[=><]', text("pyproject.toml"), re.MULTILINE))
    assert named and named <= pinned
    assert "torch==2.13.0\n" in text("requirements.txt")
