"""Machines that share nothing but a git remote, a DVC remote and a Prefect server: folders with caches of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.conftest import ROOT

TOY = """
stages:
  begin:
    cmd: sleep 0.1; cat raw.txt > begun.txt; echo '{"begun":1}' > begun.json
    deps: [raw.txt]
    outs: [begun.txt]
    metrics: [begun.json: {cache: false}]
  train:
    desc: Needs a card
    meta: {resource: gpu, progress: 'epoch (\\d+)/(\\d+)', markdown: [notes/1.md]}
    matrix: {seed: [1, 2]}
    cmd: sh train.sh ${item.seed}
    deps: [begun.txt, begun.json, train.sh]
    params: [rate]
    outs: ["models/${item.seed}"]
    metrics: ["notes/${item.seed}.json": {cache: false}]
  choose:
    cmd: cat models/*/weights notes/*.json > chosen.txt
    deps: [models, notes]
    outs: [chosen.txt]
"""
TRAIN = """
echo "epoch 1/2 of $1 on $(pwd)"
while [ -e ../hold ]; do sleep 0.1; done
if [ -e ../seconds ]; then sleep $(cat ../seconds); fi
mkdir -p models/$1 notes
cat begun.txt begun.json params.yaml > models/$1/weights
echo "{\\"loss\\": $1}" > notes/$1.json
echo "epoch 2/2 of $1"
"""
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.org")


class Machine:
    """One folder with a copy of the project, which knows nothing of the others."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        self.server = server
        self.path = str(ROOT)  # where the flows are, and what else is installed

    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {
            "PATH": path,
            "PYTHONPATH": self.path,
            "PREFECT_API_URL": self.server,
            "DVC_SITE_CACHE_DIR": str(self.folder.parent / f"{self.folder.name}-dvc"),
            "PREFECT_HOME": str(self.folder.parent / f"{self.folder.name}-prefect"),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }

    def start(self, *command: str, **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment() | variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *command: str, ends_with: int | None = 0, **variables: str) -> str:
        process = self.start(*command, **variables)
        try:
            printed, _ = process.communicate(timeout=300)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        assert ends_with is None or process.returncode == ends_with, printed
        return printed

    def start_run(self, *arguments: str) -> "subprocess.Popen[str]":
        """Return a run of the flow that soon takes a silent machine, or server, for gone."""
        code = "from flows import following as f; f.SILENCE, f.SERVER, f.START = 25.0, 30.0, 60.0\n"
        code += (
            "import sys; from core.base.errors import run; from flows.reproduce import main; run(main, *sys.argv[1:])"
        )
        return self.start("python", "-c", code, *arguments)

    def reproduce(self, *arguments: str, ends_with: int | None = 0) -> str:
        return self.run("python", "-m", "flows.reproduce", *arguments, ends_with=ends_with)

    def commit(self) -> None:
        self.run("git", "add", "--all")
        self.run("git", *AUTHOR, "commit", "--quiet", "--allow-empty", "-m", "all")

    def is_clean(self, *stages: str) -> bool:
        """Whether these stages, or all, are up to date."""
        return self.run("dvc", "status", "--json", *stages).strip().splitlines()[-1] == "{}"

    @contextmanager
    def worker(self, pool: str, log: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
        """Yield a worker of a pool that starts in this folder; whatever it has started ends with the block."""
        log = log or self.folder.parent / f"{self.folder.name}.log"
        command = ["prefect", "worker", "start", "--pool", pool, "--type", "process", "--limit", "1"]
        with log.open("ab") as file:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(), stdout=file, stderr=file, start_new_session=True
            )
        try:
            yield process
        finally:
            kill(process.pid)


def kill(pid: int) -> None:
    """Kill a process and all below it, as when a machine goes."""
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=60)


class Team:
    """A home with the toy, a bare git remote, a DVC remote and other machines with clones."""

    def __init__(self, folder: Path, server: str, *places: str) -> None:
        self.folder = folder
        self.home = Machine(folder / "home", server)
        self.bare = folder / "bare.git"
        self.remote = folder / "remote"
        self.places = {name: Machine(folder / name, server) for name in places}

    def make(self) -> None:
        """Make all that a copy of the folder has, too: each names the others by their way from where it is."""
        home = self.home
        home.folder.mkdir(parents=True)
        home.run("git", "init", "--quiet", "--initial-branch=main")
        home.run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        home.run("dvc", "init", "--quiet")
        config = "[core]\n    analytics = false\n    check_update = false\n    remote = shared\n"
        (home.folder / ".dvc/config").write_text(f"{config}['remote \"shared\"']\n    url = ../../remote\n")
        (home.folder / "dvc.yaml").write_text(TOY)
        (home.folder / "train.sh").write_text(TRAIN)
        (home.folder / "params.yaml").write_text("rate: 1\n")
        (home.folder / "raw.txt").write_text("raw\n")
        home.run("dvc", "add", "--quiet", "raw.txt")
        home.commit()
        home.run("git", "remote", "add", "origin", "../bare.git")
        home.run("git", "push", "--quiet", "--set-upstream", "origin", "main")
        for place in self.places.values():
            home.run("git", "clone", "--quiet", str(self.bare), str(place.folder))
            place.run("git", "remote", "set-url", "origin", "../bare.git")

    def log_of(self, place: str) -> str:
        """Return what a place's workers have said."""
        log = self.folder / f"{place}.log"
        return log.read_text(encoding="utf-8") if log.is_file() else ""

    def refs(self) -> list[str]:
        """Return the refs of the git remote that are no branch."""
        listed = self.home.run("git", "ls-remote", str(self.bare)).split("\n")
        return [line for line in listed if line and not line.endswith(("HEAD", "refs/heads/main"))]
