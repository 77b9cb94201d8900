"""The verdict in a terminal: `python -m tasks.report.summary`."""

import sys

from core.base import params, paths
from core.base.errors import run
from core.reporting.headline import sentences
from core.scores import metrics as metrics_file
from tasks.evaluation.params import Evaluation


def main() -> None:
    metrics = metrics_file.read()
    confidence = params.load(Evaluation).confidence
    print("", f"verdict: {metrics.verdict}", *sentences(metrics, confidence), f"report: {paths.REPORT}", sep="\n")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
