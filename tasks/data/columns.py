"""Which columns hold texts, labels and groups, as the command line names them."""

from pathlib import Path
from shlex import quote
from typing import NamedTuple

from core.base.errors import UserError
from core.base.messages import shortened
from tasks.validation.delimited import no_header
from tasks.validation.file_formats import Content, contents
from tasks.validation.params import Validation


class Given(NamedTuple):
    """What the command line names."""

    files: list[Path]
    text: str  # empty where it is not named; of a sentence pair both, with a comma between
    label: str
    group: str

    def texts(self, names: list[str]) -> list[str]:
        """Return the columns of the texts, of a file with columns of these names: they may have commas in their own."""
        if self.text in names:
            return [self.text]
        parts = self.text.split(",")
        pairs = [[",".join(half).strip() for half in (parts[:at], parts[at:])] for at in range(1, len(parts))]
        return next((pair for pair in pairs if set(pair) <= set(names)), [part.strip() for part in parts])


def with_columns(settings: Validation, given: Given, path: Path, of_sample: bool = False) -> Validation:
    """Return the settings with the columns that are named.

    Cluster and slices stay where texts and labels do and the file has them, but not the sample's: in other data a
    column may bear such a name by chance.

    Raises UserError with all columns of the file, and a proposal, where one is not named or not there.
    """
    content = contents(path, settings.read)
    texts = given.texts(content.names)
    named = [name for name in (*texts, given.label, given.group) if name]
    unknown = [name for name in named if name not in content.names]
    if unknown and content.lacks_header:
        raise UserError(f"{path}: {no_header(content.names)}")
    if not given.text or not given.label or unknown:
        raise UserError(_not_named(given, path, content, unknown))
    if twice := {name for name in named if named.count(name) > 1}:
        raise UserError(f"TEXT, LABEL and GROUP name {', '.join(map(repr, twice))} twice: each is a column of its own")
    same = not of_sample and settings.texts == texts and settings.label == given.label
    others = [name for name in content.names if same and name not in (*texts, given.label)]
    return settings.model_copy(
        update={
            "text": texts if len(texts) > 1 else texts[0],
            "label": given.label,
            "group": given.group or None,
            "cluster": settings.cluster if settings.cluster in others and settings.cluster != given.group else None,
            "slices": [name for name in settings.slices if name in others],
        }
    )


def _not_named(given: Given, path: Path, content: Content, unknown: list[str]) -> str:
    values = {name: [str(value) for value in content.values(name)[:1000]] for name in content.names}
    samples = ", ".join(f"{name} ({shortened(cells[0]) if cells else 'empty'})" for name, cells in values.items())
    wrong = f"there is no column {', '.join(map(repr, unknown))}" if unknown else "name the columns of texts and labels"
    return f"{wrong}; {path} has {samples}{_proposed(given, values)}"


def _proposed(given: Given, values: dict[str, list[str]]) -> str:
    """Return a command that names columns of those that there are, or nothing where there is but one."""
    texts = given.texts(list(values))
    if not set(texts) <= set(values):
        left = [name for name in values if name not in (given.label, given.group)]
        texts = sorted(left, key=lambda name: sum(map(len, values[name])))[-1:]
    others = [name for name in values if name not in (*texts, given.group)]
    if not texts or not others:
        return ""
    label = given.label if given.label in others else min(others, key=lambda name: _likeness(values[name]))
    group = f" GROUP={quote(given.group)}" if given.group in values else ""
    files = quote(" ".join(map(str, given.files)))
    command = f"make data FILES={files} TEXT={quote(','.join(texts))} LABEL={quote(label)}{group}"
    shared = [name for name in others if name != label and _is_shared(values[name])]
    most = max(
        shared, key=lambda name: len(set(values[name])), default=""
    )  # of few values is a ward, of many a patient
    hint = f"; add GROUP={quote(most)} if rows of one {most} must stay together" if most else ""
    return f". Maybe `{command}`{'' if group else hint}"


def _is_shared(cells: list[str]) -> bool:
    """Whether a column looks like what rows share, such as a patient: values that recur, neither few nor unique."""
    return len(set(cells)) > 1 and 0.1 <= len(set(cells)) / len(cells) <= 0.9


def _likeness(cells: list[str]) -> tuple[bool, int]:
    """Return what is lowest for the column that is most likely the label: few values, and more than one."""
    return len(set(cells)) < 2, len(set(cells))
