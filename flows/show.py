"""What a stage shows in the Prefect UI: its metrics, its documents with their figures, its progress, its failure."""

import base64
import hashlib
import json
import mimetypes
import re
import time
import tomllib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from prefect.logging import get_run_logger
from ruamel.yaml import YAML

from core.base.messages import flat
from flows.dvc_project import Stage
from flows.project_name import project_name
from flows.tables import fitted, letters

IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
PICTURE = re.compile(r'<picture>.*?<img alt="([^"]*)" src="([^"]+)"></picture>')  # for light and dark pages
BAR = re.compile(r"(?P<done>\d+)%")  # what progress bars have in common
RUNS_BEFORE = 5  # whose values stand beside a metric
PAUSE = 1.0  # seconds between two updates of a progress artifact


def key(folder: Path, *parts: str) -> str:
    """Return an artifact's key, the same in every run of the project, so that the UI keeps its history."""
    said = "-".join([project_name(folder), *parts])
    plain = re.sub("[^a-z0-9]+", "-", said.lower()).strip("-")
    if said.isascii():
        return plain
    digest = hashlib.sha256(said.encode(errors="surrogateescape")).hexdigest()[:8]  # letters that no key may have
    return f"{plain}-{digest}".strip("-")


def created(create: Callable[..., Any], **content: Any) -> Any:
    """Return what creating an artifact returns.

    A server that does not answer, and a file of somebody's that cannot be shown, cost the artifact and not the stage.
    """
    try:
        return create(**content)
    except Exception as error:
        get_run_logger().warning("an artifact is not shown: %s: %s", type(error).__name__, error)
        return None


def show_results(stage: Stage, folder: Path) -> None:
    """Show what dvc.yaml says that the stage has to show: its metrics, and the documents in its `meta:`."""
    for name in stage.metrics:
        created(_show_metrics, stage=stage, file=folder / name, key=key(folder, name))
    for name in stage.meta.markdown:
        if not (folder / name).is_file():
            get_run_logger().warning("%s stands in the meta: of %s, and is no file", name, stage.name)
            continue
        created(_show_document, file=folder / name, key=key(folder, name), description=name)


def _show_metrics(stage: Stage, file: Path, key: str) -> None:
    rows = with_history(metrics_table(file, stage.meta.headline), key)
    create_table_artifact(key=key, table=rows, description=stage.desc)


def _show_document(file: Path, key: str, description: str) -> None:
    create_markdown_artifact(key=key, markdown=fitted(with_figures(file)), description=description)


def show_link(folder: Path, name: str, address: str, text: str) -> None:
    """Show where a run's commit or pull request is."""
    created(create_link_artifact, key=key(folder, name), link=address, link_text=text)


def show_failure(stage: Stage, folder: Path, error: str) -> None:
    """Show why a stage failed, where a reader of the run looks first."""
    text = f"# {stage.name} failed\n\n{stage.desc}\n\n```text\n{error.replace('```', '` ` `')}\n```\n"
    created(create_markdown_artifact, key=key(folder, stage.name, "failure"), markdown=text, description=stage.desc)


def metrics_table(path: Path, headline: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row a metric: those that the headline names, in its order, or all."""
    return [{"metric": name, "value": value} for name, value in metrics_in(path, headline).items()]


def with_history(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return the rows with the values that the artifact had in the last runs, the latest first, as far as they fit."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    try:
        with get_client(sync_client=True) as client:
            artifacts = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=RUNS_BEFORE)
    except (httpx.HTTPError, RuntimeError):  # which costs the history, and is told where the artifact is created
        artifacts = []
    before = [{row["metric"]: str(row["value"]) for row in json.loads(str(artifact.data))} for artifact in artifacts]
    room = letters(3) - sum(max(len(str(row[column])) for row in rows) for column in ("metric", "value")) if rows else 0
    return [
        row | {"before": _as_many([each[row["metric"]] for each in before if row["metric"] in each], room)}
        for row in rows
    ]


def _as_many(values: Sequence[str], room: int) -> str:
    """Return the first of the values that there is room for."""
    shown = [", ".join(values[:number]) for number in range(len(values) + 1)]
    return max((text for text in shown if len(text) <= room), key=len, default="")


def metrics_in(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return a file's metrics by name: those that are named or below a name, in its order, or all."""
    # JSON is YAML; as DVC reads it, 1e-5 is a number
    content = tomllib.loads(path.read_text("utf-8")) if path.suffix == ".toml" else YAML(typ="safe").load(path)
    values = ((name or "value", value) for name, value in flat(content) if not isinstance(value, list | dict))
    metrics = {name: value if isinstance(value, bool | int | float | None) else str(value) for name, value in values}
    named = [each for name in names for each in metrics if each == name or each.startswith(f"{name}.")]
    return {name: metrics[name] for name in (named if names else metrics)}


def with_figures(path: Path) -> str:
    """Return a markdown document that carries its own images, which the UI could not fetch otherwise."""

    def embedded(image: re.Match[str]) -> str:
        file = path.parent / image[2]
        kind = mimetypes.guess_type(file.name)[0]
        if not file.is_file() or not kind:
            return image[0]
        return f"![{image[1]}](data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()})"

    text = PICTURE.sub(r"![\1](\2)", path.read_text(encoding="utf-8"))  # the light one: the UI has a theme of its own
    return IMAGE.sub(embedded, text)


class Progress:
    """The share of a stage that is done, read from its lines and shown as a progress artifact."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.pattern = re.compile(stage.meta.progress) if stage.meta.progress else None
        self.artifact: UUID | None = None
        self.shown = (-1.0, 0.0)  # percent, when

    def read(self, line: str, is_redrawn: bool) -> None:
        counts = self.pattern.search(line) if self.pattern else None
        if counts:
            with suppress(ValueError, ZeroDivisionError, TypeError):  # a line that only looks like one of progress
                done, total = (float(number) for number in counts.groups())
                self.show(100 * done / total)
        elif is_redrawn and not self.pattern and (bar := BAR.search(line)):
            self.show(float(bar["done"]))

    def show(self, percent: float) -> None:
        """Show the share in the UI: at once where it is the first or the last, otherwise not more often than needed."""
        before, when = self.shown
        if percent == before or (percent < 100 and time.monotonic() - when < PAUSE):
            return
        self.shown = (percent, time.monotonic())
        if self.artifact is None:
            self.artifact = created(
                create_progress_artifact, progress=percent, key=key(self.folder, self.stage.name, "progress")
            )
        else:
            created(update_progress_artifact, artifact_id=self.artifact, progress=percent)
