"""How fast ours is can be measured with the params.yaml that there is, whatever classes it names."""

from benchmarks import ways
from tests.conftest import ROOT


def test_ours_trains_and_predicts_on_generated_texts(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert ways.training(ways.OURS, "short")(4) > 0
    assert ways.inference(ways.OURS, "short")(4) > 0
