"""A pretrained model's folder: where it lies, that its weights are the declared ones, and its tokenizer.

Without torch, which takes seconds to load and which a stage may not need.
"""

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from core.base import paths
from core.base.errors import UserError, damaged, is_written_here
from core.base.files import read_json, replacing, sha256
from core.encoders.params import Model
from core.encoders.special_tokens import complete

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"  # which tensor lies in which shard
TOKENIZER = "tokenizer.json"
OTHERS = ("*.json", "*.txt", "*.model")
POOLING = "1_Pooling/config.json"  # how sentence-transformers says that an encoder was trained


def locate(model: Model) -> Path:
    """Return the folder of the encoder: a local folder, else a package's, else the hub's at the pinned revision.

    Raises UserError where there is none, or where its weights are not those that params.yaml declares.
    """
    folder = _local(model) or _packaged(model) or _downloaded(model)
    sha256_here = fingerprint(weights(folder))
    where = folder / WEIGHTS if (folder / WEIGHTS).is_file() else f"the shards in {folder}"
    if model.sha256 is None:
        raise UserError(f"model.sha256 is null: if you trust {where}, set it to {sha256_here}")
    if sha256_here != model.sha256:
        raise UserError(
            f"{where}: damaged or another model: the SHA-256 is {sha256_here}, params.yaml declares {model.sha256}. "
            "Fetch it again, or, if you trust the file, set model.sha256 to its hash"
        )
    return folder


