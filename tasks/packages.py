"""The versions of the packages that compute, as they are installed, into packages.yaml: `python -m tasks.packages`."""

import sys

from core.base import packages, paths
from core.base.errors import UserError, run


def main() -> None:
    if not packages.recorded():
        raise UserError(f"{paths.PACKAGES} names no package: `git checkout {paths.PACKAGES}` brings it back")
    for change in (changed := packages.refresh()):
        print(change)
    print("`dvc status` names the stages that this concerns" if changed else f"{paths.PACKAGES} has what is installed")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
