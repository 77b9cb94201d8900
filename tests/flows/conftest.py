"""A foreign DVC project, which knows nothing of this one, and a Prefect server of the tests' own."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil
import pytest

from tests.conftest import made_for_all
from tests.flows.machines import Team

if TYPE_CHECKING:  # Prefect takes seconds to load, which the tests that need none of it don't wait for
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import State

    from tests.flows.toy_study import ToyStudy

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
PLACES = ("first", "second")  # machines beside the home of the project
FOREIGN = """
vars:
  - names: [a-b, c]
stages:
  start-up:
    desc: Make the seed
    cmd: cat ../raw.txt > seed.txt
    deps: [../raw.txt]
    params: [seed.first]
    outs: [seed.txt]
  many:
    foreach: ${names}
    do:
      desc: Each name on its own
      cmd: sh each.sh ${item} > many-${item}.txt
      deps: [seed.txt, each.sh]
      outs: ["many-${item}.txt"]
  grid:
    matrix: {x: [1], y: [u, v-w]}
    cmd: cat seed.txt > grid-${item.x}-${item.y}.txt
    deps: [seed.txt]
    outs: ["grid-${item.x}-${item.y}.txt"]
  join:
    cmd: cat many-a-b.txt many-c.txt > join.txt && echo '{"lines":' $(wc -l < join.txt)', "of":{"a":1}}' > scores.json
    deps: [many-a-b.txt, many-c.txt]
    outs: [join.txt]
    metrics: [scores.json: {cache: false}]
"""
PARAMS = "seed: # of all\n  first: 1 # comments stay\n  second: 1.0e-3\n"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a Prefect server for all tests of flows, with a database that is thrown away."""
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=300), temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: True}):
        yield str(PREFECT_API_URL.value())


@pytest.fixture(scope="module")
def whole_server(tmp_path_factory) -> Iterator[None]:
    """A Prefect server as users start it: the one of the other tests has neither schedules nor automations."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

    from flows.prefect_server import api, free_port, serving

    home, port = tmp_path_factory.mktemp("home"), free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(home))
        patch.setenv("PREFECT_API_URL", api(port))
        with (
            serving(home / "server.log", port),
            temporary_settings({PREFECT_HOME: home, PREFECT_API_URL: api(port)}),
        ):
            yield


class Run:
    """What the server knows of a flow run once it has ended."""

    def __init__(self, state: "State") -> None:
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

        self.state = state
        self.message = str(state.message)
        self.id = state.state_details.flow_run_id
        with get_client(sync_client=True) as client:
            flow_run = FlowRunFilter(id=FlowRunFilterId(any_=[self.id]))
            told = [int(number) for number in re.findall(r"(\d+) (?:stages cached|cells computed)", self.message)]
            is_study = "cell" in self.message.partition(";")[0]  # it has tasks that it does not count
            has_all = "stages cached" in self.message and not is_study
            count, since = 0, time.monotonic()
            for _ in range(1200):  # two minutes; task runs reach the server as events
                task_runs = client.read_task_runs(flow_run_filter=flow_run)
                states = [task_run.state for task_run in task_runs]
                if len(states) != count:
                    count, since = len(states), time.monotonic()
                is_whole = count >= sum(told) and (has_all or time.monotonic() - since > 2)
                if is_whole and all(state and state.is_final() for state in states):
                    break
                time.sleep(0.1)
        self.tasks = {task_run.name: task_run for task_run in task_runs}
        self.names = {task_run.name: task_run.state.name for task_run in task_runs}
        self.messages = {task_run.name: str(task_run.state.message) for task_run in task_runs}

    @property
    def ran(self) -> list[str]:
        return sorted(name for name, state in self.names.items() if state == "Completed")

    def log(self) -> list[str]:
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

        of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[self.id]))
        with get_client(sync_client=True) as client:
            for _ in range(1200):  # two minutes; logs reach the server in batches, the flow's last word at the end
                lines = page = client.read_logs(of_run)
                while len(page) == 200:  # as many as a server tells of at once
                    lines = lines + (page := client.read_logs(of_run, offset=len(lines)))
                of_flow = [line.message for line in lines if line.task_run_id is None]  # a task's last word isn't it
                if any(message.startswith("Finished in state") for message in of_flow):
                    break
                time.sleep(0.1)
        return [line.message for line in lines]


@pytest.fixture
def reproduce(server: str) -> Callable[..., Run]:
    """Return what runs the flow in the current folder."""
    import flows.reproduce

    def run(**parameters: object) -> Run:
        return Run(flows.reproduce.reproduce(**parameters, return_state=True))

    return run


def commands_in(folder: Path, *words: str) -> list[str]:
    """Return the commands with one of the words in them that run in a folder or below it."""
    commands = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        is_there = str(process.info["cwd"]).startswith(str(folder)) and process.pid != os.getpid()
        if is_there and any(word in line for word in words):
            commands.append(line)
    return commands


class Foreign:
    """A DVC project in a sub-folder of a git repository; of its commands, flows are told a Prefect server's address."""

    def __init__(self, top: Path, server: Callable[[], str] = str) -> None:
        self.top = top
        self.folder = top / "a folder"
        self.server = server

    def run(self, *command: str, ends_with: int = 0) -> str:
        """Return all that a command prints."""
        done = self.start(*command)
        try:
            printed, _ = done.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            done.kill()
            raise
        assert done.returncode == ends_with, printed
        return printed

    def start(self, *command: str) -> "subprocess.Popen[str]":
        address = self.server() if any("flows." in word for word in command) else ""  # it takes seconds to start
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        variables = {"PATH": path, "PYTHONPATH": str(ROOT), "PREFECT_API_URL": address}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self) -> None:
        self.run("git", "add", "--all", ":/")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "all")

    def is_settled(self) -> bool:
        """Whether neither `dvc status` nor `dvc repro` has anything to do."""
        repro = self.run("dvc", "repro")
        return "Running stage" not in repro and self.run("dvc", "status", "--json").strip() == "{}"


