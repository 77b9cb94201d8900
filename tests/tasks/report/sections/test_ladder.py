"""The report's section on the ladder."""

from core.data.ladder import Ladder, RungDescription
from core.scores.tallied import METRICS
from tasks.report.document import rendered
from tasks.report.sections import ladder
from tests.results import metrics

RUNGS = Ladder(rungs=[RungDescription(name="tf-idf", description="logistic regression on words and word pairs")])


def climb(low: float, high: float) -> str:
    change = {"estimate": -0.1, "low": low, "high": high}
    found = metrics({"from_validation": {"baseline": change, "finetuned": change}})
    known = {"metrics": found, "ladder": ladder.ladder(found, RUNGS), "level": "95%"}
    return rendered("sections/ladder.md.j2", known)


def test_every_rung_and_seed_stands_with_its_scores_and_what_was_chosen_is_bold():
    rows = [line.strip("| ").split(" | ") for line in climb(-0.15, -0.05).splitlines() if line.startswith("| ")]
    first_and_last = {name: (scores[0], scores[-1]) for name, *scores in rows[2:]}
    assert all(len(row) == len(METRICS) + 2 for row in rows)
    assert first_and_last["**tf-idf**"] == ("0.720", "0.750")
    assert first_and_last["**fine-tuned, seed 11**"] == ("0.880", "0.950")
    assert first_and_last["frozen encoder"] == ("0.700", "0.730")
    assert "fine-tuned, seed 12" in first_and_last


def test_each_rung_is_described_as_the_stage_that_made_it_does():
    assert "\n- *tf-idf*: logistic regression on words and word pairs\n" in climb(-0.15, -0.05)


def test_a_fall_from_validation_to_test_is_told_and_its_meaning_where_it_is_shown():
    assert "accuracy changes by -10.0 (-15.0 to -5.0) points for seed 11 and by -10.0" in climb(-0.15, -0.05)
    assert "So seed 11 does worse on test rows" in climb(-0.15, -0.05)
    assert "does worse on test rows" not in climb(-0.25, 0.05)
