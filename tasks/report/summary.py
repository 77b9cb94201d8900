"""The verdict in a terminal: `python -m tasks.report.summary`."""

import sys

from core.base import params, paths
from core.base.errors import run
from core.data import validation_counts
from core.reporting import headline
from core.scores import forgetting, gates, readings
from core.scores import metrics as metrics_file
from tasks.evaluation.params import Evaluation


def main() -> None:
    metrics, section, probed = metrics_file.read(), params.load(Evaluation), forgetting.read()
    reading = readings.of_scores(readings.read(), metrics) if metrics.split == "test" else None
    decision = section.decision(validation_counts.read().labels)
    said = headline.headline(metrics, decision, reading.reading if reading else None)
    judged = gates.judge(section.gates, metrics, probed, section.positive)
    probe = headline.topic_probe(probed, metrics.published_seed)
    lines = [said.title, *said.sentences, probe, headline.gates(judged), f"report: {paths.REPORT}"]
    print("", *[line for line in lines if line], sep="\n")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
