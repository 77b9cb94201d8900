"""A recipe: a file with those sections of params.yaml that decide the method, such as the original experiment's.

`python -m tasks.recipe params/distilbert.yaml` puts its sections into params.yaml and leaves all else there as it is.
"""

import sys
from pathlib import Path

from pydantic import ValidationError

from core.base import paths
from core.base.errors import UserError, run
from core.base.params import Section, read
from core.encoders.params import Model
from tasks import params_file
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


def take(recipe: Path, path: Path = paths.PARAMS) -> None:
    """Put a recipe's sections into params.yaml. Raises UserError, the file left alone, where either is invalid."""
    of_recipe, used = read(recipe, Recipe), load(path)
    text = params_file.with_sections(path.read_text(encoding="utf-8"), recipe.read_text(encoding="utf-8"), SECTIONS)
    try:
        expected = Params.model_validate(dict(used) | dict(of_recipe))
    except ValidationError as error:
        said = [fault["msg"].removeprefix("Value error, ") for fault in error.errors()]
        raise UserError(*(f"{path} with the sections of {recipe}: {each}" for each in said)) from None
    params_file.replace(path, text, expected, f"copy the sections of {recipe} by hand")


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
