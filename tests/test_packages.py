"""dvc.yaml names, for each stage, the packages that compute what it writes, and packages.yaml has their versions.

The rule: a package counts where the code of the stage imports it, unless it is one of `NOT_COMPUTING`; with it count
those that it requires and that are in packages.yaml, but for those that only `WRITING` is done by.
"""

import re
import sys
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core.base import packages
from study.cells.cell import PACKAGES as OF_CELLS
from study.cells.sources import imported, sources
from tests.test_structure import FOLDERS, ROOT, STAGES, STUDY

NOT_COMPUTING = {
    "cycler": "comes with matplotlib",
    "joblib": "counts the cores",
    "huggingface-hub": "fetches files, of which params.yaml has the hash",
    "pydantic": "checks values, and writes them as they are",
    "pyyaml": "writes parameters as they are",
    "ruamel-yaml": "reads parameters",
    "rich": "a bar of the progress",
    "threadpoolctl": "one thread or more, to the same numbers",
    "tqdm": "a bar of the progress",
}
WRITING = {"jinja2", "matplotlib"}  # what others require them for is in no output
BEHIND = {"tokenizers": "splits texts for transformers"}  # imported by no stage
TECHNIQUES = [f"study.techniques.{path.stem}" for path in sorted((ROOT / "study/techniques").glob("*.py"))]
CODE = {
    **{name: [f"tasks.{name}.__main__"] for name in STAGES},
    "study/dvc.yaml:cells": ["study.cells.__main__", "study.cells.worker", *TECHNIQUES],
    "study/dvc.yaml:report": ["study.report.__main__"],
}
RECORDED = packages.recorded(ROOT / "packages.yaml")


def declared(stage: str) -> set[str]:
    entry = STUDY[stage.partition(":")[2]] if ":" in stage else STAGES[stage]
    (named,) = [line["packages.yaml"] for line in entry["params"] if isinstance(line, dict)]
    assert named == sorted(named)
    return set(named)


@cache
def owner(module: str) -> str:
    """Return the package that an imported module belongs to; ruamel is of ruamel-yaml and a part of it in C."""
    return str(canonicalize_name(min(packages_distributions()[module], key=len)))


def imports(modules: list[str]) -> set[str]:
    names = {name.split(".")[0] for module in modules for file in sources(module) for name in imported(ROOT / file)}
    return {owner(name) for name in names - {"", *FOLDERS, *sys.stdlib_module_names}}


@cache
def required(package: str) -> set[str]:
    """Return what a package requires without its extras, as far as that computes."""
    listed = [Requirement(line) for line in requires(package) or []]
    wanted = {canonicalize_name(each.name) for each in listed if not each.marker or each.marker.evaluate({"extra": ""})}
    return (wanted & RECORDED.keys()) - WRITING


def computing(modules: list[str]) -> set[str]:
    known: set[str] = set()
    waiting = imports(modules) - NOT_COMPUTING.keys()
    while waiting:
        known |= waiting
        waiting = {each for package in waiting for each in required(package)} - known
    return known


@pytest.mark.parametrize("stage", CODE)
def test_a_stage_names_the_packages_that_compute_in_it_and_no_others(stage):
    assert declared(stage) == computing(CODE[stage])


def test_packages_yaml_has_those_that_stages_name_and_no_others():
    assert set().union(*map(declared, CODE)) == RECORDED.keys() >= BEHIND.keys()


def test_the_versions_are_written_as_text():
    lines = (ROOT / "packages.yaml").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r'#.*|[\w.-]+: "[\w.]+"', line) for line in lines)


def test_each_package_is_one_that_is_installed_by_requirements_txt():
    known = re.findall(r"^([\w.-]+)==", Path(ROOT, "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert RECORDED.keys() <= set(known)


def test_what_makes_a_cell_of_the_study_new_is_named_for_its_stage():
    assert set(OF_CELLS) <= declared("study/dvc.yaml:cells")


def test_what_does_not_compute_is_still_imported_somewhere():
    reached = set().union(*map(imports, CODE.values()))
    assert NOT_COMPUTING.keys() <= reached
