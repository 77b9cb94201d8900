"""What messages advise can be done: commands and parameters exist, and the main ones lead out of the trouble."""

import ast
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from tasks.params import Params
from tests.conftest import Project

ROOT = Path(__file__).parents[1]
MODULES = [path for folder in ("core", "tasks", "study", "flows") for path in sorted((ROOT / folder).rglob("*.py"))]
TEMPLATES = [path for folder in ("core", "tasks", "study") for path in sorted((ROOT / folder).rglob("*.j2"))]
TOOLS = ("make", "dvc", "git", "prefect", "python", "pip")
HOLE = "HOLE"  # where a message names what it is about


def texts(file: Path) -> Iterator[str]:
    """Yield the strings of a module that are no docstring, what is filled in replaced by a word."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    docstrings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    within = {id(part) for node in [*joined, *docstrings] for part in ast.walk(node) if part not in joined}
    for node in joined:
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within:
            yield node.value


def advised(text: str) -> list[str]:
    """Return the commands that a text puts between backticks."""
    quoted = [part for found in re.findall("`([^`]+)`", text) for part in found.split(" && ")]
    return [each for each in quoted if each.startswith(tuple(f"{tool} " for tool in TOOLS))]


COMMANDS = sorted({command for file in MODULES for text in texts(file) for command in advised(text)})
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


@pytest.mark.parametrize("command", [each for each in COMMANDS if HOLE not in " ".join(each.split()[:2])])
def test_every_command_that_a_message_advises_exists_with_its_options(command, finished):
    tool, *words = [word for word in shlex.split(command) if not word.startswith("HOLE")]
    match tool, words:
        case "make", [target, *_]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        case "python", ["-m", module, *_]:
            assert find_spec(module), module
        case "pip", ["install"]:
            pass  # what packages.yaml had: tests/core/base/test_packages.py
        case "pip", ["install", *named]:
            extra = re.fullmatch(r"\.\[(\w+)\]", named[-1])
            assert not extra or extra[1] in {*EXTRAS, HOLE}
        case "git", ["lfs", *_]:
            pass  # what is not git's own is advised where a file needs it
        case "git", [name, *_]:
            assert subprocess.run(["git", name, "-h"], capture_output=True).returncode == 129  # it says its usage
        case _:
            names = takewhile(re.compile("[a-z]+(-[a-z]+)*$").match, words)
            known = finished.run(tool, *names, "--help")
            assert all(word in known for word in words if word.startswith("--"))


NAMES = re.compile(rf"(?<![\w./`-])({'|'.join(Params.model_fields)})((?:\.[a-z_][a-z0-9_]*)+)(?![\w/(])")
FILES = (".md", ".json", ".jsonl", ".csv", ".parquet", ".safetensors", ".index", ".j2")


def models(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from models(inner)


def is_parameter(name: str) -> bool:
    kinds: list[Any] = [Params]
    for part in name.split("."):
        kinds = [
            model.model_fields[part].annotation
            for kind in kinds
            for model in models(kind)
            if part in model.model_fields
        ]
    return bool(kinds)


def is_module(name: str) -> bool:
    return ROOT.joinpath(*name.split(".")).with_suffix(".py").is_file() or ROOT.joinpath(*name.split(".")).is_dir()


def named(text: str) -> list[str]:
    names = ["".join(found) for found in NAMES.findall(text)]
    return [name for name in names if not name.endswith(FILES) and not is_module(name)]


# Attributes of what a template or a snippet is filled with.
VALUES = {"model.config.id2label", "model.config"}


@pytest.mark.parametrize("file", [*MODULES, *TEMPLATES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_parameter_that_a_message_names_exists(file):
    content = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    said = [content] if file.suffix == ".j2" else list(texts(file))
    assert [name for text in said for name in named(text) if not is_parameter(name) and name not in VALUES] == []


def overwrite(name: str, content: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8") and None


def delete(name: str) -> Callable[[Path], None]:
    return lambda folder: shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()


def change(name: str, value: Any) -> Callable[[Path], None]:
    section, key = name.split(".")

    def write(folder: Path) -> None:
        values = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
        values[section][key] = value
        (folder / "params.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")

    return write


CONFLICT = '<<<<<<< HEAD\n{"a": 1}\n=======\n{"a": 2}\n>>>>>>> other\n'
# What breaks, the module that says so, what it says, and what is done by hand as the message asks before its commands.
TROUBLES = {
    "no params.yaml": (delete("params.yaml"), "tasks.params", "git checkout params.yaml", None),
    "params.yaml cut short": (overwrite("params.yaml", ""), "tasks.params", "git checkout params.yaml", None),
    "no scores": (delete("reports/metrics.json"), "tasks.report.summary", "dvc repro", None),
    "damaged scores": (
        overwrite("reports/metrics.json", "{"),
        "tasks.report.summary",
        "dvc repro",
        delete("reports/metrics.json"),
    ),
    "scores of another version": (overwrite("reports/metrics.json", "{}"), "tasks.report.summary", "dvc repro", None),
    "scores in conflict": (
        overwrite("reports/metrics.json", CONFLICT),
        "tasks.report.summary",
        "git checkout HEAD -- reports/metrics.json",
        None,
    ),
    "a damaged ledger": (
        overwrite("reports/readings.jsonl", "{}\n"),
        "tasks.report",
        "git checkout reports/readings.jsonl",
        None,
    ),
    "no predictions": (delete("data/predictions/finetuned.parquet"), "tasks.report", "dvc repro", None),
    "a damaged model": (
        overwrite("models/seeds/1/model.safetensors", "x"),
        "tasks.evaluation",
        "dvc repro",
        delete("models/seeds/1"),
    ),
    "no data": (
        delete("data/raw"),
        "tasks.validation",
        "git checkout data/raw.dvc && dvc pull data/raw.dvc",
        None,
    ),
    "texts longer than the model reads": (
        change("tokenization.max_length", 64),
        "tasks.tokenization",
        "lower it to 32",
        change("tokenization.max_length", 32),
    ),
    "more rows asked than there are": (
        change("validation.minimum_rows", {"train": 2, "validation": 1, "test": 5}),
        "tasks.validation",
        "lower validation.minimum_rows.test to 4",
        change("validation.minimum_rows", {"train": 2, "validation": 1, "test": 4}),
    ),
}


@pytest.fixture(scope="module")
def committed(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after its first run, its reports committed and its data shared."""
    copy = finished.copy(tmp_path_factory.mktemp("committed") / "acclimate")
    copy.dvc("remote", "add", "--default", "own", "../remote")
    copy.dvc("push", "--quiet", "data/raw.dvc")
    copy.commit()
    return copy


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whoever_does_what_a_message_says_is_out_of_the_trouble(committed, tmp_path, trouble):
    broken, module, said, by_hand = TROUBLES[trouble]
    project = committed.copy(tmp_path / "copy")
    broken(project.folder)
    message = project.run("python", "-m", module, ends_with=(1,))
    assert "Traceback" not in message
    assert said in message
    if by_hand:
        by_hand(project.folder)
    if said in re.findall("`([^`]+)`", message):
        for command in said.split(" && "):
            project.run(*shlex.split(command))
    project.run("python", "-m", module)
