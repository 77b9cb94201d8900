"""Classes with fewer rows than validation.minimum_rows asks, and what becomes of them where the run is not to stop."""

import pandas as pd

from core.data.sameness import key
from core.data.splits import SPLITS
from core.data.validation_counts import RareClass
from tasks.validation.params import Validation
from tasks.validation.quarantine import RARE


def rare_classes(rows: pd.DataFrame, labels: list[str], settings: Validation) -> list[str]:
    """Return the labels that have too few usable rows in one split at least."""
    usable = rows[rows["reason"].isna()]
    counts = pd.crosstab(usable["label"], usable["split"]).reindex(index=labels, columns=SPLITS, fill_value=0)
    return [str(label) for label in labels if (counts.loc[label] < pd.Series(settings.minimum_rows.model_dump())).any()]


def settled(
    rows: pd.DataFrame, labels: list[str], rare: list[str], settings: Validation
) -> tuple[pd.DataFrame, list[str], list[RareClass]]:
    """Return rows and labels without the rare classes, left out or merged as validation.rare asks, and what each was.

    A merged class that another spelling of the name has already is that class.
    """
    concerned = rows["reason"].isna() & rows["label"].isin(rare)
    counts, into = rows.loc[concerned, "label"].value_counts(), None
    kept = [label for label in labels if label not in rare]
    if settings.rare == "merge":
        into = next((label for label in labels if key(label) == key(settings.merged)), settings.merged)
        kept = [*kept, *[into] * (into not in kept)]
        rows = rows.assign(label=rows["label"].mask(concerned, into))
    else:
        rows = rows.assign(reason=rows["reason"].mask(concerned, RARE))
    return rows, kept, [RareClass(label=label, rows=int(counts.get(label, 0)), merged_into=into) for label in rare]
