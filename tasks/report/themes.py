"""Font of figures, and their colours on light and on dark pages: Okabe and Ito's, distinct to colour-blind eyes."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font


class Theme(NamedTuple):
    """What a kind of pages draws figures with."""

    ending: str  # of the file's name
    ground: str
    ink: str
    colours: Sequence[str]


LIGHT = Theme("", "#ffffff", "#1f2328", ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"))
DARK = Theme("-dark", "#0d1117", "#d1d7e0", ("#56B4E9", "#E69F00", "#2FBF95", "#CC79A7", "#F0E442", "#D55E00"))
INKS = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
GROUNDS = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")


def ink() -> str:
    """Return the colour of text of the theme that is being drawn."""
    return str(matplotlib.rcParams["text.color"])


def is_dark() -> bool:
    """Return whether it is the dark theme that is being drawn."""
    return ink() == DARK.ink


def can_draw(text: str) -> bool:
    """Return whether the figures' font has a sign for each character, so that none becomes a box."""
    font = get_font(findfont(FontProperties()))
    return all(font.get_char_index(ord(character)) for character in text)


def save(draw: Callable[[], Figure], folder: Path, name: str) -> None:
    """Write a figure as SVG for light and for dark pages, the same bytes for the same figure."""
    for theme in (LIGHT, DARK):
        colours = dict.fromkeys(INKS, theme.ink) | dict.fromkeys(GROUNDS, theme.ground)
        settings: Any = colours | {"svg.hashsalt": "acclimate", "axes.prop_cycle": cycler(color=theme.colours)}
        with matplotlib.rc_context(settings):
            draw().savefig(folder / f"{name}{theme.ending}.svg", format="svg", metadata={"Date": None})


def picture(folder: Path, name: str, text: str) -> str:
    """Return a figure as a report beside its folder shows it, on a dark page the dark one; `text` says what it is."""
    light, dark = (f"{folder.name}/{name}{theme.ending}.svg" for theme in (LIGHT, DARK))
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
    return f'<picture>{source}<img alt="{escape(text)}" src="{light}"></picture>'
