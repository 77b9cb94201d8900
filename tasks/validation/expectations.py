"""What rows must satisfy, as one Great Expectations suite, and how each expectation fared."""

from typing import Any, Literal, NamedTuple

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column

from core.data.splits import SPLITS
from core.data.texts import SIDES
from tasks.validation.params import Validation


class Outcome(NamedTuple):
    expectation: str  # in plain words
    column: str | None
    severity: Literal["critical", "warning"]
    passed: bool
    failing: int  # rows; for an expectation of the whole table, what is missing
    row_ids: list[str]


def check(rows: pd.DataFrame, settings: Validation, labels: list[str]) -> list[Outcome]:
    """Return how each expectation fared, in the suite's order.

    `rows` has the columns row_id, split, text (and text_pair for pairs), label, group, key (by which texts are the
    same; null where one is missing) and reason (null where the row is usable).
    """
    expectations = _suite(settings, labels)
    results = _validate(_derived(rows, labels), expectations)
    return [_outcome(expectation, results[str(expectation.description)]) for expectation in expectations]


def _suite(settings: Validation, labels: list[str]) -> list[Expectation]:
    texts = dict(zip(SIDES, ("text", "second text"), strict=True)) if len(settings.texts) == 2 else {"text": "text"}
    return [
        *_of_all_rows(texts),
        *_of_usable_rows(texts, settings, labels),
        *(expectation for split in SPLITS for expectation in _of_classes(split, settings, labels)),
    ]


def _of_all_rows(texts: dict[str, str]) -> list[Expectation]:
    return [
        gxe.ExpectTableColumnsToMatchSet(
            column_set=[*texts, "label", "group"],
            exact_match=False,
            severity="critical",
            description="the columns for text, label and group exist",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="key",
            severity="warning",
            description=f"every row has {'both texts' if len(texts) == 2 else 'a text'}",
        ),
    ]


def _of_usable_rows(texts: dict[str, str], settings: Validation, labels: list[str]) -> list[Expectation]:
    usable: dict[str, Any] = {"row_condition": Column("reason").is_null(), "severity": "critical"}
    low, high = settings.characters.minimum, settings.characters.maximum
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="label", description="every usable row has a label", **usable),
        gxe.ExpectColumnValuesToBeInSet(
            column="label", value_set=labels, description="every label is one of the known labels", **usable
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="label", min_value=2, description="there are at least two classes", **usable
        ),
        *(
            gxe.ExpectColumnValueLengthsToBeBetween(
                column=side,
                min_value=low,
                max_value=high,
                description=f"every {name} has {low} to {high} characters",
                **usable,
            )
            for side, name in texts.items()
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="group_splits", max_value=1, description="no group spans two splits", **usable
        ),
    ]


def _of_classes(split: str, settings: Validation, labels: list[str]) -> list[Expectation]:
    """Two expectations per split however many classes there are: one per class and split takes 3 s for 77 classes."""
    condition = Column("reason").is_null() & (Column("split") == split)
    least = getattr(settings.minimum_rows, split)
    within: dict[str, Any] = {"row_condition": condition, "severity": "critical"}
    return [
        gxe.ExpectColumnDistinctValuesToContainSet(
            column="label", value_set=labels, description=f"{split} has usable rows of every class", **within
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="class_rows",
            min_value=least,
            description=f"each class of {split} has at least {least} usable rows",
            **within,
        ),
    ]


def _derived(rows: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    usable = rows[rows["reason"].isna()]
    of_known_label = usable[usable["label"].isin(labels)]  # an unknown label is a problem of its own
    return rows.assign(
        class_rows=of_known_label.groupby(["split", "label"])["row_id"].transform("size"),
        group_splits=usable.groupby("group")["split"].transform("nunique"),
    )


def _validate(rows: pd.DataFrame, expectations: list[Expectation]) -> dict[str, Any]:
    """Return Great Expectations' results by description: it hands them back in an order of its own."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": rows})
    validated = batch.validate(
        gx.ExpectationSuite(name="validation", expectations=expectations),
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["row_id"]},
    )
    return {result.expectation_config.description: result for result in validated.results}


def _outcome(expectation: Expectation, result: Any) -> Outcome:
    if result.exception_info.get("raised_exception", True):
        raise RuntimeError(f"{expectation.description} could not be checked: {result.exception_info}")
    row_ids = [row["row_id"] for row in result.result.get("unexpected_index_list") or []]
    failing = len(row_ids) or result.result.get("missing_count", 1)
    return Outcome(
        expectation=str(expectation.description),
        column=getattr(expectation, "column", None),
        severity=expectation.severity.value,
        passed=bool(result.success),
        failing=0 if result.success else failing,
        row_ids=row_ids,
    )
