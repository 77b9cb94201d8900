"""What a finished run has left in its folder, read with pandas and pyarrow alone. Nothing here imports this project."""

import hashlib
import json
from collections.abc import Iterator
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import yaml
from sklearn.metrics import log_loss

from tests.independent import metrics


class FinishedRun:
    """Rows, labels, clusters and predictions of a run by split, and what params.yaml decides by."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))["evaluation"]
        self.split = "test" if self.asked["test"] == "open" else "validation"
        self.rows = {split: self._tokenized(split) for split in {"validation", self.split}}
        self.labels = {split: rows["labels"].to_numpy() for split, rows in self.rows.items()}
        self.groups = {
            split: rows["group"].where(rows["group"].fillna("") != "", rows["row_id"]).to_numpy(dtype=str)
            for split, rows in self.rows.items()
        }
        twins = pd.read_parquet(folder / "data/suspects.parquet")
        named = twins.loc[twins["suspect"] & (twins["split"] == self.split), "row_id"]
        self.suspects = self.rows[self.split]["row_id"].isin(named).to_numpy()
        self.ladder = self._predictions("baseline")
        self.seeds = self._predictions("finetuned")

    def _tokenized(self, split: str) -> pd.DataFrame:
        (file,) = (self.folder / "data/tokenized" / split).glob("*.arrow")
        with pyarrow.ipc.open_stream(file) as stream:
            table = stream.read_all()
        described = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        self.names: list[str] = described["labels"]["names"]
        return table.to_pandas()

    def _predictions(self, kind: str) -> dict[str, dict[str, np.ndarray]]:
        table = pd.read_parquet(self.folder / f"data/predictions/{kind}.parquet")
        found: dict[str, dict[str, np.ndarray]] = {}
        for (model, split), rows in table.groupby(["model", "split"], sort=False):
            if split in self.rows:
                ordered = rows.set_index("row_id")["probabilities"].loc[self.rows[split]["row_id"]]
                found.setdefault(str(model), {})[split] = np.stack(ordered.tolist())
        return found

    def result(self, name: str) -> Any:
        return json.loads((self.folder / "reports" / name).read_text(encoding="utf-8"))

    @cached_property
    def clustered(self) -> np.ndarray:
        """Return the groups of the scored rows, and in a second column their clusters where the run has such."""
        rows, groups = self.rows[self.split], self.groups[self.split]
        if "cluster" not in rows:
            return groups
        clusters = rows["cluster"].where(rows["cluster"].fillna("") != "", rows["row_id"]).to_numpy(dtype=str)
        return np.column_stack([groups, clusters])

    def without_suspects(self) -> "FinishedRun":
        """Return the same run of the scored rows that are not suspect."""
        other, kept = copy(self), ~self.suspects
        other.rows = self.rows | {self.split: self.rows[self.split][kept].reset_index(drop=True)}
        other.labels = self.labels | {self.split: self.labels[self.split][kept]}
        other.groups = self.groups | {self.split: self.groups[self.split][kept]}
        for name in ("ladder", "seeds"):
            models = getattr(self, name)
            tables = {model: splits | {self.split: splits[self.split][kept]} for model, splits in models.items()}
            setattr(other, name, tables)
        vars(other).pop("clustered", None)
        return other

    @property
    def confidence(self) -> float:
        return self.asked["confidence"]

    @property
    def classes(self) -> int:
        return len(self.names)

    @cached_property
    def positive(self) -> int | None:
        return self.names.index(self.asked["positive"]) if self.asked["positive"] else None

    @property
    def target(self) -> int:
        return self.classes - 1 if self.positive is None else self.positive

    @cached_property
    def costs(self) -> np.ndarray | None:
        costs = self.asked["cost"]
        return costs and np.array([[costs.get(one, {}).get(other, 0.0) for other in self.names] for one in self.names])

    @cached_property
    def kept_for_thresholds(self) -> np.ndarray:
        """Return which validation rows choose nothing: half of the groups, every second one by the rarest class that
        they have and then by the SHA-256 of their names; none where there are under 118 groups."""
        rows = pd.DataFrame({"group": self.groups["validation"], "label": self.labels["validation"]})
        counts = rows["label"].value_counts()
        rarity = {
            label: place for place, label in enumerate(sorted(counts.index, key=lambda each: (counts[each], each)))
        }
        rarest = rows["label"].map(rarity).groupby(rows["group"]).min()
        if len(rarest) < 118:
            return np.zeros(len(rows), dtype=bool)
        order = sorted(rarest.index, key=lambda name: (rarest[name], hashlib.sha256(name.encode()).hexdigest()))
        return rows["group"].isin(order[1::2]).to_numpy()

    @cached_property
    def chosen_on(self) -> np.ndarray:
        return ~self.kept_for_thresholds

    def on_validation(self, table: np.ndarray) -> tuple[float, float]:
        """Return the primary metric and the log loss on the validation rows that choose."""
        labels, rows = self.labels["validation"][self.chosen_on], table[self.chosen_on]
        return metrics.score(self, self.asked["primary"], labels, rows), log_loss(
            labels, rows, labels=range(self.classes)
        )

    def _best(self, models: dict[str, dict[str, np.ndarray]]) -> str:
        sign = -1 if self.asked["primary"] == "cost" else 1
        scored = {name: self.on_validation(tables["validation"]) for name, tables in models.items()}
        return max(scored, key=lambda name: (round(sign * scored[name][0], 12), -scored[name][1]))

    @cached_property
    def published(self) -> str:
        return self._best(self.seeds)

    @cached_property
    def baseline(self) -> str:
        return self._best(self.ladder)

    def sides(self) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """Yield the best baseline and the published model, by what metrics.json calls them."""
        yield "baseline", self.ladder[self.baseline]
        yield "published", self.seeds[self.published]
