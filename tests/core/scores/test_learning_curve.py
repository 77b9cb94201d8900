"""What the study says counts for the training rows that it was made on, with or without their augmented copies."""

from datasets import Dataset

from core.base import results
from core.scores import learning_curve
from core.scores.learning_curve import Answer, training_rows
from tests.results import studied

ROWS = [
    {"row_id": "train-1", "input_ids": [1, 2], "labels": 0, "parent": None},
    {"row_id": "train-1+typo", "input_ids": [1, 3], "labels": 0, "parent": "train-1"},
    {"row_id": "train-2", "input_ids": [4], "labels": 1, "parent": None},
]


def test_copies_make_no_difference_and_labels_do():
    with_copies, without = (training_rows(Dataset.from_list(rows)) for rows in (ROWS, [ROWS[0], ROWS[2]]))
    assert with_copies == without
    assert with_copies.rows == 2
    relabelled = [ROWS[0], ROWS[2] | {"labels": 0}]
    assert training_rows(Dataset.from_list(relabelled)).labels != without.labels


def test_an_answer_is_read_where_the_study_wrote_it_and_is_none_where_there_was_no_study():
    assert learning_curve.read() is None
    learning_curve.FOLDER.mkdir(parents=True)
    results.write(learning_curve.ANSWER, studied())
    assert isinstance(learning_curve.read(), Answer)
    assert learning_curve.read() == studied()
