"""The networks of a pretrained model: the encoder alone, under a new head, under its own, and fine-tuned."""

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForMaskedLM,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_MASKED_LM_MAPPING

from core.base.errors import UserError
from core.encoders import adapters, mean_pooling
from core.encoders.checkpoint import load, load_tokenizer, locate
from core.encoders.params import Model
from core.encoders.random_streams import stream

NETWORK: dict[str, Any] = {"dtype": torch.float32, "use_safetensors": True}

transformers.logging.set_verbosity_error()  # the load report speaks of the new head as of a fault
transformers.logging.disable_progress_bar()


def load_encoder(model: Model) -> Any:
    """Return the pretrained encoder as it is, without a head, in float32."""
    return _refuse_untrained(load(AutoModel, locate(model), **NETWORK), model)


def load_classifier(model: Model, labels: Sequence[str], seed: int, attention_dropout: float | None = None) -> Any:
    """Return the pretrained encoder under a new classification head drawn from `seed`, in float32.

    The head is new even where the checkpoint has one of its own. Its `new_weights` are the names of all that the
    checkpoint does not give: the head's, and a pooler's where it has none.
    """
    folder = locate(model)
    config = _padding(load(AutoConfig, folder), folder)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    config.problem_type = None  # a head of its own may have been one for regression: pipelines would ask no softmax
    for name in ("attention_probs_dropout_prob", "attention_dropout"):  # BERT's and RoBERTa's name, the others' name
        if attention_dropout is not None and hasattr(config, name):
            setattr(config, name, attention_dropout)
    mean_pooling.declare(config, folder)
    torch.manual_seed(stream(seed, "head"))
    options = NETWORK | {"output_loading_info": True, "ignore_mismatched_sizes": True}  # as a head for other labels is
    classifier, report = load(mean_pooling.family(config), folder, config=config, **options)
    encoder = f"{classifier.base_model_prefix}."
    if unfit := sorted(key for key, *_ in report["mismatched_keys"] if key.startswith(encoder)):
        raise UserError(f"{folder}: config.json gives {unfit[0]} another shape than the weights have: fetch it again")
    classifier.new_weights = frozenset({*report["missing_keys"], *_renew_head(classifier, report["missing_keys"])})
    absent = [key for key in report["missing_keys"] if key.startswith(encoder) and ".pooler." not in key]
    if model.pretrained_only and absent:
        raise UserError(
            f"{folder} lacks {len(absent)} of the encoder's weights ({absent[0]}, ...), which would be "
            "trained from scratch: name another model in params.yaml"
        )
    return mean_pooling.pooled(_refuse_untrained(classifier, model))


def _padding(config: Any, folder: Path) -> Any:
    """Return a configuration that knows the token that rows are padded with: a decoder classifies by the last other."""
    text = config.get_text_config()
    decodes = type(config) in MODEL_FOR_CAUSAL_LM_MAPPING and type(config) not in MODEL_FOR_MASKED_LM_MAPPING
    if decodes or getattr(text, "pad_token_id", None) is None:
        text.pad_token_id = load_tokenizer(folder).pad_token_id
    return config


def _renew_head(classifier: Any, missing: Collection[str]) -> list[str]:
    """Draw all that lies outside the encoder anew, where the checkpoint holds the layer that gives the logits.

    Where it does not, nothing outside the encoder knows of labels: ModernBERT's head is then what pretraining left.
    Return the names of what was drawn.
    """
    within = {id(part) for part in classifier.base_model.parameters()}
    head = {name: weight for name, weight in classifier.named_parameters() if id(weight) not in within}
    if not head or list(head)[-1] in missing:
        return []
    for weight in head.values():
        weight._is_hf_initialized = False
    for module in classifier.modules():  # transformers passes over modules, and weights, that it has marked
        if module is classifier or any(id(weight) not in within for weight in module.parameters()):
            module._is_hf_initialized = False
    classifier.initialize_weights()
    return list(head)


def load_masked(model: Model) -> Any | None:
    """Return the pretrained model under its own masked-language head, or None where its checkpoint carries none."""
    folder = locate(model)
    if type(load(AutoConfig, folder)) not in MODEL_FOR_MASKED_LM_MAPPING or not load_tokenizer(folder).mask_token:
        return None
    network, report = load(AutoModelForMaskedLM, folder, output_loading_info=True, **NETWORK)
    return None if report["missing_keys"] else network


def load_finetuned(folder: Path, model: Model) -> Any:
    """Return a classifier that `finetuning` saved, whole or as an adapter of the pretrained model, which is merged.

    Raises UserError where it is missing or damaged.
    """
    if not (folder / adapters.CONFIG).is_file():
        return load_whole(folder)
    config = load(AutoConfig, folder)
    adapters.require(folder, model)
    options = NETWORK | {"ignore_mismatched_sizes": True}  # a head of its own gives way to the adapter's
    network = load(mean_pooling.family(config), locate(model), config=config, **options)
    return mean_pooling.pooled(adapters.merge(network, folder))


def load_whole(folder: Path) -> Any:
    """Return a classifier that was saved whole. Raises UserError where it is missing or damaged."""
    return mean_pooling.pooled(load(mean_pooling.family(load(AutoConfig, folder)), folder, **NETWORK))


def require_saved(classifier: Any, folder: Path, model: Model) -> None:
    """Raise UserError where a folder's classifier is not the one saved there, to the bit; whose adapter is merged.

    transformers saves weights under the names of their checkpoint, and leaves out in silence what it does not find.
    """
    trained, saved = adapters.merged(classifier), load_finetuned(folder, model).state_dict()
    equal = partial(torch.allclose, rtol=0, atol=0, equal_nan=True)
    others = [name for name, weight in trained.items() if name not in saved or not equal(weight, saved[name])]
    if others:
        raise UserError(
            f"{folder} does not hold what was trained: {len(others)} weights ({others[0]}, ...) are others when it is "
            f"read again. Name another model than {model.name} in params.yaml"
        )


def _refuse_untrained(network: Any, model: Model) -> Any:
    # Every architecture starts its normalisation weights at 1, and no training leaves all of them there.
    norms = [
        weight for name, weight in network.named_parameters() if "norm" in name.lower() and name.endswith("weight")
    ]
    if model.pretrained_only and norms and all(bool((weight == 1).all()) for weight in norms):
        raise UserError(
            f"model.name: {model.name} holds random weights, and this project fine-tunes a pretrained encoder, it does "
            "not train from scratch. Choose a pretrained one (model.pretrained_only: false lifts this, for tests)"
        )
    return network
