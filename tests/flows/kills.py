"""Rounds of a run with a placed stage in which something is killed at random: `python -m tests.flows.kills 20 SEED`.

Each ends clean: the next run goes on, with the bytes that a run without a kill gives; no slot, lock or ref is left.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.prefect_server import api, free_port
from tests.conftest import ROOT
from tests.flows.machines import Team, kill

VICTIMS = ("the worker", "the machine", "the server", "the run")
LONGEST = 22.0  # seconds into a run
LEASE = 120.0  # seconds in which a slot whose holder was killed is free again
PLACED = ("--place", "gpu=gpu-pool")


class Rounds:
    """Home, a place, and a server of their own."""

    def __init__(self, folder: Path, *targets: str) -> None:
        self.folder = folder
        self.targets = targets  # of each run; none: all stages
        self.port = free_port()
        self.team = Team(folder / "team", api(self.port), "first")
        self.team.make()
        (self.team.folder / "seconds").write_text("4")
        self.server = self._server()
        with self._client() as client:
            client.create_work_pool(WorkPoolCreate(name="gpu-pool", type="process"))
            client.upsert_global_concurrency_limit_by_name(self.limit, 1)
        self.worker = self._worker()

    @property
    def limit(self) -> str:
        return f"gpu@{socket.gethostname()}"

    @contextmanager
    def _client(self) -> Iterator[object]:
        with temporary_settings({PREFECT_API_URL: api(self.port)}), get_client(sync_client=True) as client:
            yield client

    def _started(
        self, log: str, command: list[str], folder: Path, variables: dict[str, str]
    ) -> "subprocess.Popen[bytes]":
        with (self.folder / log).open("ab") as file:
            return subprocess.Popen(
                command, cwd=folder, env=variables, stdout=file, stderr=file, start_new_session=True
            )

    def _server(self) -> "subprocess.Popen[bytes]":
        variables = self.team.home.environment() | {"PREFECT_HOME": str(self.folder / "server")}
        command = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        server = self._started("server.log", command, ROOT, variables)  # where prefect.toml is
        for _ in range(600):
            try:
                if httpx.get(f"{api(self.port)}/health", timeout=2).is_success:
                    break
            except httpx.HTTPError:
                time.sleep(0.5)
        return server

    def _worker(self) -> "subprocess.Popen[bytes]":
        place = self.team.places["first"]
        command = ["prefect", "worker", "start", "--pool", "gpu-pool", "--type", "process", "--limit", "1"]
        return self._started("team/first.log", command, place.folder, place.environment())

    def round(self, number: int, chance: random.Random) -> str:
        """Kill something in a run, and bring the project up to date; return what happened. Raises AssertionError."""
        home = self.team.home
        (home.folder / "params.yaml").write_text(f"rate: {number}\n")
        victim, seconds = chance.choice(VICTIMS), chance.uniform(1.0, LONGEST)
        run = home.start_run(*PLACED, *self.targets)
        time.sleep(seconds)
        has_ended = run.poll() is not None
        self._kill(victim, run)
        try:
            run.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            kill(run.pid)
            raise AssertionError(f"{victim} killed after {seconds:.1f} s: the run does not end") from None
        tries = self._brought_up_to_date()
        self._check(number)
        early = " (the run had ended)" if has_ended else ""
        return f"{victim} killed after {seconds:.1f} s{early}: the run ended with {run.returncode}, {tries} more"

    def _kill(self, victim: str, run: "subprocess.Popen[str]") -> None:
        if victim == "the run":
            kill(run.pid)
        elif victim == "the worker":  # alone: what it has started goes on
            self.worker.kill()
            self.worker.wait()
            self.worker = self._worker()
        elif victim == "the machine":
            kill(self.worker.pid)
            self.worker = self._worker()
        else:
            kill(self.server.pid)
            self.server = self._server()

    def _brought_up_to_date(self) -> int:
        if self.worker.poll() is not None:
            self.worker = self._worker()
        for number in range(1, 4):
            run = self.team.home.start_run(*PLACED, *self.targets)
            said, _ = run.communicate(timeout=300)
            if run.returncode == 0:
                return number
        raise AssertionError(said)

    def _check(self, number: int) -> None:
        team, home = self.team, self.team.home
        assert home.is_clean(*self.targets)
        assert team.refs() == [], team.refs()
        expected = f'raw\n{{"begun":1}}\nrate: {number}\n'
        weights = [file.read_text() for file in home.folder.glob("models/*/weights")]
        assert weights == [expected] * (len(self.targets) or 2)
        assert home.run("git", "stash", "list") == "" and "main" in home.run("git", "branch", "--show-current")
        place = team.places["first"]
        assert place.run("git", "status", "--porcelain") == ""
        place.run("dvc", "status", "--json")
        deadline = time.monotonic() + LEASE
        while held := self._held():
            assert time.monotonic() < deadline, f"{held} slots are lost"
            time.sleep(2)

    def _held(self) -> int:
        with self._client() as client:
            return client.read_global_concurrency_limit_by_name(self.limit).active_slots

    def close(self) -> None:
        for process in (self.worker, self.server):
            kill(process.pid)


def main(rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="kills") as folder:
        os.environ["PREFECT_HOME"] = str(Path(folder, "own"))
        all_rounds = Rounds(Path(folder))
        try:
            for number in range(1, rounds + 1):
                print(f"{number}: {all_rounds.round(number, chance)}", flush=True)
        finally:
            all_rounds.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
