"""The epochs of a seed are read as they were written, and refused where they are not such."""

import pytest

from core.base import paths
from core.base.errors import UserError
from core.data import epochs
from core.data.epochs import Epoch


def scored(number: int, primary: float, kept: bool = False) -> Epoch:
    return Epoch(epoch=number, training_loss=0.5, validation_loss=0.25, validation_primary=primary, kept=kept)


def test_what_is_written_is_read_again_and_is_what_dvc_plots():
    epochs.write(11, [scored(1, 0.5), scored(2, 1.0)])
    assert epochs.read(11) == [scored(1, 0.5), scored(2, 1.0)]
    lines = paths.epochs(11).read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["[", "  {", '    "epoch": 1,']
    assert lines[5] == '    "validation_primary": 0.5,'


def test_the_best_epoch_is_the_one_that_was_kept():
    assert epochs.best([scored(1, 0.8), scored(2, 0.9, kept=True), scored(3, 0.9)]).epoch == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"epoch": 1, "loss": 0.5}]', "0.training_loss: field required"),
        ('[{"epoch": 1, "training_loss": "low", "validation_loss": 1, "validation_primary": 1}]', "0.training_loss"),
        ("[{", "is damaged"),
    ],
)
def test_a_file_of_other_fields_is_refused_with_what_to_do(text, said):
    paths.TRAINING.mkdir(parents=True)
    paths.epochs(11).write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        epochs.read(11)
    assert said in str(caught.value)
    assert "reports/training/11.json" in str(caught.value) and "`dvc repro`" in str(caught.value)
