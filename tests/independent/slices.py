"""Slices of the scored rows: accuracy, the difference to the baseline, and who is served worse."""

from typing import Any

import numpy as np
import pandas as pd

from tests.independent.classes import two_shares
from tests.independent.finished_run import FinishedRun
from tests.independent.intervals import ends, holm, known, share, sign_flip, t_test
from tests.independent.metrics import mean_moves

FEWEST, RARE, LISTED = 10, 20, 20


def thirds(values: pd.Series, reference: pd.Series) -> tuple[list[str], np.ndarray]:
    low, high = (int(np.quantile(reference, part)) for part in (1 / 3, 2 / 3))
    names = [f"up to {low}", f"{low + 1} to {high}" if high > low + 1 else f"{high}", f"over {high}"]
    return names, np.select([values <= low, values <= high], [0, 1], 2)


class Slices:
    """Parts of the scored rows by the user's columns, and by what every text has."""

    def __init__(self, run: FinishedRun) -> None:
        tables = dict(run.sides())
        self.run, self.labels, self.groups = run, run.labels[run.split], run.clustered
        self.right, self.before = (
            tables[side][run.split].argmax(1) == self.labels for side in ("published", "baseline")
        )

    def expected(self) -> dict[str, Any]:
        rows, validation = self.run.rows[self.run.split], self.run.rows["validation"]
        automatic = {
            "class": (self.run.names, self.labels),
            "tokens": thirds(rows["length"], validation["length"]),
            "split words": thirds(rows["broken_words"], validation["broken_words"]),
            "truncated": (["no", "yes"], rows["truncated"].to_numpy().astype(int)),
        }
        own = {}
        for column in [name for name in rows if name.startswith("slice ")]:
            values = rows[column].fillna("(missing)")
            names = sorted(set(values))
            own[column.removeprefix("slice ")] = (names, values.map(names.index).to_numpy())
        counts = pd.Series(self.labels).value_counts()
        return {
            "columns": self._family(own),
            "automatic": self._family(automatic),
            "rare_classes": {
                name: int(counts.get(number, 0))
                for number, name in enumerate(self.run.names)
                if counts.get(number, 0) < RARE
            },
        }

    def _family(self, by: dict[str, tuple[list[str], np.ndarray]]) -> dict[str, Any]:
        parts = [
            (column, name, member == number)
            for column, (names, member) in by.items()
            for number, name in enumerate(names)
            if 0 < (member == number).sum() < len(member)
        ]
        judged = [part for part in parts if self._clusters(part[2]) >= FEWEST]
        slices = [self._slice(*part) for part in judged]
        for each, corrected in zip(slices, holm([each["difference"]["p_value"] for each in slices]), strict=True):
            each["difference"]["p_holm"] = corrected
        worst = min(slices, key=lambda each: (each["accuracy"]["estimate"], -each["rows"]), default=None)
        gaps = [gap for column in by if (gap := self._gap(column, by[column][1], judged))]
        for each, corrected in zip(gaps, holm([each["difference"]["p_value"] for each in gaps]), strict=True):
            each["difference"]["p_holm"] = corrected
        return {"slices": slices, "worst": worst, "gaps": gaps, "too_small": self._too_small(by, parts)}

    def _groupings(self, inside: np.ndarray) -> list[np.ndarray]:
        """Return how a slice's rows are grouped; one cluster that all share says nothing of how they vary."""
        first, *second = self.groups[inside].reshape(inside.sum(), -1).T
        return [first, *(each for each in second if len(set(each)) > 1)]

    def _clusters(self, inside: np.ndarray) -> int:
        return min(len(set(each)) for each in self._groupings(inside))

    def _slice(self, by: str, name: str, inside: np.ndarray) -> dict[str, Any]:
        right, before, groupings = self.right[inside], self.before[inside], self._groupings(inside)
        groups = np.column_stack(groupings)
        change = known(mean_moves(right.astype(float)), groups, mean_moves(before.astype(float)))
        gains = [pd.Series(right.astype(int) - before).groupby(each).sum().to_numpy() for each in groupings]
        return {
            "by": by,
            "slice": name,
            "rows": inside.sum(),
            "groups": self._clusters(inside),
            "accuracy": ends(share(right, groups), self.run.confidence, 0, 1),
            "difference": ends(change, self.run.confidence, clip=(-1, 1))
            | {"p_value": max(t_test(change), *(sign_flip(each)[0] for each in gains))},
        }

    def _gap(self, column: str, member: np.ndarray, judged: list[tuple[str, str, np.ndarray]]) -> dict[str, Any] | None:
        choice = [part for part in judged if part[0] == column]
        if len(choice) < 2:
            return None
        _, name, inside = min(choice, key=lambda part: (self.right[part[2]].mean(), -part[2].sum()))
        tried = 1 if len(set(member)) == 2 else len(choice)
        found = known(two_shares(self.right, inside, np.array([-1, 1])), self.groups)
        return {
            "by": column,
            "slice": name,
            "rows": inside.sum(),
            "others": (~inside).sum(),
            "difference": ends(found, 1 - (1 - self.run.confidence) / tried, clip=(-1, 1))
            | {"p_value": min(tried * t_test(found), 1)},
        }

    def _too_small(self, by: dict[str, Any], parts: list[tuple[str, str, np.ndarray]]) -> list[dict[str, Any]]:
        listed = []
        for column in by:
            rows = {
                name: int(inside.sum())
                for of, name, inside in parts
                if of == column and self._clusters(inside) < FEWEST
            }
            largest = sorted(rows, key=lambda name: -rows[name])
            if rows:
                listed.append(
                    {
                        "by": column,
                        "slices": {name: rows[name] for name in largest[:LISTED]},
                        "more": len(largest[LISTED:]),
                        "rows_of_more": sum(rows[name] for name in largest[LISTED:]),
                    }
                )
        return listed
