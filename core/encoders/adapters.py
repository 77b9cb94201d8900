"""Classifiers whole, or as a small adapter beside the pretrained encoder: how they are saved, checked and merged."""

import warnings
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from core.base.errors import UserError, damaged
from core.base.files import read_json, write_json
from core.encoders.params import Model

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def save(classifier: Any, folder: Path) -> None:
    """Write the classifier into a folder: whole, or of an adapted one what lies beside the pretrained model."""
    if not hasattr(classifier, "peft_config"):
        classifier.save_pretrained(folder)
        return
    from peft import get_peft_model_state_dict  # here and below: it takes seconds to load, and is seldom needed

    classifier.config.save_pretrained(folder)
    settings = classifier.peft_config["default"].to_dict()
    in_order = {name: sorted(value) if isinstance(value, set) else value for name, value in settings.items()}
    write_json(folder / CONFIG, in_order)
    weights = get_peft_model_state_dict(classifier, save_embedding_layers=False).items()  # else peft asks the hub
    save_file({f"base_model.model.{name}": weight for name, weight in weights}, folder / WEIGHTS, {"format": "pt"})


def merged(classifier: Any) -> dict[str, Any]:
    """Return a classifier's weights by the names that they have without an adapter, which is merged in place."""
    if not hasattr(classifier, "peft_config"):
        return dict(classifier.state_dict())
    from peft.tuners.lora import LoraLayer

    for module in classifier.modules():
        if isinstance(module, LoraLayer):
            module.merge()
    return {
        name.replace(".base_layer.", ".").replace(".modules_to_save.default.", "."): weight
        for name, weight in classifier.state_dict().items()
        if ".lora_" not in name and ".original_module." not in name
    }


def require(folder: Path, model: Model) -> None:
    """Raise UserError where a folder's adapter has no weights, or adds to another model than params.yaml names."""
    if not (folder / WEIGHTS).is_file():  # peft would look for them on the hub
        raise damaged(folder, f"no {WEIGHTS}")
    settings = read_json(folder / CONFIG)
    adapted = settings.get("base_model_name_or_path"), settings.get("revision")
    if adapted != (model.name, model.revision):
        raise UserError(
            f"{folder} adapts {adapted[0]}, revision {adapted[1]}, but params.yaml names {model.name}, "
            f"revision {model.revision}: `dvc repro finetuning`"
        )


def merge(network: Any, folder: Path) -> Any:
    """Return the pretrained model with a folder's adapter merged into its weights, under the folder's head."""
    from peft import PeftModel

    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of peft's calls, not of the user's
            return PeftModel.from_pretrained(network, folder, torch_device="cpu").merge_and_unload()
    except Exception as error:  # safetensors, peft and torch each raise their own
        raise damaged(folder, str(error)) from error
