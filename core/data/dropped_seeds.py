"""What is left of seeds that params.yaml names no more, which would be part of folders that later stages read."""

import re
import shutil
from collections.abc import Collection

from core.base import paths
from core.base.files import replacing


def remove(seeds: Collection[int]) -> None:
    """Remove models, training logs and entries of dvc.lock of all seeds but those given. DVC's cache keeps them."""
    for model in paths.SEED_MODELS.glob("[0-9]*"):
        if model.name not in map(str, seeds):
            shutil.rmtree(model, ignore_errors=True)  # another stage may be removing it too
    for log in paths.TRAINING.glob("[0-9]*.json"):
        if log.stem not in map(str, seeds):
            log.unlink(missing_ok=True)
    _unlock(seeds)


def _unlock(seeds: Collection[int]) -> None:
    # DVC, which reads and writes the file anew for each stage that ends, drops no entry of a stage that is gone.
    text = paths.LOCK.read_text(encoding="utf-8") if paths.LOCK.is_file() else ""
    kept = "|".join(map(str, seeds))
    without = re.sub(rf"^  finetuning@(?!(?:{kept}):)[^\n]*\n(?:    [^\n]*\n)*", "", text, flags=re.MULTILINE)
    if without != text:
        with replacing(paths.LOCK) as partial:
            partial.write_text(without, encoding="utf-8")
