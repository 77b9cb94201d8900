"""All that cells are computed from, copied once when a study starts: a change of a file in its middle mixes nothing."""

import json
import shutil
from pathlib import Path

import yaml

from core.base import params, paths
from core.data.splits import SPLITS
from core.encoders.checkpoint import hashes, locate
from core.encoders.params import Model
from study.cells.cell import versions
from study.cells.sources import ROOT
from tasks import params as all_params

CODE = ("core", "tasks", "study")
PACKAGES = Path("packages.json")  # the versions of those that compute, where the snapshot was taken


def take(folder: Path) -> None:
    """Copy code, parameters, rows and model into a folder, as a project of its own."""
    for name in CODE:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    model = _copy_model(folder)
    values = all_params.load().model_copy(update={"model": model}).model_dump(mode="json")
    (folder / PACKAGES).write_text(json.dumps(versions()), encoding="utf-8")
    (folder / paths.PARAMS).write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    for split in SPLITS:
        shutil.copytree(paths.tokenized(split), folder / paths.tokenized(split))
        (folder / paths.validated(split)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(paths.validated(split), folder / paths.validated(split))


def packages() -> dict[str, str]:
    """Return the versions of the packages where the snapshot was taken that is the current folder."""
    known: dict[str, str] = json.loads(PACKAGES.read_text(encoding="utf-8"))
    return known


def _copy_model(folder: Path) -> Model:
    """Copy the pretrained model into a folder, and return the section by which it is found there."""
    model = params.load(Model)
    source, target = locate(model), paths.PRETRAINED_MODELS / Path(model.name).name
    for name in hashes(source):
        (folder / target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, folder / target / name)
    return model.model_copy(update={"name": target.as_posix(), "package": None})
