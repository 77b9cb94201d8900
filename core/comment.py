"""The body of a pull request's comment: the report's first screen, what changed, and the figures."""

import re
from collections.abc import Sequence

from core.headline import REPORT
from core.markdown import code
from core.revision import Revision

LIMIT = 60_000  # characters; GitHub refuses more than 65,536
FIGURE = re.compile(r"!\[([^\]]*)\]\((figures/[^)\s]+)\)")


def body(report: str, before: Revision, changes: Sequence[str], links: str | None) -> str:
    """Return the comment as markdown. `links` is where the project's files are read, such as a commit on GitHub."""
    changed = [f"## What changed against {code(before.name)} ({code(before.sha[:10])})", *changes]
    parts = [report.split("\n## ")[0].strip(), *changed, _figures(report, links)]
    parts.append(f"[The whole report]({_link(str(REPORT), links)})")
    return _within(parts)


def _figures(report: str, links: str | None) -> str:
    raw = "?raw=true" if links else ""
    shown = [f"![{alt}]({_link(f'{REPORT.parent}/{path}', links)}{raw})" for alt, path in FIGURE.findall(report)]
    return "\n\n".join(["<details><summary>Figures</summary>", *shown, "</details>"])


def _link(path: str, links: str | None) -> str:
    return f"{links.rstrip('/')}/{path}" if links else path


def _within(parts: Sequence[str]) -> str:
    """Return the parts that fit, in their order; what does not fit is said."""
    kept: list[str] = []
    for part in parts:
        room = LIMIT - 200 - sum(len(each) + 2 for each in kept)
        kept.append(part if len(part) <= room else "A part that is too long for a comment is left out here.")
    return "\n\n".join(kept) + "\n"
