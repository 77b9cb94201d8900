"""The simulation of the topic probe: two encoders of one noise lose nothing, and one of more noise loses the margin."""

import numpy as np
import pytest

from benchmarks import topic_probe
from core.scores.statistics import Estimate
from tasks import params
from tests.conftest import PARAMS

SECTION = params.load(PARAMS).forgetting.model_copy(update={"repeats": 1})


def cells(row: list[str]) -> dict[str, float]:
    names = ["rise", "error", "apart", "power", *topic_probe.VERDICTS]
    return dict(zip(names, (float(cell.rstrip("%")) for cell in row[3:]), strict=True))


def test_by_the_brier_score_kept_is_said_where_nothing_is_lost_and_not_where_the_margin_is(monkeypatch):
    monkeypatch.setattr(topic_probe, "SETS", 30)
    nothing, margin, *by_accuracy = (cells(row) for row in topic_probe.simulation(300, SECTION))
    assert nothing["rise"] == pytest.approx(0, abs=0.003) and margin["rise"] == pytest.approx(0.02, abs=0.004)
    assert nothing["kept"] >= 80 and margin["kept"] <= 20
    assert by_accuracy[0]["kept"] < 80
    assert sum(nothing[verdict] for verdict in topic_probe.VERDICTS) == pytest.approx(100, abs=0.2)


def test_the_same_draws_give_the_same_sentences():
    tables = [topic_probe.simulated(50, (0.5,), np.random.default_rng([50, 1]), SECTION)[1][0] for _ in range(2)]
    assert np.array_equal(*tables)


def test_every_score_is_higher_where_the_probe_is_worse():
    topics, good, bad = np.zeros(20, dtype=int), np.tile([0.9, 0.1], (20, 1)), np.tile([0.3, 0.7], (20, 1))
    rises: list[Estimate] = [topic_probe.rise(score, topics, good, bad, folds=5) for score in topic_probe.SCORES]
    assert all(rise.value > 0 for rise in rises)
    assert rises[0].value == 1  # every answer is wrong now
