"""What of a classifier is trained: all of it, its head alone, or its head and a small adapter beside the encoder."""

import warnings
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn
from transformers.pytorch_utils import Conv1D

from core.errors import UserError, damaged
from core.files import read_json, write_json
from core.params import Finetuning, Model

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def prepare(classifier: Any, model: Model, section: Finetuning) -> Any:
    """Return the classifier, nothing but what `finetuning.method` trains left trainable; its config counts that.

    An adapter is drawn from torch's seed. Hu et al., LoRA (ICLR 2022).
    """
    if section.method == "full":
        classifier.get_input_embeddings().requires_grad_(not section.freeze_embeddings)
    elif section.method == "head":
        classifier.requires_grad_(False)
        for name in _head(classifier):
            classifier.get_submodule(name).requires_grad_(True)
    else:
        from peft import inject_adapter_in_model

        inject_adapter_in_model(_lora(classifier, model, section), classifier)
    classifier.config.trained_parameters = classifier.num_parameters(only_trainable=True)
    return classifier


def _head(classifier: Any) -> list[str]:
    """Return the names of the modules that make the head: all with weights outside the encoder, and BERT's pooler."""
    # The pooler feeds nothing but the head, and is what other families' heads begin with.
    encoder, prefix = classifier.base_model, classifier.base_model_prefix
    children = [name for name, child in classifier.named_children() if child is not encoder and [*child.parameters()]]
    return children + ([f"{prefix}.pooler"] if getattr(encoder, "pooler", None) is not None else [])


def _lora(classifier: Any, model: Model, section: Finetuning) -> Any:
    from peft import LoraConfig  # here and below: it takes seconds to load, and is seldom needed

    head = _head(classifier)
    linear = [name for name, module in classifier.named_modules() if isinstance(module, nn.Linear | Conv1D)]
    return LoraConfig(
        task_type="SEQ_CLS",
        base_model_name_or_path=model.name,  # not the folder where this machine keeps it
        revision=model.revision,
        r=section.lora.rank,
        lora_alpha=section.lora.alpha,
        fan_in_fan_out=any(isinstance(module, Conv1D) for module in classifier.modules()),  # GPT-2's, lying on its side
        target_modules=[name for name in linear if not f"{name}.".startswith(tuple(f"{part}." for part in head))],
        modules_to_save=head,
    )


def save(classifier: Any, folder: Path) -> None:
    """Write the classifier into a folder: whole, or of an adapted one what lies beside the general model."""
    if not hasattr(classifier, "peft_config"):
        classifier.save_pretrained(folder)
        return
    from peft import get_peft_model_state_dict

    classifier.config.save_pretrained(folder)
    known = classifier.peft_config["default"].to_dict()
    in_order = {name: sorted(value) if isinstance(value, set) else value for name, value in known.items()}
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
    known = read_json(folder / CONFIG)
    found, named = (known.get("base_model_name_or_path"), known.get("revision")), (model.name, model.revision)
    if found != named:
        raise UserError(
            f"{folder} adapts {found[0]}, revision {found[1]}, but params.yaml names {named[0]}, revision {named[1]}: "
            "`dvc repro finetuning`"
        )


def merge(network: Any, folder: Path) -> Any:
    """Return the general model with a folder's adapter merged into its weights, under the folder's head."""
    from peft import PeftModel

    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of peft's calls, not of the user's
            return PeftModel.from_pretrained(network, folder, torch_device="cpu").merge_and_unload()
    except Exception as error:  # safetensors, peft and torch each raise their own
        raise damaged(folder, str(error)) from error
