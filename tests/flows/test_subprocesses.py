"""Commands of a project: what they print, how they fail, and that they end with all that they started."""

import os
import threading
import time
from pathlib import Path

import pytest

from core.base.errors import UserError
from flows import subprocesses
from flows.subprocesses import Stopped, TimedOut

Said = list[tuple[str, bool, bool]]  # of each line: its text, whether it is an error, whether it is redrawn


def streamed(command: str, timeout: float | None = None) -> tuple[int, Said]:
    said: Said = []
    status = subprocesses.stream(
        Path(), ["sh", "-c", command], lambda *line: said.append(line), threading.Event(), timeout
    )
    return status, said


def has_ended(pid_file: Path) -> bool:
    """Return whether the process has ended that wrote its number into a file."""
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return True
    return False


def test_a_command_prints_and_finds_the_tools_of_this_environment():
    assert subprocesses.output(Path(), "sh", "-c", "echo a; echo b >&2; echo $MORE", MORE="c") == "a\nc\n"
    assert Path(subprocesses.output(Path(), "sh", "-c", "command -v dvc").strip()).parent.samefile(
        Path(subprocesses.environment()["PATH"].split(os.pathsep)[0])
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("sh", "-c", "echo 'ERROR: what is wrong' >&2; exit 3"), "in .: what is wrong"),
        (("sh", "-c", "exit 3"), "in .: exited with 3"),
        (("no-such-program",), "`no-such-program` is not found: install it"),
    ],
)
def test_a_command_that_fails_says_why(command, said):
    with pytest.raises(UserError, match=said):
        subprocesses.output(Path(), *command)


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(UserError, match="gone is not found"):
        subprocesses.output(Path("gone"), "true")


def test_git_names_paths_with_any_characters_and_commits_as_the_run():
    for command in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "--allow-empty", "-m", "one")):
        subprocesses.git(Path(), *command)
    Path("new line\nü").touch()
    assert subprocesses.git_paths(Path(), "ls-files", "--others") == ["new line\nü"]
    assert subprocesses.git(Path(), "log", "--format=%an <%ae>") == "reproduce <reproduce@localhost>"


def test_git_works_on_the_folders_repository_whatever_a_hook_that_started_this_works_on(tmp_path, monkeypatch):
    for name in (here := tmp_path / "here", there := tmp_path / "there"):
        subprocesses.git(tmp_path, "init", "--quiet", str(name))
    for name in subprocesses.git(here, "rev-parse", "--local-env-vars").split():
        if not name.startswith("GIT_CONFIG_"):
            monkeypatch.setenv(name, str(there / ".git"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")  # which are for whatever repository
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "an.option")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "set")
    assert subprocesses.git(here, "rev-parse", "--show-toplevel") == str(here.resolve())
    assert subprocesses.git(here, "config", "an.option") == "set"
    subprocesses.git(here, "commit", "--quiet", "--allow-empty", "-m", "one")
    with pytest.raises(UserError):
        subprocesses.git(there, "rev-parse", "HEAD^{commit}")


def test_lines_come_as_a_terminal_shows_them_and_redrawn_ones_are_told_apart():
    status, said = streamed("printf 'one\\ntwo'; printf ' 10%%\\r 90%%\\n' >&2; exit 4")
    assert status == 4
    assert sorted(said) == [(" 90%", True, False), ("one", False, False), ("two", False, False)]
    assert ("50%", False, True) in streamed("printf '50%%\\r'; sleep 0.2; printf '100%%\\n'")[1]


def test_a_long_line_is_whole_and_costs_no_more_than_its_length():
    def seconds(megabytes: int) -> float:
        begun = time.process_time()
        _, said = streamed(f"printf '\\r'; head -c {megabytes}000000 /dev/zero | tr '\\0' x")
        assert len(said[-1][0]) == megabytes * 1_000_000
        return time.process_time() - begun

    assert seconds(24) < 1 + 20 * seconds(4), "6 times as long; by squares it is 36 times"


@pytest.mark.parametrize(("content", "mode"), [("#!/bin/sh\n", 0o644), ("no program", 0o755)])
def test_a_file_that_cannot_be_run_is_named(content, mode):
    Path("check.sh").write_text(content)
    Path("check.sh").chmod(mode)
    with pytest.raises(UserError, match=r"`./check.sh --all` in .* cannot be run: (Permission|Exec format)"):
        subprocesses.output(Path().resolve(), "./check.sh", "--all")


def test_a_command_ends_at_its_timeout_with_what_it_has_started():
    with pytest.raises(TimedOut):
        streamed("sleep 60 & echo $! > child; wait", timeout=0.3)
    assert has_ended(Path("child"))


def test_what_a_command_leaves_behind_ends_with_it():
    assert streamed("sleep 60 & echo $! > child")[0] == 0
    assert has_ended(Path("child"))


def test_what_a_command_leaves_in_a_session_of_its_own_is_not_waited_for():
    said = []
    begun = time.monotonic()
    command = ["sh", "-c", "setsid sleep 60 & echo through"]
    subprocesses.stream(Path(), command, lambda line, *_: said.append(line), threading.Event())
    assert said == ["through"] and time.monotonic() - begun < 55


def test_a_run_that_is_stopped_ends_the_command_and_starts_no_other():
    stopping = threading.Event()
    threading.Timer(0.3, stopping.set).start()
    before = time.monotonic()
    with pytest.raises(Stopped):
        subprocesses.stream(Path(), ["sleep", "900"], print, stopping)
    assert time.monotonic() - before < 800
    with pytest.raises(Stopped):
        subprocesses.stream(Path(), ["touch", "begun"], print, stopping)
    assert not Path("begun").exists()


def test_what_dvc_did_not_expect_is_said_without_its_address():
    said = "ERROR: unexpected error - [Errno 28] No space left\n\nHaving any troubles? Hit us up at https://dvc.org/support"
    error = subprocesses.refused(Path("/"), ["dvc", "push"], 255, said)
    assert str(error) == "`dvc push` in /: [Errno 28] No space left"


def test_ssh_asks_for_nothing_unless_the_user_has_said_how_it_is_called(tmp_path, monkeypatch):
    monkeypatch.delenv("GIT_SSH_COMMAND", raising=False)
    subprocesses.git(tmp_path, "init", "--quiet")
    assert "BatchMode=yes" in subprocesses.without_asking(tmp_path)["GIT_SSH_COMMAND"]
    subprocesses.git(tmp_path, "config", "core.sshCommand", "ssh -p 7")
    assert "GIT_SSH_COMMAND" not in subprocesses.without_asking(tmp_path)
