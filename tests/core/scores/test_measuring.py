"""What metrics.json says follows from the predictions."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from core.base import results
from core.scores.measuring import measure
from core.scores.metrics import Metrics
from core.scores.rounding import rounded
from tests.results import ASKED, BY, LABELS, evidence, metrics, predicting


@pytest.mark.parametrize(
    ("baseline", "published", "verdict"),
    [(0.6, 0.9, "adapted"), (0.72, 0.71, "not shown"), (0.9, 0.6, "harmed"), (0.9, 0.903, "no worse")],
)
def test_the_verdict_is_about_the_published_model(baseline, published, verdict):
    same = predicting(published, 3 if baseline != published else 1)
    given = evidence({"tf-idf": predicting(baseline, 1)}, {"11": same}, non_inferiority=0.06)
    assert measure(given, BY, ASKED).verdict == verdict


def test_a_baseline_that_validation_did_not_choose_turns_the_verdict_where_it_is_as_good_on_test():
    late = {"validation": predicting(0.55, 5)["validation"], "test": predicting(0.889, 5)["test"]}
    ladder = {"tf-idf": predicting(0.72, 1), "late": late}
    found = measure(evidence(ladder, {"11": predicting(0.88, 11)}), BY, ASKED)
    assert found.baseline == "tf-idf" and found.against["tf-idf"].better
    assert found.verdict == "not shown" and not found.against["late"].better


def test_rung_and_seed_are_chosen_on_validation_whatever_test_says():
    steady = {"validation": predicting(0.9, 1)["validation"], "test": predicting(0.5, 1)["test"]}
    lucky = {"validation": predicting(0.6, 2)["validation"], "test": predicting(1.0, 2)["test"]}
    found = measure(evidence({"0": lucky, "1": steady}, {"10": lucky, "11": steady}), BY, ASKED)
    assert (found.baseline, found.published_seed) == ("1", 11)
    fall = found.from_validation.published
    assert fall.estimate == pytest.approx(-0.4, abs=0.01) and fall.high < 0


def test_a_primary_metric_that_is_lower_where_better_chooses_the_lowest():
    costs = np.array([[0.0, 1.0], [10.0, 0.0]])
    found = measure(evidence(primary="cost", costs=costs), BY, ASKED)
    of_seeds = {seed: model.validation for seed, model in found.seeds.items()}
    assert str(found.published_seed) == min(of_seeds, key=lambda seed: of_seeds[seed])
    assert found.published.of("cost").estimate < found.ladder["majority"].of("cost").estimate
    assert found.verdict == "adapted"


def test_scores_are_those_of_scikit_learn():
    given = evidence()
    for name, splits in (given.ladder | given.seeds).items():
        found = (metrics().ladder | metrics().seeds)[name].scores
        assert found.balanced_accuracy.estimate == pytest.approx(
            balanced_accuracy_score(LABELS, splits["test"].argmax(1)), abs=1e-6
        )
        assert found.roc_auc.estimate == pytest.approx(roc_auc_score(LABELS, splits["test"][:, 1]), abs=1e-6)


def test_while_test_is_sealed_validation_is_scored_and_no_test_row_is_needed():
    given = evidence()
    alone = replace(
        given,
        split="validation",
        ladder={name: {"validation": splits["validation"]} for name, splits in given.ladder.items()},
        seeds={name: {"validation": splits["validation"]} for name, splits in given.seeds.items()},
        labels={"validation": given.labels["validation"]},
        groups={"validation": given.groups["validation"]},
    )
    found = measure(alone, BY, ASKED)
    assert found.split == "validation"
    assert found.from_validation.published.estimate == 0


def test_everything_that_metrics_json_holds_can_be_written_and_follows_from_its_inputs(tmp_path):
    first, again = (rounded(measure(evidence(), BY, ASKED)) for _ in range(2))
    assert first == again
    results.write(tmp_path / "metrics.json", first)
    assert results.read(tmp_path / "metrics.json", Metrics) == first


def test_a_model_named_without_scores_is_refused():
    values = metrics().model_dump()
    values["baseline"] = "people"
    with pytest.raises(ValueError, match="names a model without scores"):
        Metrics.model_validate(values)


def test_of_many_classes_none_has_a_net_benefit_where_none_is_named():
    three = np.eye(3)[np.arange(len(LABELS)) % 3] * 0.8 + 0.2 / 3
    model = {"validation": three, "test": three}
    labels = np.arange(len(LABELS)) % 3
    given = evidence({"majority": model}, {"11": model}, classes=3, positive=None)
    given = replace(given, names=["a", "b", "c"], labels={"validation": labels, "test": labels})
    assert measure(given, {}, ASKED).net_benefit == []
    named = replace(given, decision=replace(given.decision, positive=0))
    assert len(measure(named, {}, ASKED).net_benefit) == len(ASKED.thresholds)


@pytest.mark.parametrize("groups", [np.arange(40), np.arange(40) // 20])
def test_a_class_whose_rows_are_one_or_one_group_has_predictive_values_of_which_nothing_is_known(groups):
    labels, table = np.repeat([0, 1], [39, 1]), np.tile([0.6, 0.4], (40, 1))
    table[[3, 39]] = [0.3, 0.7]
    model = {"validation": table, "test": table}
    given = replace(
        evidence({"majority": model}, {"11": model}),
        labels={"validation": labels, "test": labels},
        groups={"validation": groups.astype(str), "test": groups.astype(str)},
        suspects=np.zeros(40, dtype=bool),
    )
    at = rounded(measure(given, {}, ASKED)).positive.published.at_prevalences[0]
    assert (at.positive_predictive_value.low, at.positive_predictive_value.high) == (0, 1)
