"""reports/metrics.json as it is read: the committed one to the byte, and what is damaged or outdated is said so."""

import json
import re
from pathlib import Path

import pytest

from core.base import paths, results
from core.base.errors import UserError
from core.scores import metrics
from core.scores.metrics import Metrics
from tests.results import RUN

ROOT = Path(__file__).parents[3]


def test_a_file_that_is_read_and_written_again_keeps_its_bytes(tmp_path):
    committed = ROOT / paths.METRICS
    results.write(tmp_path / "again.json", results.read(committed, Metrics))
    assert (tmp_path / "again.json").read_bytes() == committed.read_bytes()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda values: values["rows"].pop("groups"), "rows.groups: field required"),
        (lambda values: values.update(luck=1), "luck: extra inputs are not permitted"),
        (lambda values: values["rows"].update(rows="600"), "rows.rows: input should be a valid integer"),
        (
            lambda values: values.update(verdict="splendid"),
            "verdict: input should be 'adapted', 'no worse', 'not shown', 'harmed' or 'too few groups'",
        ),
    ],
)
def test_a_damaged_or_outdated_file_is_told_with_its_field_and_what_to_do(tmp_path, monkeypatch, edit, said):
    monkeypatch.chdir(tmp_path)
    values = json.loads(json.dumps(RUN))
    edit(values)
    results.write_json(paths.METRICS, values)
    with pytest.raises(UserError, match=re.escape(f"reports/metrics.json: {said}")) as error:
        metrics.read()
    assert "`dvc repro` writes it anew" in str(error.value)


def test_a_score_stands_with_its_own_interval():
    interval = Metrics.model_validate(RUN).published.of("macro_f1")
    assert interval.low < interval.estimate == 0.88 < interval.high


def test_a_metric_that_does_not_apply_has_no_score():
    with pytest.raises(ValueError, match="weighted_kappa does not apply"):
        Metrics.model_validate(RUN).published.of("weighted_kappa")
