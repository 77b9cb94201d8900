"""The tokenized rows as later stages read them."""

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.base import paths
from core.base.errors import UserError
from core.base.files import require
from core.data.texts import CLUSTER

if TYPE_CHECKING:
    from datasets import Dataset

READ = ("input_ids", "token_type_ids", "windows", "labels")


def read(split: str) -> "Dataset":
    """Return one split's rows (see tasks/tokenization). Raises UserError where they are missing or damaged."""
    from datasets import load_from_disk  # here, as docs/architecture.md says of results

    folder = paths.tokenized(split)
    try:
        return load_from_disk(str(require(folder)))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{folder} is damaged ({error}): delete {paths.TOKENIZED} and run `dvc repro`") from None


def inputs(rows: "Dataset") -> "Dataset":
    """Return of each row what a network reads, and its class id by the name `labels`."""
    return rows.select_columns([name for name in READ if name in rows.column_names])


def identity(rows: "Dataset") -> str:
    """Return what identifies rows: the first 12 digits of the SHA-256 of their row_ids, tokens and labels in order."""
    found = hashlib.sha256()
    for row_id, read in zip(rows["row_id"], inputs(rows), strict=True):
        found.update(json.dumps([row_id, read], sort_keys=True).encode())
    return found.hexdigest()[:12]


def labels(rows: "Dataset") -> list[str]:
    """Return the class names, in the order of the ids in the column `labels`."""
    return list(rows.features["labels"].names)


def groups(rows: "Dataset") -> NDArray[np.str_]:
    """Return what each row shares with others: its group, or where it has none its own row_id."""
    return _shared(rows, "group")


def clusters(rows: "Dataset") -> NDArray[np.str_] | None:
    """Return what rows share besides their group (validation.cluster): None where params.yaml names no such column.

    A row without a cluster is one of its own, named by its row_id. The rows of a cluster may be of several groups, and
    in several splits.
    """
    return _shared(rows, CLUSTER) if CLUSTER in rows.column_names else None


def _shared(rows: "Dataset", column: str) -> NDArray[np.str_]:
    return np.asarray([value or row_id for value, row_id in zip(rows[column], rows["row_id"], strict=True)])
