"""The verdict in a terminal: `python -m tasks.report.summary`."""

import sys

from core.base import params, paths
from core.base.errors import run
from core.base.files import read_json
from core.reporting.headline import sentences
from tasks.evaluation.params import Evaluation


def main() -> None:
    metrics = read_json(paths.METRICS)
    confidence = params.load(Evaluation).confidence
    print("", f"verdict: {metrics['verdict']}", *sentences(metrics, confidence), f"report: {paths.REPORT}", sep="\n")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
