"""A DVC project whose study takes no time: its cells wait, note that they are computed, and end as they are told."""

import json
from typing import Any

from tests.flows.conftest import Foreign

DVC = """
stages:
  rows: {cmd: cp raw.txt rows.txt, deps: [raw.txt], outs: [rows.txt]}
"""
STUDY_DVC = """
stages:
  cells:
    wdir: ..
    cmd: python -m study.cells
    deps: [rows.txt, cells.json]
    outs: [data/study/cells: {persist: true}]
  report:
    wdir: ..
    cmd: ls data/study/cells > report.txt
    deps: [data/study/cells]
    outs: [report.txt]
"""
CELLS = """
import json, pathlib, shutil, sys
cells = json.load(open("cells.json"))
there = pathlib.Path("data/study/cells")
there.mkdir(parents=True, exist_ok=True)
if sys.argv[1:2] == ["--plan"]:
    missing = [cell for cell in cells if not (there / f"{cell['name']}.parquet").exists()]
    folder = pathlib.Path(sys.argv[2], "snapshot")
    (folder / "study/cells").mkdir(parents=True)
    shutil.copy("study/cells/worker.py", folder / "study/cells")
    (folder / "project").write_text(str(pathlib.Path.cwd()))
    for cell in missing: print(json.dumps(cell))
"""
WORKER = """
import json, os, pathlib, queue, signal, sys, threading, time
lines = queue.SimpleQueue()
def read():
    for line in sys.stdin: lines.put(line)
    os._exit(0)
threading.Thread(target=read, daemon=True).start()
log = pathlib.Path(open("project").read(), "log")
def note(what, cell):
    with log.open("a") as file: file.write(f"{what} {cell['name']} {os.getpid()}\\n")
def said(cell, kind, content=""):
    answer = {"kind": kind, "reason": f"{cell['name']} is told to", "size": len(content)}
    sys.stdout.write(json.dumps(answer) + "\\n" + content)
    sys.stdout.flush()
print(json.dumps({"device": pathlib.Path(open("project").read(), "device").read_text()}), flush=True)
while True:
    cell = json.loads(lines.get())
    before = log.read_text().count(f"begins {cell['name']} ") if log.exists() else 0
    note("begins", cell)
    time.sleep(cell["seconds"])
    if before < cell["times"]:
        if cell["ends"] == "killed": os.kill(os.getpid(), signal.SIGKILL)
        said(cell, cell["ends"])
    else:
        note("ends", cell)
        said(cell, "computed", cell["name"] * 1000)
"""
BESIDE = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"  # what is not here is this project's


class ToyStudy(Foreign):
    """A project with a study, in a git repository."""

    def begin(self) -> "ToyStudy":
        for name, text in {
            "dvc.yaml": DVC,
            "study/dvc.yaml": STUDY_DVC,
            "study/__init__.py": BESIDE,
            "study/cells/__init__.py": BESIDE,
            "study/cells/__main__.py": CELLS,
            "study/cells/worker.py": WORKER,
            "raw.txt": "raw\n",
            "device": "cpu",
            "cells.json": "[]",
            "../.dvc/config": "[core]\n    analytics = false\n    check_update = false\n",
            "../.gitignore": "__pycache__\n",
        }.items():
            self.write(name, text)
        self.run("git", "init", "--quiet", str(self.top))
        self.run("sh", "-c", "cd .. && dvc init --quiet --force")
        self.write("../.dvc/config", "[core]\n    analytics = false\n    check_update = false\n")
        self.commit()
        return self

    def wants(self, *cells: dict[str, Any]) -> None:
        usual = {"technique": "toy", "size": "8 a class", "drawn": [1, 2], "gpu": False, "seconds": 0, "times": 0}
        numbered = [usual | {"name": f"cell{n:03}", "repetition": n} | cell for n, cell in enumerate(cells, 1)]
        self.write("cells.json", json.dumps(numbered))

    def log(self, what: str) -> list[str]:
        """Return the names of the cells whose computation has begun, or ended."""
        return [line.split()[1] for line in self.lines() if line.startswith(what)]

    def order(self) -> list[str]:
        """Return what has begun and ended, in its order."""
        return [line.rpartition(" ")[0] for line in self.lines()]

    def lines(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def files(self) -> dict[str, bytes]:
        """Return the files of the cells."""
        there = sorted((self.folder / "data/study/cells").glob("[!.]*"))
        return {path.name: path.read_bytes() for path in there}
