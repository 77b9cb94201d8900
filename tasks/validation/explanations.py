"""What a failed expectation means to whoever has to mend the data."""

import difflib

import pandas as pd

from core.base.messages import capped, listed, shortened
from core.data.sameness import key
from core.data.texts import SIDES
from tasks.validation import too_few_rows
from tasks.validation.expectations import Outcome
from tasks.validation.params import Validation
from tasks.validation.spellings import visible

FEW_UNKNOWN = 20  # labels that are named one by one


def explain(
    outcomes: list[Outcome], rows: pd.DataFrame, settings: Validation, labels: list[str], split_here: bool = False
) -> list[str]:
    """Return the problems behind every failed critical expectation: what, where, which value, and what to do."""
    problems: list[str] = []
    for outcome in outcomes:
        if outcome.severity == "critical" and not outcome.passed:
            failing = rows[rows["row_id"].isin(outcome.row_ids)]
            match outcome.column:
                case "label" if doubt := _not_the_label(failing, rows, settings, labels):
                    problems.append(doubt)
                case "label" if outcome.row_ids:
                    problems += _by_row(failing, settings.label, _label_faults(failing, settings, labels))
                case "text" | "text_pair" as side:
                    column = settings.texts[SIDES.index(side)]
                    problems += _by_row(failing, column, _length_faults(failing[side], settings))
                case "group_splits":
                    problems += _by_row(failing, str(settings.group), _group_faults(failing))
                case _:
                    problems += too_few_rows.problems(rows, settings, labels, split_here) or [
                        f"not so: {outcome.expectation}"
                    ]
    return list(dict.fromkeys(problems))


def _by_row(rows: pd.DataFrame, column: str, faults: list[str]) -> list[str]:
    """Return one problem for each different fault, placed at the first row that has it."""
    problems = []
    for fault, same in rows.assign(fault=faults).groupby("fault", sort=False):
        first, others = same.iloc[0], list(same["row_id"][1:])
        also = f" (and {len(others)} more: {listed(others)})" if others else ""
        problems.append(f"{first['place']} ({first['row_id']}), column {column}: {fault}{also}")
    return capped(problems)


def _not_the_label(failing: pd.DataFrame, rows: pd.DataFrame, settings: Validation, labels: list[str]) -> str | None:
    """Return the one problem of a column that holds something else than the labels, or null where it holds labels."""
    unknown = failing.loc[~failing["label"].isin(labels), "label"].dropna()
    usable = int(rows["reason"].isna().sum())
    if settings.labels is None or unknown.nunique() <= FEW_UNKNOWN or len(unknown) <= usable / 2:
        return None
    return (
        f"column {settings.label} is probably not the label: {len(unknown)} of {usable} usable rows hold "
        f"{unknown.nunique()} other values ({listed([shortened(value) for value in unknown.unique()])}) than "
        f"validation.labels ({listed([shortened(label) for label in labels])}): set validation.label in params.yaml to "
        "the column that holds the class, or validation.labels to null for the labels found in train"
    )


def _label_faults(rows: pd.DataFrame, settings: Validation, labels: list[str]) -> list[str]:
    return [_label_fault(label, settings, labels) for label in rows["label"].astype(object)]


def _label_fault(label: object, settings: Validation, labels: list[str]) -> str:
    if not isinstance(label, str):
        return "the label is empty: write one, or delete the row"
    known_by_key = {key(known): known for known in labels}
    nearest = [known_by_key[match] for match in difflib.get_close_matches(key(label), known_by_key, n=1)]
    hint = f" (did you mean {visible(nearest[0])}?)" if nearest else ""
    if settings.labels is None:
        return f"train has no label {visible(label)}{hint}: correct it, or add training rows of that label"
    return f"{visible(label)} is not among validation.labels{hint}: correct it, or add it there in params.yaml"


def _length_faults(texts: pd.Series, settings: Validation) -> list[str]:
    least, most = settings.characters.minimum, settings.characters.maximum
    return [
        f"{shortened(text)} is shorter ({len(text)}) than validation.characters.minimum ({least}): "
        "delete the row, or lower the minimum in params.yaml"
        if len(text) < least
        else f"{shortened(text)} is longer ({len(text)}) than validation.characters.maximum ({most}): maybe a "
        "quotation mark is not closed there; otherwise shorten it, or raise the maximum in params.yaml"
        for text in texts
    ]


def _group_faults(rows: pd.DataFrame) -> list[str]:
    splits = rows.groupby("group")["split"].unique().map(", ".join)
    return [
        f"group {shortened(group)} spans {splits[group]}: move all its rows to one of them, "
        "or put everything into one file, which is then split by group"
        for group in rows["group"]
    ]
