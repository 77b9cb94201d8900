"""Logistic regression on the pretrained encoder's frozen states."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from study.techniques import frozen_encoder
from study.techniques.frozen_encoder import TECHNIQUE, states
from tests.conftest import notes
from tests.study.techniques.material import few, material


def test_it_is_a_regression_on_the_encoders_mean_states_scaled_by_the_draw(tiny_params):
    tiny_params({"baseline.regularization": [0.1]})
    given = few(rows=32)
    scaler = StandardScaler().fit(states(given.rows))
    model = LogisticRegression(C=0.1).fit(scaler.transform(states(given.rows)), given.rows["labels"])
    expected = model.predict_proba(scaler.transform(states(given.scored)))
    assert TECHNIQUE.predict(given) == pytest.approx(expected, abs=1e-3)


def test_it_learns_what_the_labels_hang_on(tiny_params):
    tiny_params()
    given = material(notes("train", 64), notes("test", 8))
    assert (TECHNIQUE.predict(given).argmax(1) == np.asarray(given.scored["labels"])).all()


def test_the_scored_rows_are_read_once_however_many_draws_there_are(tiny_params, monkeypatch):
    tiny_params()
    given = few()
    monkeypatch.setattr(frozen_encoder, "_states", {})
    calls = []
    read = frozen_encoder.states
    monkeypatch.setattr(frozen_encoder, "states", lambda rows: (calls.append(len(rows)), read(rows))[1])
    for rows in (12, 10):
        TECHNIQUE.predict(replace(given, rows=given.rows.select(range(rows))))
    assert calls == [12, 8, 10]
