"""The report's section on training."""

import pytest

from core.data.epochs import Epoch
from tasks import params
from tasks.report.document import rendered
from tasks.report.sections import training


def section(epochs: dict[str, list[Epoch]]) -> str:
    known = {
        "training": training.training(epochs),
        "params": params.load(),
        "figure": str,
        "primary": "balanced accuracy",
    }
    return rendered("sections/training.md.j2", known)


def test_the_epoch_kept_is_named(write_params):
    write_params({})
    epochs = [
        Epoch(epoch=number, training_loss=0.5, validation_loss=0.5, validation_primary=primary, kept=number == 2)
        for number, primary in enumerate((0.8, 0.9, 0.9), start=1)
    ]
    assert "| 11 | 2 of 3 | 0.900 |" in section({"11": epochs})


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("full", "80% of each encoder is fine-tuned and 20% pretrained"),
        ("lora", "80% of each encoder is fine-tuned, by a LoRA adapter (`finetuning.method`), and 20% pretrained"),
        ("head", "The encoder stayed the pretrained one"),
    ],
)
def test_weight_interpolation_is_spoken_of_where_the_encoder_was_trained(write_params, method, said):
    write_params({"finetuning.method": method, "finetuning.interpolation": 0.8})
    assert said in section({})


@pytest.mark.parametrize("method", ["full", "lora", "head"])
@pytest.mark.parametrize(("epochs", "said"), [(5, True), (2, False)])
def test_averaged_epochs_are_spoken_of_where_there_are_any(write_params, method, epochs, said):
    write_params({"finetuning.method": method, "finetuning.epochs": epochs, "finetuning.average_from": 2})
    text = section({})
    assert ("From epoch 2 on, an epoch's model is the mean of the weights" in text) == (said and method != "lora")
