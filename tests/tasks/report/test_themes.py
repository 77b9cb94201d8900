"""A figure on light and on dark pages."""

from pathlib import Path

from matplotlib.figure import Figure

from tasks.report import themes


def draw() -> Figure:
    figure = Figure()
    figure.subplots().plot([0, 1], [0, 1], color=themes.ink())
    return figure


def test_each_theme_has_its_own_ground_ink_and_colours_and_the_same_bytes_each_time():
    written = []
    for _ in range(2):
        themes.save(draw, Path(), "line")
        written.append([Path(f"line{ending}.svg").read_text() for ending in ("", "-dark")])
    assert written[0] == written[1]
    for text, theme, other in zip(written[0], (themes.LIGHT, themes.DARK), (themes.DARK, themes.LIGHT), strict=True):
        assert theme.ground in text and theme.ink in text
        assert other.ground not in text and other.ink not in text
