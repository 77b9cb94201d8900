"""docs/metrics.md: every field of metrics.json and forgetting.json, from the descriptions in the code."""

import inspect
from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from core.base import paths
from core.base.results import Result
from core.decision.scoring import METRICS, ByMetric
from core.reporting.markdown import table
from core.scores.choice import Choice
from core.scores.forgetting import ForgettingScores
from core.scores.metrics import Metrics, OfEachSide

INTRODUCTION = """# What metrics.json and forgetting.json hold

Every field, from its description in the code: `make schema` writes this file and the JSON Schemas beside the reports.
[report.md](report.md) says how the numbers are to be read. In the names of places, `<metric>` stands for each of the
metrics, `<side>` for `baseline` and `finetuned`, `<name>` for a name of the run, and `[]` for each entry of a list."""
PLAIN: dict[Any, str] = {float: "number", int: "whole number", bool: "true or false", str: "text", NoneType: "null"}


def text() -> str:
    """Return the document as markdown."""
    parts = [INTRODUCTION, _metrics()]
    for path, kind in ((paths.METRICS, Metrics), (paths.CHOICE, Choice), (paths.FORGETTING, ForgettingScores)):
        parts.append(f"## {path}")
        places: dict[type[Result], list[str]] = {}
        for place, block in blocks(kind, ""):
            places.setdefault(block, []).append(place)
        parts += [_block(block, where) for block, where in places.items()]
    return "\n\n".join(parts) + "\n"


def _metrics() -> str:
    rows = [
        [f"`{name}`", metric.title, "higher" if metric.higher_is_better else "lower", _description(ByMetric, name)]
        for name, metric in METRICS.items()
    ]
    return (
        "## The metrics\n\nWhere a value stands for each metric, these are their names.\n\n"
        f"{table(['metric', 'in the report', 'better is', 'what it is'], rows)}"
    )


def _description(kind: type[Result], field: str) -> str:
    return " ".join((kind.model_fields[field].description or "").split())


def blocks(kind: Any, place: str) -> Iterator[tuple[str, type[Result]]]:
    """Yield every model within a type, itself first, with the place at which it stands."""
    if not inspect.isclass(kind) or not issubclass(kind, Result):
        origin = get_origin(kind)
        within = f"{place}.<name>" if origin is dict else f"{place}[]" if origin is list else place
        for inner in get_args(kind):
            yield from blocks(inner, within)
    elif shared := _shared(kind):
        yield from blocks(shared[0], f"{place}.<{shared[1]}>")
    else:
        yield place, kind
        for name, field in kind.model_fields.items():
            yield from blocks(field.annotation, f"{place}.{name}" if place else name)


def _shared(kind: type[Result]) -> tuple[Any, str] | None:
    """Return what a type holds for each metric, or each side, and which of the two; None where it is of neither."""
    generic = kind.__pydantic_generic_metadata__
    for shared, each in ((ByMetric, "metric"), (OfEachSide, "side")):
        if generic["origin"] is shared:
            return generic["args"][0], each
    return None


def _block(kind: type[Result], places: list[str]) -> str:
    fields = kind.model_fields.items()
    rows = [[f"`{name}`", _type(field.annotation), _description(kind, name)] for name, field in fields]
    heading = kind.__name__ if any(places) else "The whole file"
    where = f"At {', '.join(f'`{place}`' for place in places)}.\n\n" if any(places) else ""
    about = inspect.cleandoc(kind.__doc__ or "")
    return f"### {heading}\n\n{where}{about}\n\n{table(['field', 'type', 'what it is'], rows)}"


def _type(kind: Any) -> str:
    if kind in PLAIN:
        return PLAIN[kind]
    if inspect.isclass(kind) and issubclass(kind, Result):
        shared = _shared(kind)
        return f"for each {shared[1]}: {_type(shared[0])}" if shared else kind.__name__
    parts = [f"*{each}*" if get_origin(kind) is Literal else _type(each) for each in get_args(kind)]
    if get_origin(kind) is dict:
        return f"by name: {parts[1]}"
    return f"list of {parts[0]}" if get_origin(kind) is list else " or ".join(parts)