def weights(folder: Path) -> list[Path]:
    """Return the files that hold a model's weights: one, or an index and its shards. Raises UserError without them."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        raise UserError(
            f"model.name: {folder} has no {WEIGHTS}, and other formats, which can run code, are never loaded: name "
            "another revision or model, or, if you trust this one, save it anew with "
            "transformers' `AutoModelForMaskedLM.from_pretrained(...).save_pretrained(...)`"
        )
    index = read_json(folder / INDEX)
    shards = sorted({str(name) for name in index.get("weight_map", {}).values()}) if isinstance(index, dict) else []
    missing = [name for name in shards if not (folder / name).is_file()]
    if missing or not shards:
        raise UserError(
            f"{folder} is incomplete: {INDEX} names {missing[0] if missing else 'no shard'}: fetch it again"
        )
    return [*(folder / name for name in shards), folder / INDEX]


def fingerprint(files: Sequence[Path]) -> str:
    """Return the SHA-256 of a file; of an index and its shards, that of what `sha256sum` prints of them, by name."""
    if len(files) == 1:
        return sha256(files[0])
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(files, key=lambda path: path.name)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a model folder that can decide a result, by its name."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in _deciding(folder)}


def _deciding(folder: Path) -> list[Path]:
    files = {path for pattern in OTHERS for path in folder.glob(pattern)} | {*weights(folder), folder / POOLING}
    return sorted(path for path in files if path.is_file())


def at_hand(model: Model) -> Path | None:
    """Return the folder of the encoder if this machine has it, without asking a hub."""
    if (folder := Path(model.name).expanduser()).is_dir():
        return folder
    try:
        return _packaged(model) or Path(snapshot_download(model.name, revision=model.revision, local_files_only=True))
    except (UserError, HFValidationError, LocalEntryNotFoundError, OSError):
        return None


def _local(model: Model) -> Path | None:
    folder = Path(model.name).expanduser()
    if folder.is_dir():
        return _watched(folder)
    # A hub's names have one slash at most, and begin with no folder of this project.
    if model.name.startswith((".", "/", "~")) or len(folder.parts) > 2 or (folder.parts[1:] and _is_here(folder)):
        way_out = "name it by its absolute path" if ".." in folder.parts else "correct the name"
        raise UserError(f"model.name: the local folder {model.name} is missing: bring it here, or {way_out}")
    return None


def _is_here(folder: Path) -> bool:
    return Path(folder.parts[0]).is_dir()


def _watched(folder: Path) -> Path:
    """Return a folder in which `dvc repro` sees that a file of the model has changed: its own, or one of links to it.

    Raises UserError where there can be none.
    """
    kept, place = paths.PRETRAINED_MODELS, paths.PRETRAINED_MODELS / Path(os.path.abspath(folder)).name
    if folder.resolve().is_relative_to(kept.resolve()):
        return folder
    if folder.absolute().is_relative_to(kept.absolute()):
        raise UserError(
            f"model.name: {folder} is a link, behind which `dvc repro` would not see a changed file: `rm {folder}`, "
            f"and set model.name: {folder.resolve()}"
        )
    if any(folder.resolve().is_relative_to(own.resolve()) for own in (paths.SEED_MODELS, paths.PUBLISHED_MODEL)):
        raise UserError(
            f"model.name: {folder} is what this experiment itself writes: `cp -r {folder} {place}`, and set "
            f"model.name: {place}"
        )
    return _linked(folder, place)


def _linked(folder: Path, place: Path) -> Path:
    """Return a place that holds links to the files of a model folder, which are made where they are not there."""
    links = {file.relative_to(folder): _target(file, place / file.relative_to(folder)) for file in _deciding(folder)}
    there = [path for path in place.rglob("*") if path.is_symlink() or path.is_file()]
    if not all(path.is_symlink() for path in there):
        if hashes(place) == hashes(folder):  # the copy that the worktree of a run with an override has
            return place
        raise UserError(
            f"model.name: {folder} and {place}, where `dvc repro` looks for it, are two models: set model.name: "
            f"{place} for that one, or `mv {place} OTHER`"
        )
    if {path.relative_to(place): path.readlink() for path in there} != links:
        with replacing(place) as partial:
            for name, target in links.items():
                (partial / name).parent.mkdir(parents=True, exist_ok=True)
                (partial / name).symlink_to(target)
    return place


def _target(file: Path, link: Path) -> Path:
    """Return where a link leads: in a project that is moved as a whole, those to files of its own still do."""
    path = Path(os.path.abspath(file))
    return Path(os.path.relpath(path, link.parent)) if path.is_relative_to(Path.cwd()) else path


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
        raise UserError(
            f"model.revision is null, and {model.name} is no local folder: pin the commit that the hub is to serve"
        )
    wanted = [*OTHERS, "model*.safetensors"]
    try:
        return Path(snapshot_download(model.name, revision=model.revision, allow_patterns=wanted))
    except HFValidationError:
        raise UserError(f"model.name: {model.name} is neither a folder here nor a name that a hub could know") from None
    except (LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        target = paths.PRETRAINED_MODELS / Path(model.name).name
        included = " ".join(f"--include '{pattern}'" for pattern in wanted)
        package = f"model.package {model.package} is not installed" if model.package else "model.package is null"
        raise UserError(
            f"model.name: {model.name} is no local folder, {package}, and the model hub did not serve it "
            f"({reason}). On a machine that reaches the hub run `hf download {model.name} --revision {model.revision} "
            f"{included} --local-dir {target}`, bring that folder here, and set model.name: {target}"
        ) from None


def load_tokenizer(folder: Path) -> Any:
    """Return the fast tokenizer of a model folder. Raises UserError where it cannot be loaded."""
    if (folder / TOKENIZER).is_file():
        from transformers import PreTrainedTokenizerFast

        return complete(load(PreTrainedTokenizerFast, folder), folder)
    from transformers import AutoTokenizer  # here: it loads torch

    tokenizer = load(AutoTokenizer, folder)
    if not tokenizer.is_fast:  # a slow one cannot say which subwords a word is split into
        raise UserError(f"{folder} has no fast tokenizer: name a model in params.yaml that has a {TOKENIZER}")
    return complete(tokenizer, folder)


def reads_types(folder: Path) -> bool:
    """Return whether a model tells the two texts of a pair apart by token_type_ids, as BERT does."""
    config = read_json(folder / "config.json")
    return bool(config.get("type_vocab_size", 0) > 1 or config.get("model_type") == "xlnet")


def load(family: Any, folder: Path, **options: Any) -> Any:
    """Return what an Auto class of transformers makes of a model folder. Raises UserError where it cannot be loaded."""
    if not (folder / "config.json").is_file():
        way_out = "Maybe you forgot a previous stage? `dvc repro`" if is_written_here(folder) else "Fetch it again"
        raise UserError(f"{folder} is no model folder (no config.json). {way_out}")
    try:
        return family.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except Exception as error:  # safetensors, tokenizers and json each raise their own
        raise damaged(folder, str(error)) from error
