"""reports/environment.json: what scored the models: the commit of the code, its packages, the machine's device."""

import platform
import subprocess
from importlib.metadata import version

from core.base import packages, paths, results
from core.base.results import Result

CODE = ("core", "tasks")


class Environment(Result):
    """What the stage `evaluation` ran with."""

    commit: str | None
    """The last commit of git that changed core/ or tasks/; null outside of a git repository that has them."""
    changed: bool
    """Whether core/ or tasks/ held changes that were in no commit."""
    python: str
    """The version of Python."""
    packages: dict[str, str]
    """The versions of the packages that compute in this stage, with the device that they were built for."""
    device: str
    """What the networks ran on: cpu, or the name of the accelerator."""
    precision: str
    """What the networks multiplied in: bfloat16 where the device has it in hardware, else float32."""


def current(device: str, precision: str) -> Environment:
    """Return what this process runs with."""
    commit = _git("log", "-1", "--format=%H", "--", *CODE)
    return Environment(
        commit=commit or None,
        changed=bool(commit and _git("status", "--porcelain", "--", *CODE)),
        python=platform.python_version(),
        packages={name: version(name) for name in packages.of_stage("evaluation")},
        device=device,
        precision=precision,
    )


def _git(*arguments: str) -> str:
    """Return what git prints; nothing where there is no git, or no repository."""
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return ""


def read() -> Environment:
    """Return what reports/environment.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.ENVIRONMENT, Environment)
