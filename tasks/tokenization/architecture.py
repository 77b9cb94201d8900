"""Whether a pretrained model can be fine-tuned here at all, asked of its configuration before any work.

Torch, which takes a second to load, is imported where it is needed.
"""

from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.encoders.checkpoint import load


def require(folder: Path, name: str, tokenizer: Any, max_length: int) -> None:
    """Raise UserError where the model of a folder cannot classify rows of `max_length` tokens of this tokenizer."""
    network = _blank(folder, name)
    if tokenizer.pad_token is None:
        raise UserError(
            f"model.name: the tokenizer of {name} has no token to pad rows with, nor an end token: set pad_token in "
            f"{folder / 'tokenizer_config.json'} to one of its vocabulary, or name another model"
        )
    tokens, rows_of_weights = max(tokenizer.get_vocab().values()) + 1, network.get_input_embeddings().num_embeddings
    if tokens > rows_of_weights:
        raise UserError(
            f"model.name: the tokenizer of {name} knows {tokens} tokens and its weights {rows_of_weights}: they are of "
            "different models; fetch both again"
        )
    longest = min(tokenizer.model_max_length, positions(network))
    if max_length > longest:
        raise UserError(
            f"params.yaml: tokenization.max_length is {max_length}: {name} reads at most {longest} tokens: "
            f"lower it to {longest}"
        )


def _blank(folder: Path, name: str) -> Any:
    """Return the model's classifier without weights. Raises UserError where transformers has none for it."""
    import torch
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING

    from core.encoders import mean_pooling

    config = load(AutoConfig, folder)
    if config.is_encoder_decoder:
        raise UserError(f"model.name: {name} ({config.model_type}) is an encoder with a decoder: name an encoder alone")
    if type(config) not in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING:
        raise UserError(
            f"model.name: transformers has no sequence-classification head for {name} ({config.model_type}): "
            "name a model of a type that docs/models.md lists"
        )
    mean_pooling.declare(config, folder)
    try:
        with torch.device("meta"):
            return mean_pooling.family(config).from_config(config)
    except Exception as error:  # each architecture finds its own faults in a configuration
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"{folder / 'config.json'} makes no model ({reason}): fetch it again") from error


def positions(network: Any) -> float:
    """Return how many tokens of a row a classifier tells the places of: infinity where they are relative alone."""
    import torch

    config = network.config.get_text_config()
    most = int(getattr(config, "max_position_embeddings", None) or -1)  # XLNet says -1
    tables = [
        table
        for place, table in network.base_model.named_modules()
        if isinstance(table, torch.nn.Embedding) and ("position" in place.rpartition(".")[2] or place.endswith("wpe"))
    ]
    if not tables:
        relative = getattr(config, "relative_attention", False)  # DeBERTa
        return float("inf") if relative or most < 1 else most
    # RoBERTa counts from behind the place of its padding, and so has fewer than its configuration says.
    table = tables[0]
    places: int = table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)
    return min(places, most) if most > 0 else places
