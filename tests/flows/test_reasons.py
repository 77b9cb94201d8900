"""Why a stage runs: what DVC says, and of a folder that git keeps the files that changed."""

import shutil
import threading
from pathlib import Path

import pytest

from flows.dvc_project import Stage, changes_by_stage, read_stages
from flows.reasons import why
from flows.records import Record, Records
from tests.conftest import made_for_all
from tests.flows.conftest import Foreign


def test_parameters_files_outputs_and_commands_are_named():
    changes = [
        {"changed deps": {"data/in": "modified", "x.py": "deleted", "params.yaml": {"a.b": "modified", "c": "new"}}},
        {"changed outs": {"out.txt": "deleted", "model": "not in cache"}},
    ]
    assert why(changes, Path(), Record()) == (
        "data/in changed, x.py missing, a.b changed, c is new, output missing: out.txt, output missing: model"
    )
    assert why(["changed command"], Path(), Record()) == "command changed"
    assert why(["always changed"], Path(), Record()) == "always runs"


def test_parameters_are_told_with_their_values_by_those_of_dvc_lock_and_those_of_their_file(tmp_path):
    (tmp_path / "params.yaml").write_text("net: {rate: 1e-5, sizes: [1, 2], more: {a: b}, on: true}\nlong: {x: y}\n")
    (tmp_path / "packages.yaml").write_text('torch: "2.10"\n')
    before = {"net": {"rate": 0.1, "sizes": [1], "more": {"a": "c"}, "gone": 1}, "long": "x" * 80}
    record = Record(parameters={"params.yaml": before, "packages.yaml": {"torch": "2.9"}})
    modified = {"params.yaml": dict.fromkeys(before, "modified"), "packages.yaml": {"torch": "modified"}}
    assert why([{"changed deps": modified}], tmp_path, record) == (
        "net.rate 0.1 -> 1e-05, net.sizes [1] -> [1, 2], net.more.a c -> b, net.gone missing, net.on is new, "
        "long missing, and 2 more"
    )
    assert why([{"changed deps": {"packages.yaml": {"torch": "modified"}}}], tmp_path, record) == "torch 2.9 -> 2.10"


@pytest.mark.parametrize("now", [None, "a: [", "a: " + "x" * 80])
def test_a_parameter_whose_values_cannot_be_told_is_named(tmp_path, now):
    if now:
        (tmp_path / "params.yaml").write_text(now)
    changes = [{"changed deps": {"params.yaml": {"a": "modified"}}}]
    assert why(changes, tmp_path, Record(parameters={"params.yaml": {"a": "b"}})) == "a changed"


def test_many_reasons_are_counted():
    changes = [{"changed deps": {str(number): "modified" for number in range(8)}}]
    assert why(changes, Path(), Record()).endswith("5 changed, and 2 more")


STAGES = """
stages:
  one: {cmd: cp -r code made, deps: [code], outs: [made]}
  two: {cmd: ls ../made > two.txt, wdir: inner, deps: [../made, ../code], outs: [two.txt]}
"""


@pytest.fixture(scope="session")
def coded(template: Foreign, tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """The foreign project with a folder of code, in which DVC ignores the notes and what Python writes."""

    def make(folder: Path) -> None:
        project = Foreign(shutil.copytree(template.top, folder, symlinks=True, dirs_exist_ok=True))
        project.write("dvc.yaml", STAGES)
        project.write("../.dvcignore", "__pycache__/\n")
        project.write(".dvcignore", "notes.md\n")
        project.write("../.gitignore", "__pycache__/\n")
        project.write("inner/.gitkeep", "")
        for name in ("a.py", "b.py", "inner/ü.py", "notes.md", "__pycache__/a.pyc"):
            project.write(f"code/{name}", f"{name}\n")
        project.run("dvc", "repro")
        project.commit()

    return Foreign(made_for_all(tmp_path_factory, "coded", make))


@pytest.fixture
def project(coded: Foreign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Foreign:
    copy = Foreign(shutil.copytree(coded.top, tmp_path / "coded", symlinks=True))
    monkeypatch.chdir(copy.folder)
    return copy


def reason(project: Foreign) -> str:
    """Return why `one` would run, once DVC has said that its folder differs."""
    changes = [{"changed deps": {"code": "modified"}}]
    return why(changes, project.folder, Records(project.folder, threading.Event()).of(Stage("one")))


def test_the_file_that_changed_in_a_folder_is_named_and_nothing_that_dvc_ignores(project):
    for name in ("code/inner/ü.py", "code/notes.md", "code/__pycache__/a.pyc", "code/__pycache__/b.pyc"):
        project.write(name, "changed\n")
    assert reason(project) == "code/inner/ü.py changed"


def test_files_that_are_new_or_removed_are_named_too(project):
    project.write("code/a.py", "changed\n")
    project.write("code/new.py", "new\n")
    (project.folder / "code/inner/ü.py").unlink()
    assert reason(project) == "code/a.py changed, code/inner/ü.py removed, code/new.py is new"


def test_what_was_committed_since_the_last_run_is_named_as_well_as_what_is_not_committed_yet(project):
    for name in ("code/a.py", "code/new.py"):
        project.write(name, "changed\n")
        project.commit()
    project.write("code/b.py", "changed\n")
    assert reason(project) == "code/a.py changed, code/b.py changed, code/new.py is new"


def test_after_a_run_on_what_was_not_committed_the_reason_says_that_it_compares_with_the_last_commit(project):
    project.write("code/a.py", "changed\n")
    project.run("dvc", "repro", "one")
    project.write("code/b.py", "changed\n")
    assert reason(project) == "code changed (since the last commit: code/a.py changed, code/b.py changed)"
    project.run("git", "checkout", "--quiet", "code")
    assert reason(project) == "code changed"


def test_a_run_on_what_was_committed_afterwards_is_found_in_that_commit(project):
    project.write("code/a.py", "changed\n")
    project.run("dvc", "repro", "one")
    project.commit()
    project.write("code/b.py", "changed\n")
    assert reason(project) == "code/b.py changed"


def test_a_stage_that_runs_in_another_folder_names_files_as_dvc_does_and_outputs_by_their_folder(project):
    project.write("code/a.py", "changed\n")
    project.write("made/a.py", "changed\n")
    changes = changes_by_stage(project.folder, "two")["two"]
    record = Records(project.folder, threading.Event()).of(read_stages(project.folder)["two"])
    assert why(changes, project.folder, record) == "made changed, code/a.py changed"


def test_without_git_the_folder_is_named(project):
    project.write("code/a.py", "changed\n")
    shutil.rmtree(project.top / ".git")
    assert reason(project) == "code changed"


def test_the_message_of_a_task_names_the_file(project, reproduce):
    project.write("code/b.py", "changed\n")
    run = reproduce()
    assert run.messages["one"].endswith("s: code/b.py changed")
    assert run.messages["two"].endswith("s: code/b.py changed, made changed")
