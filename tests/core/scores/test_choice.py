"""The few numbers by which one chooses follow from all others."""

from statistics import fmean

from core.scores.choice import chosen
from tests.results import SEEDS, metrics


def test_the_published_model_and_the_mean_of_the_seeds_stand_side_by_side():  # case 36
    measured = metrics({"seeds.11.validation": 0.5})
    choice = chosen(measured)
    assert (choice.verdict, choice.split, choice.metric) == ("adapted", "test", "balanced_accuracy")
    assert choice.gain == measured.against[measured.baseline].gain
    assert choice.score == SEEDS[str(measured.published_seed)]
    assert choice.score_mean == round(fmean(SEEDS.values()), 6)
    assert choice.validation_mean == round(
        fmean([0.5, measured.seeds["12"].validation, measured.seeds["13"].validation]), 6
    )
