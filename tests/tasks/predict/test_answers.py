"""A table of answers has a column for each class, whatever the classes are called."""

import numpy as np
import pytest

from core.data.published import Published
from tasks.predict import answers

PUBLISHED = Published(
    seed=1,
    scored="0123456789ab",
    texts=["text"],
    max_length=16,
    long="truncate",
    temperature=2.0,
    threshold=0.6,
    refused=None,
    target_error=0.05,
)
TABLE = np.array([[0.9, 0.1], [0.5, 0.5]])


def test_the_calibrated_confidence_has_the_temperature_and_does_not_decide():
    rows = answers.table(["a", "b", "c"], np.array([True, False, True]), ["no", "yes"], TABLE, PUBLISHED)
    assert rows["confidence"].tolist()[::2] == [0.9, 0.5]
    assert rows["calibrated"][0] == pytest.approx(0.75)  # the odds of 9 to 1 become those of 3 to 1
    assert rows["to_person"].tolist() == [False, True, True]
    assert rows.loc[1, ["class", "confidence", "no"]].isna().all()


def test_a_class_with_the_name_of_another_column_hides_nothing():
    rows = answers.table(["a", "b"], np.array([True, True]), ["Confidence", "yes"], TABLE, PUBLISHED)
    assert list(rows)[-2:] == ["probability of Confidence", "probability of yes"]
    assert rows["confidence"].tolist() == [0.9, 0.5]
