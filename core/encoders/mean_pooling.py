"""Classifiers that pool the mean of a text's tokens, where the encoder was trained to be pooled so.

A linear layer on the mean of the tokens' states gives the mean of what it gives each of them. So such a classifier is
transformers' own one of tokens, and a text's logits are the mean of its tokens': any architecture has it, and it needs
no code of this project to be used.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification
from transformers.models.auto.modeling_auto import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING

from core.base.errors import damaged
from core.base.files import read_json
from core.encoders.checkpoint import POOLING

SWITCHES = ("classifier_pooling", "clf_pooling")  # of architectures whose classifier of texts can pool the mean itself


def declare(config: Any, folder: Path) -> None:
    """Have a configuration pool the mean where the model folder says that its encoder was trained so.

    An architecture that transformers has no classifier of tokens for keeps its own pooling. Raises UserError where the
    file that says so is damaged.
    """
    path = folder / POOLING
    pooling = read_json(path) if path.is_file() else {}
    if not isinstance(pooling, dict):
        raise damaged(folder, f"{POOLING} holds no settings")
    if not (pooling.get("pooling_mode_mean_tokens") or pooling.get("pooling_mode") == "mean"):
        return
    switch = next((name for name in SWITCHES if hasattr(config, name)), None)
    if switch:
        setattr(config, switch, "mean")
    elif type(config) in MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING:
        config.pools_mean = True


def declared(config: Any) -> bool:
    """Return whether a text's logits are the mean of its tokens'."""
    return bool(getattr(config, "pools_mean", False))


def family(config: Any) -> Any:
    """Return the class of transformers that a configuration's classifier is of."""
    return AutoModelForTokenClassification if declared(config) else AutoModelForSequenceClassification


def pooled(classifier: Any) -> Any:
    """Return the classifier, whose logits then have the shape (rows, classes) however it pools."""
    if declared(classifier.config):
        classifier.register_forward_hook(_mean, with_kwargs=True)
    return classifier


def _mean(classifier: Any, inputs: Any, batch: dict[str, Any], output: Any) -> Any:
    logits = output.logits  # (rows, tokens, classes); of packed rows, whose states are pooled, (rows, 1, classes)
    if "lengths" in batch:
        output.logits = logits[:, 0]
    else:
        output.logits = mean(logits, batch["attention_mask"])
    return output


def mean(states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of each row's states over its tokens: shape (rows, size), of states (rows, tokens, size)."""
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    return (states * mask).sum(1) / mask.sum(1)
