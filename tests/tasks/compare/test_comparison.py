"""The comparison's figures are those of scipy and statsmodels on the same tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.power import TTestPower

from core.base.errors import UserError
from core.data import given_predictions
from core.decision.decision import Decision
from tasks.compare import labelled
from tasks.compare.comparison import Comparison, compared
from tasks.compare.labelled import Columns

NAMES = ["routine", "urgent"]
COLUMNS = Columns("row_id", "label", None, None)


def found(primary: str = "accuracy", **decided: float) -> Comparison:
    models = [given_predictions.read(name) for name in ("a.csv", "b.csv")]
    decision = Decision(primary, classes=2, **decided)
    return compared(labelled.read(Path("labels.csv"), COLUMNS), models, NAMES, decision)


def gains() -> tuple[np.ndarray, np.ndarray]:
    """Return by how much B is right more than A in each row, and the rows' groups."""
    labels, first, second = (pd.read_csv(f"{name}.csv") for name in ("labels", "a", "b"))
    hits = [(table["class"] == labels["label"]).to_numpy(dtype=float) for table in (first, second)]
    return hits[1] - hits[0], labels["group"].to_numpy()


def test_the_p_value_of_rows_that_share_nothing_is_mcnemar_s_exact_one(tables):
    tables((0.7, 0.76))
    compared_now = found()
    against = compared_now.judged.against["a.csv"]
    assert against.p_value == pytest.approx(mcnemar(compared_now.right, exact=True).pvalue, abs=1e-9)
    lost, won = compared_now.right[0, 1], compared_now.right[1, 0]
    assert against.p_value == pytest.approx(binomtest(int(won), int(won + lost)).pvalue, abs=1e-9)


def test_rows_by_who_is_right_are_pandas_crosstab(tables):
    tables()
    labels, *both = (pd.read_csv(f"{name}.csv") for name in ("labels", "a", "b"))
    first, second = ((table["class"] == labels["label"]).map({True: 0, False: 1}) for table in both)
    assert found().right.tolist() == pd.crosstab(first, second).to_numpy().tolist()


@pytest.mark.parametrize("size", [1, 4])
def test_the_interval_is_that_of_statsmodels_regression_with_errors_over_clusters(tables, size):
    tables((0.7, 0.8), size)
    gain, groups = gains()
    member = np.unique(groups, return_inverse=True)[1]
    fitted = sm.OLS(gain, np.ones(len(gain))).fit(cov_type="cluster", cov_kwds={"groups": member}, use_t=True)
    low, high = fitted.conf_int()[0]
    interval = found().judged.against["a.csv"].gain
    assert interval.estimate == pytest.approx(fitted.params[0], abs=1e-12)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.05 * (high - low))


def test_rows_that_share_a_group_widen_the_interval(tables):
    tables((0.7, 0.8), 4)
    clustered = found().judged.against["a.csv"].gain
    pd.read_csv("labels.csv").drop(columns="group").to_csv("labels.csv", index=False)
    alone = found().judged.against["a.csv"].gain
    assert clustered.high - clustered.low > 1.6 * (alone.high - alone.low)


def test_the_smallest_gain_is_the_one_that_statsmodels_has_power_for(tables):
    tables((0.7, 0.8))
    gain, _ = gains()
    effect = TTestPower().solve_power(nobs=len(gain), alpha=0.05, power=0.8)
    assert found().judged.against["a.csv"].smallest_gain == pytest.approx(effect * gain.std(ddof=1), rel=0.03)


@pytest.mark.parametrize(
    ("right", "decided", "verdict"),
    [
        ((0.7, 0.85), {}, "adapted"),
        ((0.7, 0.85), {"margin": 0.3, "non_inferiority": 0.02}, "no worse"),
        ((0.85, 0.7), {}, "harmed"),
        ((0.8, 0.8), {}, "not shown"),
    ],
)
def test_margin_and_non_inferiority_decide_as_in_the_project_s_own_verdict(tables, right, decided, verdict):
    tables(right)
    assert found(**decided).judged.verdict == verdict


def test_an_answer_that_is_no_label_is_wrong_and_metrics_that_depend_on_what_it_is_are_left_out(tables):
    tables()
    answers = pd.read_csv("b.csv")
    before = found().second.scores
    correct = answers["class"] == pd.read_csv("labels.csv")["label"]
    answers.loc[answers.index[~correct][:10], "class"] = "I cannot say"
    answers.to_csv("b.csv", index=False)
    now = found()
    assert now.second.unknown == {"I cannot say": 10}
    assert now.second.scores.accuracy.estimate == before.accuracy.estimate
    assert now.second.scores.balanced_accuracy.estimate == before.balanced_accuracy.estimate
    assert now.second.scores.macro_f1 is None and before.macro_f1 is not None
    with pytest.raises(UserError, match="macro F1 cannot be told where answers are no label: `--primary balanced"):
        found("macro_f1")


def test_of_classes_alone_no_metric_of_probabilities_is_told(tables):
    tables()
    assert found().differences.loss is None and found().differences.roc_auc is None
    with pytest.raises(UserError, match="ROC AUC cannot be told where probabilities are missing"):
        found("roc_auc")


def write_probabilities() -> None:
    for name in ("a", "b"):
        table = pd.read_csv(f"{name}.csv")
        sure = np.where(table["class"] == "urgent", 0.8, 0.2)
        pd.DataFrame({"row_id": table["row_id"], "routine": 1 - sure, "urgent": sure}).to_csv(
            f"{name}.csv", index=False
        )


def test_probabilities_are_compared_by_every_metric(tables):
    tables()
    write_probabilities()
    compared_now = found("roc_auc")
    assert compared_now.judged.verdict == "adapted"
    assert compared_now.differences.loss.high < 0 and not compared_now.second.classes_alone


def test_a_table_of_other_classes_is_refused(tables):
    tables()
    pd.read_csv("b.csv").replace({"routine": "0", "urgent": "1"}).to_csv("b.csv", index=False)
    with pytest.raises(UserError, match="b.csv says '0', '1', and names no class that is one of routine, urgent"):
        found()


def test_predictions_without_a_label_are_counted(tables):
    tables()
    pd.read_csv("labels.csv").iloc[:300].to_csv("labels.csv", index=False)
    assert (found().first.others, len(found().rows.labels)) == (100, 300)


def test_a_model_that_has_all_rows_wrong_is_compared_where_another_gives_such_answers_too(tables):
    tables()
    labels = pd.read_csv("labels.csv").assign(label="C")
    labels.to_csv("labels.csv", index=False)
    for name, right in (("a", 300), ("b", 0)):
        said = ["C"] * right + ["I"] * (len(labels) - right)
        pd.DataFrame({"row_id": labels["row_id"], "class": said}).to_csv(f"{name}.csv", index=False)
    models = [given_predictions.read(name) for name in ("a.csv", "b.csv")]
    compared_now = compared(labelled.read(Path("labels.csv"), COLUMNS), models, ["C"], Decision("accuracy", classes=1))
    assert compared_now.second.scores.accuracy.estimate == 0 and compared_now.judged.verdict == "harmed"


def test_of_rows_of_one_class_what_these_do_not_define_is_not_told(tables):
    tables()
    write_probabilities()
    labels = pd.read_csv("labels.csv")
    labels[labels["label"] == "routine"].to_csv("labels.csv", index=False)
    differences = found().differences
    assert differences.roc_auc is None and differences.average_precision is None
    assert differences.accuracy.p_holm > 0 and differences.loss.p_holm > 0
    with pytest.raises(UserError, match="ROC AUC cannot be told of rows that are all of one class: `--primary bal"):
        found("roc_auc")