@contextmanager
def dvc_writes(project: Foreign) -> Iterator[None]:
    """Yield while DVC writes a dvc.lock: emptied, and filled after a moment, under the lock that DVC holds for it."""
    file = project.folder / "dvc.lock"
    whole = file.read_bytes()
    with (project.top / ".dvc/tmp/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file.write_bytes(b"")

        def fill() -> None:
            file.write_bytes(whole)
            fcntl.flock(lock, fcntl.LOCK_UN)

        timer = threading.Timer(2, fill)
        timer.start()
        yield
        timer.join()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """The foreign project, nothing of it computed."""

    def make(folder: Path) -> None:
        foreign = Foreign(folder)
        foreign.write("dvc.yaml", FOREIGN)
        foreign.write("params.yaml", PARAMS)
        foreign.write("each.sh", "echo $1; cat seed.txt\n")
        foreign.write("../raw.txt", "raw\n")
        foreign.run("git", "init", "--quiet", str(foreign.top))
        subprocess.run([f"{Path(sys.executable).parent}/dvc", "init", "--quiet"], cwd=foreign.top, check=True)
        foreign.write("../.dvc/config", "[core]\n    analytics = false\n    check_update = false\n")
        foreign.run("dvc", "add", "--quiet", "../raw.txt")
        foreign.commit()

    return Foreign(made_for_all(tmp_path_factory, "foreign", make))


@pytest.fixture(scope="session")
def reproduced(template: Foreign, tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """The foreign project after `dvc repro`."""

    def make(folder: Path) -> None:
        copy = Foreign(shutil.copytree(template.top, folder, symlinks=True, dirs_exist_ok=True))
        copy.run("dvc", "repro")
        copy.commit()

    return Foreign(made_for_all(tmp_path_factory, "reproduced", make))


@pytest.fixture
def foreign(
    template: Foreign, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Foreign:
    """A copy of the foreign project, which is the current folder."""
    copy = Foreign(
        shutil.copytree(template.top, tmp_path / "copy", symlinks=True), lambda: request.getfixturevalue("server")
    )
    monkeypatch.chdir(copy.folder)
    return copy


@pytest.fixture
def computed(
    reproduced: Foreign, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Foreign:
    """A copy of the foreign project after `dvc repro`, which is the current folder."""
    copy = Foreign(
        shutil.copytree(reproduced.top, tmp_path / "computed", symlinks=True), lambda: request.getfixturevalue("server")
    )
    monkeypatch.chdir(copy.folder)
    return copy


@pytest.fixture
def stages(foreign: Foreign) -> Callable[[str], Foreign]:
    """The foreign project with another dvc.yaml, whose stages are given."""

    def write(text: str) -> Foreign:
        foreign.write("dvc.yaml", f"stages:\n{text}")
        return foreign

    return write


@pytest.fixture
def deployed(server: str, foreign: Foreign) -> Foreign:
    """The foreign project with a copy of the flows and of what is deployed."""
    for folder in ("flows", "core/base"):
        shutil.copytree(ROOT / folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "prefect.yaml", ".")
    return foreign


@contextmanager
def ui(foreign: Foreign, home: Path) -> Iterator[tuple["subprocess.Popen[str]", "SyncPrefectClient"]]:
    """Yield `flows.ui` in a foreign project, and a client of its server."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.prefect_server import api

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = f"unset PREFECT_API_URL; PREFECT_HOME={home} exec python -m flows.ui --port {port}"
    process = foreign.start("setsid", "sh", "-c", command)
    process.stdout.readline()  # that it starts
    line = process.stdout.readline()
    assert f"http://127.0.0.1:{port}" in line, line + process.communicate()[0]
    try:
        with temporary_settings({PREFECT_API_URL: api(port)}), get_client(sync_client=True) as client:
            yield process, client
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=240)


def a_minute_goes_by(home: Path) -> None:
    """Make the leases of slots run out that a server keeps: that of one slot, and when which of them ends."""
    leases = list((home / "concurrency_leases").glob("*.json"))
    assert len(leases) == 2
    for lease in leases:
        lease.write_text(re.sub(r"\b20\d\d-", "2020-", lease.read_text()))


def waited_for(condition: Callable[[], T], seconds: float = 120) -> T:
    """Return what a condition gives once it is true, or in the end."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return value


@pytest.fixture(scope="session")
def team_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_for_all(tmp_path_factory, "team", lambda folder: Team(folder, "", *PLACES).make())


@pytest.fixture
def team(team_template: Path, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Machines that share nothing; the home of the project, of which nothing is computed, is the current folder."""
    copied = shutil.copytree(team_template, tmp_path / "team", symlinks=True)
    server = request.getfixturevalue("server") if "server" in request.fixturenames else ""
    team = Team(copied, server, *PLACES)
    monkeypatch.chdir(team.home.folder)
    return team


@pytest.fixture(scope="session")
def toy_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.flows.toy_study import ToyStudy

    return made_for_all(tmp_path_factory, "toy", lambda folder: ToyStudy(folder).begin() and None)


@pytest.fixture
def toy(
    toy_template: Path, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> "ToyStudy":
    """A project whose study takes no time, which is the current folder."""
    from tests.flows.toy_study import ToyStudy

    copied = shutil.copytree(toy_template, tmp_path / "toy", symlinks=True)
    copy = ToyStudy(copied, lambda: request.getfixturevalue("server"))
    monkeypatch.chdir(copy.folder)
    return copy


@pytest.fixture
def study(server: str) -> Callable[..., Run]:
    """Return what runs the flow `study` in the current folder."""
    import flows.learning_curve

    def run(**parameters: object) -> Run:
        return Run(flows.learning_curve.study(**parameters, return_state=True))

    return run
