"""What a pull request shows: the report's first screen, what changed against another git revision, and the figures."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.base import paths, results
from core.base.errors import UserError
from core.base.files import require
from core.base.messages import flat
from core.data.splits import SPLITS
from core.data.validation_counts import SplitCounts, ValidationCounts
from core.reporting.markdown import code, table
from core.scores import metrics as metrics_file
from core.scores.metrics import Metrics
from core.scores.readings import digest
from tasks.params import Params
from tasks.report import change, git_revision
from tasks.report.git_revision import Revision

SHOWN = 40  # rows of a table
HEADLINE = ("split", "primary", "verdict", "published_seed", "baseline", "against")
LIMIT = 60_000  # characters; GitHub refuses more than 65,536
PICTURE = re.compile(r"<picture>.*?</picture>")
FIGURE = re.compile(r'(?<=")figures/[^"]+(?=")')


def comment(before: Revision, used: Params, links: str | None) -> str:
    """Return the comment on a pull request as markdown: what changed against a revision. See `body`."""
    changes = [data(before), parameters(before), metrics(before, metrics_file.read(), used)]
    return body(require(paths.REPORT).read_text(encoding="utf-8"), before, changes, links)


def body(report: str, before: Revision, changes: Sequence[str], links: str | None) -> str:
    """Return the report's first screen, what changed against a revision, and the figures, as markdown.

    `links` is where the project's files are read, such as a commit on GitHub.
    """
    changed = [f"## What changed against {code(before.name)} ({code(before.sha[:10])})", *changes]
    first_screen, _, rest = report.partition("\n## ")  # the page of a validation that refused the data is one screen
    parts = [_shown(first_screen.strip(), links), *changed, _figures(rest, links)]
    parts.append(f"[The whole report]({_link(str(paths.REPORT), links)})")
    return _within(parts)


def _figures(report: str, links: str | None) -> str:
    shown = [_shown(picture, links) for picture in PICTURE.findall(report)]
    return "\n\n".join(["<details><summary>Figures</summary>", *shown, "</details>"])


def _shown(part: str, links: str | None) -> str:
    """Return a part of the report with its figures where the project's files are read."""
    raw = "?raw=true" if links else ""
    return FIGURE.sub(lambda path: f"{_link(f'{paths.REPORT.parent}/{path[0]}', links)}{raw}", part)


def _link(path: str, links: str | None) -> str:
    return f"{links.rstrip('/')}/{path}" if links else path


def _within(parts: Sequence[str]) -> str:
    """Return the parts that fit, in their order; what does not fit is said."""
    kept: list[str] = []
    for part in parts:
        room = LIMIT - 200 - sum(len(earlier) + 2 for earlier in kept)
        kept.append(part if len(part) <= room else "A part that is too long for a comment is left out here.")
    return "\n\n".join(kept) + "\n"


def data(before: Revision) -> str:
    """Return whether the data is the same, and where it is not, the rows of each split before and now."""
    path = paths.RAW_VERSION
    old, new = git_revision.text(before, path), path.read_text(encoding="utf-8") if path.is_file() else None
    versions = [_version(side) if side else "none" for side in (old, new)]
    if versions[0] == versions[1]:
        return f"### Data\n\nThe same: version {code(versions[0])} of `data/raw`."
    rows = [["version of `data/raw`", code(versions[0]), code(versions[1])], *_rows(before)]
    return f"### Data\n\n{table(['', 'before', 'now'], rows)}"


def _version(record: str) -> str:
    """Return what DVC knows the data by, or where it keeps versions elsewhere, as some remotes do, its record's own."""
    try:
        return str(_yaml(record)["outs"][0]["md5"])
    except (YAMLError, LookupError, TypeError):
        return f"record {digest(record)}"


def _rows(before: Revision) -> list[list[str]]:
    with TemporaryDirectory() as folder:
        path = git_revision.fetched(before, paths.VALIDATION_COUNTS, Path(folder))
        sides = [_counted(file) for file in (path, paths.VALIDATION_COUNTS)]
    counts = [[str(side[split].usable) if side else "not at hand" for side in sides] for split in SPLITS]
    return [[f"usable rows of {split}", *both] for split, both in zip(SPLITS, counts, strict=True)]


def _counted(file: Path | None) -> dict[str, SplitCounts]:
    """Return the rows of each split; none where the file is not at hand, or is another version's."""
    try:
        return results.read(file, ValidationCounts).rows if file and file.is_file() else {}
    except UserError:
        return {}


def parameters(before: Revision) -> str:
    """Return the parameters whose value is another one."""
    try:
        old = _yaml(git_revision.text(before, paths.PARAMS) or "{}")
    except YAMLError:
        return f"### Parameters\n\n{_unreadable(before, paths.PARAMS)}"
    new = _yaml(paths.PARAMS.read_text(encoding="utf-8"))
    rows = [[code(name), *map(_value, sides)] for name, *sides in _changed(old, new)]
    return f"### Parameters\n\n{_listed(['parameter', 'before', 'now'], rows, 'No parameter changed.')}"


def _unreadable(before: Revision, path: Path) -> str:
    return f"`{path}` cannot be read at {code(before.name)}: `git show {before.sha[:10]}:./{path}` shows what it holds."


def _yaml(text: str) -> Any:
    return YAML(typ="safe").load(text)  # as DVC reads it: 1e-5 is a number


def metrics(before: Revision, now: Metrics, used: Params) -> str:
    """Return what changed of the figures that the headline rests on, with the interval of the change if possible."""
    text = git_revision.text(before, paths.METRICS)
    if text is None:
        return f"### Metrics\n\n{code(before.name)} has no `{paths.METRICS}`."
    try:
        old = json.loads(text)
    except json.JSONDecodeError:
        return f"### Metrics\n\n{_unreadable(before, paths.METRICS)}"
    rows = [[code(name), *map(_value, sides)] for name, *sides in _changed(_headline(old), _headline(now.model_dump()))]
    listed = _listed(["", "before", "now"], rows, "No metric of the headline changed.")
    return f"### Metrics\n\n{listed}" + (f"\n\n{change.since(before, old, now, used)}" if rows else "")


def _headline(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return what of metrics.json the headline rests on."""
    published = metrics.get("seeds", {}).get(str(metrics.get("published_seed")), {})
    return {name: metrics[name] for name in HEADLINE if name in metrics} | {"published": published.get("scores")}


def _changed(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    before, now = dict(flat(old)), dict(flat(new))
    pairs = [(name, before.get(name, "-"), now.get(name, "-")) for name in now | before]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _value(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.6g}"
    text = "null" if value is None else str(value)
    return code(text if len(text) <= 120 else f"{text[:117]}...")


def _listed(header: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> str:
    more = f"\n\nAnd {len(rows) - SHOWN} more." if len(rows) > SHOWN else ""
    return table(header, rows[:SHOWN]) + more if rows else none
