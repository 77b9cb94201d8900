"""The report's section on the ladder."""

from core.data.ladder import Ladder, RungDescription
from tasks.report.document import rendered
from tasks.report.sections import ladder
from tests.round_results import metrics

RUNGS = Ladder(rungs=[RungDescription(name="tf-idf", description="logistic regression on words and word pairs")])


def section() -> str:
    known = {"metrics": metrics(), "ladder": ladder.ladder(metrics(), RUNGS), "primary": "balanced accuracy"}
    return rendered("sections/ladder.md.j2", known)


def test_every_rung_and_seed_stands_with_its_scores_and_what_was_chosen_is_bold():
    rows = [line.strip("| ").split(" | ") for line in section().splitlines() if line.startswith("| ")]
    scores = {name: (validation, primary) for name, validation, primary, *_ in rows[2:]}
    assert all(len(row) == 8 for row in rows)
    assert scores["**tf-idf**"] == ("0.750", "0.720 (0.700 to 0.740)")
    assert scores["**fine-tuned, seed 11**"] == ("0.930", "0.880 (0.860 to 0.900)")
    assert scores["frozen encoder"] == ("0.730", "0.700 (0.680 to 0.720)")
    assert "fine-tuned, seed 12" in scores


def test_each_rung_is_described_as_the_stage_that_made_it_does():
    assert "\n- *tf-idf*: logistic regression on words and word pairs\n" in section()
