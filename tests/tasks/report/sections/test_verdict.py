"""The report's sections on the verdict: how sure it is, the gates, and every metric."""

from functools import partial
from types import SimpleNamespace

import pytest

from core.reporting import headline
from core.scores.gates import Judged
from core.scores.intervals import Interval
from tasks import params
from tasks.report.document import rendered
from tasks.report.sections import verdict
from tests.conftest import PARAMS
from tests.round_results import metrics

KNOWN = {
    "params": params.load(PARAMS),
    "primary": "balanced accuracy",
    "level": "95%",
    "amount": partial(headline.amount, "balanced_accuracy"),
    "seed_scores": [0.88, 0.87, 0.89],
}


def certainty(**changes: object) -> str:
    return rendered("sections/certainty.md.j2", KNOWN | {"metrics": metrics(changes)})


def test_the_published_model_stands_against_every_baseline():
    written = certainty()
    assert "seed 11, against every baseline, by balanced accuracy, on the same test rows: 1,000 in 640" in written
    assert "| tf-idf | 0.720 | +0.160 (+0.120 to +0.200) | 0.010 | yes |" in written
    assert "| frozen encoder | 0.700 | +0.180 (+0.140 to +0.220) | 0.010 | yes |" in written
    assert "80% power**: 5.7 points of balanced accuracy over tf-idf" in written


def test_where_no_gain_could_be_shown_none_is_named():
    assert "80% power" not in certainty(**{"against.tf-idf.smallest_gain": None})


def test_clusters_are_counted_where_rows_share_one():
    assert "in 640 clusters (`validation.group`)" in certainty()
    assert "in 1,000 clusters" not in certainty(**{"rows.groups": 1000})
    assert "and 30 of `validation.cluster`" in certainty(**{"rows.clusters": 30})


def test_what_another_training_run_would_give_stands_apart_from_what_the_seeds_scored():
    assert "would score 0.830 to 0.930 on new rows; 3 seeds, of mean 0.880, scored 0.870 to 0.890." in certainty()
    assert "one seed was trained" in certainty(new_seed=None)


@pytest.mark.parametrize(("estimate", "told"), [(-0.07, True), (0.0, False)])
def test_a_fall_from_validation_to_test_is_explained_where_it_is_shown(estimate, told):
    change = {"estimate": estimate, "low": estimate - 0.02, "high": estimate + 0.02}
    assert ("overfitted to them, or test is harder" in certainty(**{"from_validation.published": change})) == told


def test_sealed_nothing_is_said_of_validation_against_itself():
    assert "**From validation to test**" in certainty()
    assert "From validation" not in certainty(split="validation")


def test_a_baseline_that_is_shown_to_be_better_is_not_only_not_shown_to_be_worse():
    assert "| no: worse |" in certainty(**{"against.tf-idf.better": False, "against.tf-idf.worse": True})


def test_every_metric_that_applies_is_compared_with_its_intervals():
    compared = verdict.every_metric(metrics())
    assert [row.metric for row in compared] == [
        "balanced accuracy", "accuracy", "macro F1", "ROC AUC", "average precision", "loss"
    ]  # fmt: skip
    written = rendered("sections/every_metric.md.j2", KNOWN | {"metrics": metrics(), "every_metric": compared})
    accuracy = "0.720 (0.700 to 0.740) | 0.880 (0.860 to 0.900) | +0.160 (+0.140 to +0.180) | 0.020 |"
    assert f"| accuracy | {accuracy}" in written


def test_a_gate_is_shown_with_what_it_asks_for_and_whether_it_holds():
    found = Interval(estimate=0.88, low=0.84, high=0.91)
    judged = [
        Judged(title="accuracy", required="at least 0.85", found=found, passed=False),
        Judged(title="sensitivity of a|b", required="at least 0.8", found=None, passed=False),
    ]
    written = rendered("sections/gates.md.j2", {"judged": judged})
    assert "| accuracy | at least 0.85 | 0.880 (0.840 to 0.910) | **fails** |" in written
    assert "| sensitivity of a\\|b | at least 0.8 | - | **fails** |" in written
    assert "No gate is set" in rendered("sections/gates.md.j2", {"judged": []})


@pytest.mark.parametrize(("p_holm", "told"), [(0.001, True), (0.2, False)])
def test_who_is_shown_to_be_served_worse_stands_on_the_first_screen(p_holm, told):
    change = {"estimate": -0.17, "low": -0.24, "high": -0.1, "p_value": p_holm, "p_holm": p_holm}
    gap = {"by": "seen", "slice": "n|o", "rows": 500, "others": 1500, "difference": change}
    found = metrics({"slices.columns.gaps": [gap]})
    said = headline.headline(found, KNOWN["params"].evaluation.decision(["routine", "urgent"]), 1)
    run = SimpleNamespace(judged=[], study_readings=0, comparisons=0)
    rest = {"run": run, "gates": "", "general_ability": "kept", "figure": lambda name: ""}
    screen = rendered("sections/first_screen.md.j2", KNOWN | {"metrics": found, "headline": said} | rest)
    line = "- **Hardest.** Where `seen` is `n\\|o`: accuracy -17.0 (-24.0 to -10.0) points, beside all other rows.\n"
    assert (line in screen) == told == ("Hardest" in screen)
