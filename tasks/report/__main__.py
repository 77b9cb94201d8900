"""report.md and its figures: what the earlier stages found, for somebody who has not seen the project."""

import argparse
import sys

from core.base import paths
from core.base.errors import run
from core.base.files import replacing
from core.scores import metrics
from tasks.params import Params, load
from tasks.report import git_revision, outputs
from tasks.report.document import draft
from tasks.report.pull_request import comment
from tasks.report.verify import verify


def parser() -> argparse.ArgumentParser:
    what = "Write the report that reviewers read."
    command_line = argparse.ArgumentParser(prog="python -m tasks.report", description=what)
    instead = command_line.add_mutually_exclusive_group()
    instead.add_argument("--verify", action="store_true", help="instead, recompute it and say what does not follow")
    instead.add_argument("--against", metavar="REVISION", help="instead, print what a pull request against it shows")
    command_line.add_argument("--links", metavar="URL", help="where that reads the project's files: .../blob/COMMIT")
    return command_line


def write(settings: Params) -> None:
    """Write the report and its figures."""
    run = outputs.read(settings, metrics.read())
    with replacing(paths.FIGURES) as figures, replacing(paths.REPORT) as report:
        draft(run, report, figures)
    print(f"report: {paths.REPORT}")


def main(*arguments: str) -> None:
    command_line = parser()
    options = command_line.parse_args(arguments)
    if options.links is not None and options.against is None:
        command_line.error("--links says where the links of --against lead: name both")
    settings = load()
    if options.verify:
        print(verify(settings))
    elif options.against is not None:
        print(comment(git_revision.find(options.against), settings, options.links), end="")
    else:
        write(settings)


if __name__ == "__main__":
    run(main, *sys.argv[1:])
