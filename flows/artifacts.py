"""What a stage shows in the Prefect UI: its metrics as a table, its documents with their figures, its failure."""

import base64
import mimetypes
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from ruamel.yaml import YAML

from core.messages import flat
from flows.graph import Stage
from flows.workspace import Log

IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def key(*parts: str) -> str:
    """Return an artifact's key, the same in every run, so that the UI keeps its history."""
    return re.sub("[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def shown(log: Log, create: Callable[..., Any], **content: Any) -> Any:
    """Return what creating an artifact returns; a server that does not answer costs the artifact, not the stage."""
    try:
        return create(**content)
    except (httpx.HTTPError, OSError, RuntimeError) as error:
        log.warning("an artifact is not shown: %s: %s", type(error).__name__, error)
        return None


def publish(stage: Stage, folder: Path, log: Log) -> None:
    """Show what dvc.yaml says that the stage has to show: its metrics, and the documents in its `meta:`."""
    for name in stage.metrics:
        rows = table(folder / name, stage.meta.headline)
        shown(log, create_table_artifact, key=key(str(Path(name).with_suffix(""))), table=rows, description=stage.desc)
    for name in stage.meta.markdown:
        if not (folder / name).is_file():
            log.warning("%s stands in the meta: of %s, and is no file", name, stage.name)
            continue
        text = with_figures(folder / name)
        shown(log, create_markdown_artifact, key=key(str(Path(name).with_suffix(""))), markdown=text, description=name)


def publish_failure(stage: Stage, error: str, log: Log) -> None:
    """Show why a stage failed, where a reader of the run looks first."""
    text = f"# {stage.name} failed\n\n{stage.desc}\n\n```text\n{error.replace('```', '` ` `')}\n```\n"
    shown(log, create_markdown_artifact, key=key(stage.name, "failure"), markdown=text, description=stage.desc)


def table(path: Path, headline: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row a metric: those that the headline names, in its order, or all."""
    read = YAML(typ="safe").load(path)  # JSON is YAML; as DVC reads it, 1e-5 is a number
    found = {name or "value": value for name, value in flat(read) if not isinstance(value, list | dict)}
    names = [name for each in headline for name in found if name == each or name.startswith(f"{each}.")]
    return [{"metric": name, "value": found[name]} for name in (names if headline else found)]


def with_figures(path: Path) -> str:
    """Return a markdown document that carries its own images, which the UI could not fetch otherwise."""

    def embedded(image: re.Match[str]) -> str:
        file = path.parent / image[2]
        kind = mimetypes.guess_type(file.name)[0]
        if not file.is_file() or not kind:
            return image[0]
        return f"![{image[1]}](data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()})"

    return IMAGE.sub(embedded, path.read_text(encoding="utf-8"))
