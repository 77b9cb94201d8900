"""What of a classifier is trained: all of it, its head alone, or its head and a LoRA adapter beside the encoder."""

from typing import Any

from torch import nn
from transformers.pytorch_utils import Conv1D

from core.encoders.params import Model
from tasks.finetuning.params import Finetuning


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
    from peft import LoraConfig  # here: it takes seconds to load, and is seldom needed

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
