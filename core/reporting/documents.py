"""Documents from templates: Jinja2, with the forms in which reports write numbers and what comes from the data.

Of what a template makes, an indented line continues the one above, and empty lines in a row become one; in a block of
code everything stays. A name that nobody gives, and a value that is None, stop the document.
"""

import re
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined

from core.base import paths
from core.reporting import markdown

FORMS = (
    markdown.code,
    markdown.plain,
    markdown.percent,
    markdown.points,
    markdown.score,
    markdown.interval,
    markdown.p_value,
    markdown.p_is,
    markdown.short,
)
NUMBERS = {"thousands": "{:,}", "whole": "{:.0f}", "tenths": "{:.1f}", "hundredths": "{:.2f}", "signed": "{:+z.3f}"}


def environment(loader: BaseLoader) -> Environment:
    """Return what reads the templates of a loader."""
    # No autoescape: what comes from the data passes through `code` or `plain`, which know markdown and HTML.
    made = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_known)
    forms = {form.__name__: form for form in FORMS} | {name: form.format for name, form in NUMBERS.items()}
    forms |= {"per_100": lambda share: f"{100 * share:.1f}", "per_1000": lambda share: f"{1000 * share:.0f}"}
    made.filters |= forms
    made.globals |= forms | {"table": markdown.table, "paths": paths}
    return made


def _known(value: Any) -> Any:
    if value is None:
        raise ValueError("a template writes a value that is None")
    return value


def rendered(environment: Environment, name: str, **known: Any) -> str:
    """Return the document that a template makes of what it is given."""
    prose = environment.get_template(name).render(**known).strip().split("\n```")
    return "\n```".join(part if number % 2 else set_as_lines(part) for number, part in enumerate(prose)) + "\n"


def set_as_lines(prose: str) -> str:
    """Return lines of a template as lines of a document."""
    joined = re.sub(r"\n[ \t]+(?=\S)", " ", prose)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<=\S) {2,}(?=\S)", " ", joined))
