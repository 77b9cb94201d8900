"""A pretrained model's folder: where it lies, that its weights are the declared ones, and its tokenizer.

Without torch, which takes seconds to load and which a stage may not need.
"""

import importlib.util
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from transformers import PreTrainedTokenizerFast

from core.errors import UserError, damaged
from core.files import read_json, sha256
from core.params import Model

WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"


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
    package = model.package.partition(".")[0] if model.package else ""
    spec = importlib.util.find_spec(package) if package else None
    if not spec or not spec.origin:
        return None
    names = packages_distributions().get(package, [])
    if not any(model.name in (distribution(name).read_text("METADATA") or "") for name in names):
        raise UserError(
            f"model.name: {model.name} is no local folder, and the package {package} says nothing of such a model: "
            "correct the name, or set model.package to null to have the hub asked for it"
        )
    return Path(spec.origin).parent / "model"


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
    if (folder / TOKENIZER).is_file():
        return load(PreTrainedTokenizerFast, folder)
    from transformers import AutoTokenizer  # here: it loads torch

    tokenizer = load(AutoTokenizer, folder)
    if not tokenizer.is_fast:  # a slow one cannot say which pieces a word is broken into
        raise UserError(f"{folder} has no fast tokenizer: name a model in params.yaml that has a {TOKENIZER}")
    return tokenizer


def reads_types(folder: Path) -> bool:
    """Return whether a model tells the two texts of a pair apart by token_type_ids, as BERT does."""
    config = read_json(folder / "config.json")
    return bool(config.get("type_vocab_size", 0) > 1 or config.get("model_type") == "xlnet")


def load(family: Any, folder: Path, **options: Any) -> Any:
    """Return what an Auto class of transformers makes of a model folder. Raises UserError where it cannot be loaded."""
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder} is no model folder (no config.json). Maybe you forgot a previous stage? `dvc repro`")
    try:
        return family.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except Exception as error:  # safetensors, tokenizers and json each raise their own
        raise damaged(folder, str(error)) from error
