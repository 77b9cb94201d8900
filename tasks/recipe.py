"""A recipe: a file with those sections of params.yaml that decide the method, such as the original experiment's.

`python -m tasks.recipe params/distilbert.yaml` puts its sections into params.yaml and leaves all else there as it is.
"""

import sys
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.base import paths
from core.base.errors import UserError, run
from core.base.files import replacing
from core.base.params import Section, read
from core.encoders.params import Model
from tasks.finetuning.params import Finetuning
from tasks.params import Params, load
from tasks.tokenization.params import Tokenization


class Recipe(Section):
    """The sections of params.yaml that decide the method."""

    model: Model
    tokenization: Tokenization
    finetuning: Finetuning


SECTIONS = tuple(Recipe.model_fields)


def is_followed(used: Params, path: Path) -> bool:
    """Return whether every value of a recipe is the one that was used."""
    return path.is_file() and _of(used) == read(path, Recipe)


def _of(used: Params) -> Recipe:
    return Recipe(**{name: getattr(used, name) for name in SECTIONS})


def put(recipe: str, into: str) -> str:
    """Return the text of params.yaml with a recipe's sections, comments included, in the place of its own."""
    recipe_lines, lines = recipe.splitlines(), into.splitlines()
    new, old = blocks(recipe), blocks(into)
    # The last first: the others stay in place.
    for name in sorted(SECTIONS, key=lambda name: old[name].start, reverse=True):
        lines[old[name]] = recipe_lines[new[name]]
    return "\n".join(lines) + "\n"


def blocks(text: str) -> dict[str, slice]:
    """Return the lines of each section of params.yaml."""
    # By lines and not by ruamel's dump: what is not replaced keeps every byte.
    sections, lines = YAML().load(text), text.splitlines()
    starts = [sections.lc.key(name)[0] for name in sections]
    ends = [*starts[1:], len(lines)]
    return {name: slice(start, _last(lines, end)) for name, start, end in zip(sections, starts, ends, strict=True)}


def _last(lines: list[str], end: int) -> int:
    # An empty line, and a comment that is not indented, belong to what comes after them.
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    return end


def take(recipe: Path, path: Path = paths.PARAMS) -> None:
    """Put a recipe's sections into params.yaml. Raises UserError, the file left alone, where either is invalid."""
    of_recipe, used = read(recipe, Recipe), load(path)
    text = put(recipe.read_text(encoding="utf-8"), path.read_text(encoding="utf-8"))
    expected = used.model_copy(update={name: getattr(of_recipe, name) for name in SECTIONS})
    if not _says(text, expected):
        raise UserError(f"{path} is not written one section below another: copy the sections of {recipe} by hand")
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _says(text: str, expected: Params) -> bool:
    try:
        return Params.model_validate(YAML(typ="safe").load(text)) == expected
    except (YAMLError, ValidationError):
        return False


def main(*words: str) -> None:
    recipe = Path(" ".join(words))
    if not recipe.is_file():
        folder = paths.ORIGINAL_RECIPE.parent
        recipes = ", ".join(sorted(map(str, folder.glob("*.yaml")))) or f"none: `git checkout {folder}`"
        raise UserError(f"{f'{recipe} is no recipe;' if words else 'no name given:'} known are {recipes}")
    take(recipe)
    print(f"{paths.PARAMS} follows {recipe}; `git diff {paths.PARAMS}` shows what that changed")


if __name__ == "__main__":
    run(main, *sys.argv[1:])
