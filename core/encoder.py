"""The pretrained encoder: where its weights lie, that they are the declared ones, and how they are loaded."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

from core import adapters
from core.errors import UserError, damaged
from core.files import sha256
from core.params import Model

WEIGHTS = "model.safetensors"

transformers.logging.set_verbosity_error()  # the load report speaks of the new head as of a fault
transformers.logging.disable_progress_bar()


def locate(model: Model) -> Path:
    """Return the folder of the encoder: a local folder, else a package's, else the hub's at the pinned revision.

    Raises UserError where there is none, or where its weights are not those that params.yaml declares.
    """
    folder = _local(model) or _packaged(model) or _downloaded(model)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise UserError(f"model.name: {folder} has no {WEIGHTS} (safetensors weights are the only ones loaded)")
    found = sha256(weights)
    if model.sha256 is None:
        raise UserError(f"model.sha256 is null: if you trust {weights}, set it to {found}")
    if found != model.sha256:
        raise UserError(
            f"{weights} is damaged or another model: its SHA-256 is {found}, params.yaml declares {model.sha256}. "
            "Fetch it again, or, if you trust the file, set model.sha256 to its hash"
        )
    return folder


def _local(model: Model) -> Path | None:
    return Path(model.name) if Path(model.name).is_dir() else None


def _packaged(model: Model) -> Path | None:
    # A dotted name would import its first part, and fail where that is missing: only whole packages are looked for.
    spec = importlib.util.find_spec(model.package.partition(".")[0]) if model.package else None
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def _downloaded(model: Model) -> Path:
    if model.revision is None:
        raise UserError(f"model.revision is null: pin the commit of {model.name} that the hub is to serve")
    wanted: dict[str, Any] = {"revision": model.revision, "allow_patterns": ["*.json", "*.txt", "*.model", WEIGHTS]}
    try:
        return Path(snapshot_download(model.name, **wanted))
    except HFValidationError:
        raise UserError(f"model.name: {model.name} is neither a folder here nor a name that a hub could know") from None
    except (LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"model.name: {model.name} is no local folder, model.package {model.package} is not installed, and the "
            f"model hub did not serve it ({reason}). On a machine that reaches the hub run `hf download {model.name} "
            f"--revision {model.revision} --local-dir models/general`, bring that folder here, and set "
            "model.name: models/general"
        ) from None


def load_tokenizer(folder: Path) -> Any:
    """Return the fast tokenizer of a model folder. Raises UserError where it cannot be loaded."""
    return _load(AutoTokenizer, folder)


def load_encoder(model: Model) -> Any:
    """Return the general encoder as it was pretrained, without a head, in float32."""
    return _refuse_untrained(_load(AutoModel, locate(model), dtype=torch.float32), model)


def load_classifier(model: Model, labels: Sequence[str], seed: int, attention_dropout: float | None = None) -> Any:
    """Return the pretrained encoder under a new classification head drawn from `seed`, in float32."""
    folder = locate(model)
    config = _load(AutoConfig, folder)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    for name in ("attention_probs_dropout_prob", "attention_dropout"):  # BERT's and RoBERTa's name, the others' name
        if attention_dropout is not None and hasattr(config, name):
            setattr(config, name, attention_dropout)
    transformers.set_seed(seed)
    classifier, report = _load(
        AutoModelForSequenceClassification, folder, config=config, dtype=torch.float32, output_loading_info=True
    )
    absent = [key for key in report["missing_keys"] if key.startswith(f"{classifier.base_model_prefix}.")]
    if model.pretrained_only and [key for key in absent if ".pooler." not in key]:
        raise UserError(f"{folder / WEIGHTS} lacks {len(absent)} of the encoder's weights ({absent[0]}, ...)")
    return _refuse_untrained(classifier, model)


def load_masked(model: Model) -> Any | None:
    """Return the general model under its own masked-language head, or None where its checkpoint carries none."""
    folder = locate(model)
    if type(_load(AutoConfig, folder)) not in MODEL_FOR_MASKED_LM_MAPPING or not load_tokenizer(folder).mask_token:
        return None
    network, report = _load(AutoModelForMaskedLM, folder, dtype=torch.float32, output_loading_info=True)
    return None if report["missing_keys"] else network


def load_finetuned(folder: Path, model: Model) -> Any:
    """Return a classifier that `finetuning` saved, whole or as an adapter of the general model, which is merged.

    Raises UserError where it is missing or damaged.
    """
    if not (folder / adapters.CONFIG).is_file():
        return _load(AutoModelForSequenceClassification, folder, dtype=torch.float32)
    adapters.require(folder, model)
    config = _load(AutoConfig, folder)
    network = _load(AutoModelForSequenceClassification, locate(model), config=config, dtype=torch.float32)
    return adapters.merge(network, folder)


def _load(family: Any, folder: Path, **options: Any) -> Any:
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder} is no model folder (no config.json). Maybe you forgot a previous stage? `dvc repro`")
    if family in (AutoModel, AutoModelForMaskedLM, AutoModelForSequenceClassification):
        options |= {"use_safetensors": True}
    try:
        return family.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except Exception as error:  # safetensors, tokenizers and json each raise their own
        raise damaged(folder, str(error)) from error


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
