"""What a kill, a merge, another user or an unpacked archive leaves is mended, or named with the way out."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.errors import UserError
from flows.ready import has_packages, make_ready
from tests.conftest import ROOT
from tests.flows.conftest import Foreign, dvc_writes


@pytest.fixture(autouse=True)
def our_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "t")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@example.org")


def entry(number: int) -> dict[str, object]:
    return {"pid": number, "cmd": "dvc repro"}


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


# cases 16 and 30: an empty file, one cut in its middle, one of another form, and one that is no text
@pytest.mark.parametrize(
    "left", [b"", b'{"write": {"a": {"pid": 1, "cm', b"[]", b'{"write": 1, "read": {}}', b"\xff\x00"]
)
def test_a_list_of_locks_that_a_kill_has_damaged_is_mended_by_the_next_run(computed, reproduce, left):
    (computed.top / ".dvc/tmp/rwlock").write_bytes(left)
    computed.write("each.sh", "echo $1 again; cat seed.txt\n")
    run = reproduce()
    assert run.state.is_completed(), run.message
    assert computed.is_settled()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("mounting a disk of its own is not permitted")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_what_a_disk_that_was_full_has_cut_is_mended_once_there_is_space(computed, small_disk):  # case 30
    project = Foreign(shutil.copytree(computed.top, small_disk / "copy", symlinks=True))
    names = [f"many/{'long' * 10}-{number}" for number in range(60)]
    for name in names:
        project.write(name, "x\n")
    project.write("dvc.yaml", f"stages:\n  one: {{cmd: cat many/* > one.txt, deps: {names}, outs: [one.txt]}}\n")
    project.run("dvc", "repro")
    project.write(names[0], "y\n")
    fill = small_disk / "fill"
    with pytest.raises(OSError, match="No space left"), fill.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    assert "No space left" in project.run("sh", "-c", "dvc repro; true")
    with pytest.raises(json.JSONDecodeError):  # where it is cut depends on how long the folders' names are
        json.loads((project.top / ".dvc/tmp/rwlock").read_text())
    fill.unlink()
    assert "JSON structure is corrupted" in project.run("sh", "-c", "dvc repro; true")
    (mended,) = make_ready(project.folder)
    assert mended.endswith("was damaged, as a kill or a full disk leaves it: it is removed")
    project.run("dvc", "repro")
    assert project.is_settled()


def test_locks_of_killed_commands_are_taken_out_and_those_of_running_ones_stay(computed, ended):
    running = subprocess.Popen(["python", "-c", "input()", "dvc"], stdin=subprocess.PIPE)
    path = computed.top / ".dvc/tmp/rwlock"
    other = os.getpid()  # of no DVC command, whose number a killed one had
    path.write_text(json.dumps({"write": {"a": entry(ended), "b": entry(running.pid)}, "read": {"c": [entry(other)]}}))
    try:
        assert make_ready(computed.folder) == [f"{path} named DVC commands that were killed: they are taken out"]
        assert json.loads(path.read_text()) == {"write": {"b": entry(running.pid)}, "read": {}}
        assert make_ready(computed.folder) == []
    finally:
        running.communicate()


def advised(error: pytest.ExceptionInfo[UserError]) -> str:
    """Return the first command of a message."""
    return re.search("`([^`]+)`", str(error.value))[1]


def follow(project, error: pytest.ExceptionInfo[UserError]) -> None:
    subprocess.run(advised(error), shell=True, cwd=project.folder, check=True)


@pytest.mark.parametrize(
    "left", ["", "schema: '2.0'\nstages:\n  start-up:\n    cmd: cat\n    deps:\n    - path:", "sch"]
)
def test_a_dvc_lock_that_a_kill_has_cut_short_is_brought_back_by_the_command_that_is_named(computed, left):
    computed.write("dvc.lock", left)
    with pytest.raises(UserError, match="a folder/dvc.lock is cut short") as error:
        make_ready(computed.folder)
    follow(computed, error)
    assert make_ready(computed.folder) == []
    assert computed.is_settled()


def test_a_dvc_lock_that_dvc_is_writing_is_not_taken_for_one_that_is_cut_short(computed):
    with dvc_writes(computed):
        assert make_ready(computed.folder) == []


def merged(project) -> None:
    """Merge two branches, each of which has reproduced the project with parameters of its own."""
    base = project.run("git", "branch", "--show-current").strip()
    for branch, first in (("other", 2), (base, 3)):
        project.run("git", "switch", "--quiet", *(["-c"] if branch == "other" else []), branch)
        project.write("params.yaml", f"seed:\n  first: {first}\n")
        project.write("../raw.txt", f"raw {branch}\n")
        project.run("dvc", "repro")
        project.commit()
    project.run("git", "merge", "other", ends_with=1)


def test_what_a_merge_left_in_conflict_is_named_at_once_each_with_its_way_out(computed):  # case 17
    merged(computed)
    with pytest.raises(UserError) as error:
        make_ready(computed.folder)
    lock, params, data = error.value.problems
    assert re.match(r"a folder/dvc.lock line \d+: a merge has left both sides there: `git checkout HEAD -- ", lock)
    assert "a folder/params.yaml line 2: a merge has left both sides there: keep what shall hold" in params
    assert data.startswith("raw.txt.dvc line 2")
    for problem in (lock, data):
        subprocess.run(re.search("`([^`]+)`", problem)[1], shell=True, cwd=computed.folder, check=True)
    computed.write("params.yaml", "seed:\n  first: 3\n")
    computed.run("dvc", "checkout", "--force")
    assert make_ready(computed.folder) == []
    assert computed.is_settled()


def test_a_conflict_that_was_committed_is_taken_back_to_the_commit_before(computed):
    whole = (computed.folder / "dvc.lock").read_text()
    computed.write("dvc.lock", f"<<<<<<< HEAD\n{whole}=======\n{whole}>>>>>>> other\n")
    computed.commit()
    with pytest.raises(UserError) as error:
        make_ready(computed.folder)
    follow(computed, error)
    assert (computed.folder / "dvc.lock").read_text() == whole


def test_without_git_the_command_is_named_that_lets_dvc_work(computed):  # cases 22 and 29
    shutil.rmtree(computed.top / ".git")
    with pytest.raises(UserError, match="is in no git repository, which DVC needs") as error:
        make_ready(computed.folder)
    assert advised(error) == "git init"
    computed.run("git", "init", "--quiet", str(computed.top))
    assert make_ready(computed.folder) == []


def test_a_project_that_dvc_keeps_without_git_needs_none(computed):
    shutil.rmtree(computed.top / ".git")
    computed.write("../.dvc/config", "[core]\n    no_scm = true\n")
    assert make_ready(computed.folder) == []


@pytest.mark.parametrize(
    "said",
    [
        b"stages: [a]",
        b"stages:\n  a:",
        b"stages: {a: {cmd: x, outs: }}",
        b"- a",
        b"stages: {a: {do: 1}}",
        b"stages: \xe9",
    ],
)
def test_a_dvc_yaml_that_is_wrong_is_left_to_dvc_to_say(computed, said):
    (computed.folder / "dvc.yaml").write_bytes(said)
    assert make_ready(computed.folder) == []
    assert not has_packages(computed.folder)


@pytest.mark.parametrize("said", ["core]", "[core]\n[core]\n", "[core]\nno_scm = maybe\n"])
def test_a_configuration_that_cannot_be_read_is_brought_back_by_the_command_that_is_named(computed, said):
    computed.write("../.dvc/config", said)
    with pytest.raises(UserError, match=r"\.dvc/config cannot be read: ") as error:
        make_ready(computed.folder)
    follow(computed, error)
    assert make_ready(computed.folder) == []


# Root may write everywhere, but for what it has given up.
MODEST = () if os.getuid() else ("setpriv", "--bounding-set", "-dac_override")
READ_ONLY = [
    "python -m tasks.augmentation",
    "python -m tasks.recipe params/distilbert.yaml",
    "python -m flows.ui --port 4217",
    "make run",
]


@pytest.fixture
def read_only(validated: None, tmp_path: Path) -> Iterator[Path]:
    """A project after validation whose folders may not be written to."""
    if not shutil.which("setpriv") and MODEST:
        pytest.skip("root, without setpriv, may write everywhere")
    for command in (["git", "init", "--quiet"], [f"{Path(sys.executable).parent}/dvc", "init", "--quiet"]):
        subprocess.run(command, check=True)
    for name in ("Makefile", "requirements.txt", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "params", "params")
    for name in (".venv", "data/raw"):
        Path(name).mkdir()
    Path(".venv/installed").touch()
    folders = [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield tmp_path
    for folder in folders:
        folder.chmod(0o755)


@pytest.mark.parametrize("command", READ_ONLY)
def test_a_folder_that_is_read_only_is_said_to_be_one_in_a_line(read_only, command, tmp_path_factory):  # case 34
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([*MODEST, *command.split()], env=environment, text=True, capture_output=True)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr and "unexpected" not in done.stderr
    (problem,) = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert "says whose it is" in problem
    shown, copied = (shlex.split(each) for each in re.findall("`([^`]+)`", problem))
    assert copied == ["cp", "-R", str(read_only), "COPY"]
    subprocess.run(shown, check=True)
    subprocess.run([*copied[:-1], str(tmp_path_factory.mktemp("copy") / "copy")], check=True)
