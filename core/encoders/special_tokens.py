"""The special tokens of a tokenizer whose folder does not name them, as many older ones on the hub do not."""

import inspect
from pathlib import Path
from typing import Any

from core.base.errors import damaged
from core.base.files import read_json

TOKENS = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token", "bos_token", "eos_token")
INPUTS = ["input_ids", "attention_mask"]
ALIKE = {"electra": "BertTokenizer"}  # a model type without a tokenizer of its own, and whose it shares


def complete(tokenizer: Any, folder: Path) -> Any:
    """Return the tokenizer with what its model's own class adds: special tokens that its vocabulary has, and sides.

    Without a token to pad with, it pads with the end token; one without a token that opens a row, as of decoder-only
    models, pads on the right, since positions count from the left.
    """
    settings = _settings(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").is_file() else {}
    own = _own_class(settings, folder)
    vocabulary, defaults = tokenizer.get_vocab(), _defaults(own)
    for name in TOKENS:
        if getattr(tokenizer, name) is None and defaults.get(name) in vocabulary:
            setattr(tokenizer, name, defaults[name])
    if "model_input_names" not in settings:
        tokenizer.model_input_names = getattr(own, "model_input_names", INPUTS)
    if tokenizer.pad_token is None and tokenizer.eos_token is not None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.cls_token is None:
        tokenizer.padding_side = "right"
    elif "padding_side" not in settings:
        tokenizer.padding_side = getattr(own, "padding_side", tokenizer.padding_side)
    return tokenizer


def _own_class(settings: dict[str, Any], folder: Path) -> Any | None:
    """Return the class that transformers has for such a folder's tokenizer, or None where it has none of its own."""
    import transformers  # here: it takes a second to load, and verifying a report never needs it

    family = str(_settings(folder / "config.json").get("model_type"))
    module = getattr(transformers.models, family.replace("-", "_"), None)
    names = [str(settings.get("tokenizer_class")).removesuffix("Fast"), ALIKE.get(family, ""), *dir(module)]
    classes = [getattr(transformers, name, None) for name in names if name.endswith("Tokenizer")]
    return next((kind for kind in classes if hasattr(kind, "model_input_names")), None)


def _defaults(own: Any | None) -> dict[str, Any]:
    """Return what a class's and its parents' arguments are where they are not given, the class's own first."""
    inits = [kind.__init__ for kind in reversed(own.__mro__)] if own else []
    return {name: argument.default for init in inits for name, argument in inspect.signature(init).parameters.items()}


def _settings(path: Path) -> dict[str, Any]:
    settings = read_json(path)
    if not isinstance(settings, dict):
        raise damaged(path.parent, f"{path.name} holds no settings")
    return settings
