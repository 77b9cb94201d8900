"""The report's section on the ladder."""

from tasks.report.sections import ladder


def climb(low: float, high: float) -> str:
    score = {"accuracy": 0.8, "macro_f1": 0.8, "loss": 0.5, "validation_accuracy": 0.9}
    change = {"estimate": -0.1, "low": low, "high": high}
    metrics = {
        "ladder": {"tf-idf": score},
        "seeds": {"7": score},
        "baseline": {"name": "tf-idf"},
        "finetuned": {"published_seed": 7},
        "from_validation": {"baseline": change, "finetuned": change},
    }
    return ladder.ladder(metrics, 0.95)


def test_a_fall_from_validation_to_test_is_told_and_its_meaning_where_it_is_shown():
    assert "accuracy changes by -10.0 (-15.0 to -5.0) points for seed 7 and by -10.0" in climb(-0.15, -0.05)
    assert "So seed 7 does worse on test rows" in climb(-0.15, -0.05)
    assert "does worse on test rows" not in climb(-0.25, 0.05)
