"""Learning curves of which all is known, as a study would measure them: regular ones, and ill-behaved ones."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.curves.fits import Values
from study.curves.resamples import Points

FIRST = 16  # labels of the smallest size
Curve = Callable[[Values], Values]


@dataclass(frozen=True)
class Kind:
    """A kind of curves, and how one is drawn."""

    name: str
    draw: Callable[[np.random.Generator], Curve]


def power_law(generator: np.random.Generator) -> Curve:
    """Return a power law, as POW4."""
    top, drop = generator.uniform([0.7, 0.1], [0.98, 0.45])
    power, shift = generator.uniform([0.15, 0], [1.2, 60])
    return lambda labels: top - drop * ((labels + shift) / (FIRST + shift)) ** -power


def slow_start(generator: np.random.Generator) -> Curve:
    """Return a curve that rises slowly, then faster, then slowly, as MMF4."""
    top, drop, power = generator.uniform([0.7, 0.1, 0.4], [0.98, 0.45, 2])
    half = np.exp(generator.uniform(np.log(20), np.log(1500)))
    return lambda labels: top - drop / (1 + (labels / half) ** power)


def logarithmic(generator: np.random.Generator) -> Curve:
    """Return a curve that gains as much with every doubling and shows no top."""
    start, rise = generator.uniform([0.45, 0.01], [0.6, 0.065])
    return lambda labels: start + rise * np.log(labels / FIRST)


def sudden(generator: np.random.Generator) -> Curve:
    """Return a curve that is level, then rises within a few doublings."""
    start, top, width = generator.uniform([0.5, 0.75, 0.15], [0.6, 0.95, 0.6])
    half = np.exp(generator.uniform(np.log(60), np.log(1000)))
    return lambda labels: start + (top - start) / (1 + np.exp(-np.log(labels / half) / width))


def dipping(generator: np.random.Generator) -> Curve:
    """Return a power law with a dip of up to 5 points somewhere."""
    regular, depth = power_law(generator), generator.uniform(0.01, 0.05)
    place = np.exp(generator.uniform(np.log(30), np.log(900)))
    return lambda labels: regular(labels) - depth * np.exp(-((np.log(labels / place) / 0.4) ** 2))


def level(generator: np.random.Generator) -> Curve:
    """Return a level curve."""
    score = generator.uniform(0.5, 0.9)
    return lambda labels: score + 0 * labels


KINDS = [
    Kind("power law", power_law),
    Kind("slow start", slow_start),
    Kind("logarithmic", logarithmic),
    Kind("sudden", sudden),
    Kind("with a dip", dipping),
    Kind("level", level),
]


def measured(curve: Curve, generator: np.random.Generator) -> Points:
    """Return a curve as a study measures it, with a pool of 300 to 3,000 labels: the full size once, without scatter.

    Draws are nested, and all are parts of one pool: their errors are a random walk over the labels that ends in 0.
    """
    pool = int(np.exp(generator.uniform(np.log(300), np.log(3000))))
    labels = np.array(sorted({16, 32, 64, 128, pool // 4, pool // 2, pool}), dtype=np.float64)
    scatter, power = generator.uniform([0.01, 0.3], [0.06, 0.8])  # of the first size, and how fast it shrinks
    draws = np.where(labels < 128, 10, 5)
    steps = np.sqrt(np.diff(labels, prepend=0)) * generator.normal(size=(10, len(labels)))
    walks = steps.cumsum(1)
    bridges = walks - labels / pool * walks[:, -1:]
    errors = bridges / labels * np.sqrt(FIRST) * scatter * (labels / FIRST) ** (0.5 - power)
    values = [
        {number: float(curve(labels)[size] + errors[number, size]) for number in range(draws[size])}
        for size in range(len(labels))
    ]
    values[-1] = {0: float(curve(labels)[-1])}
    return Points(
        sizes=[f"{count:g}" for count in labels],
        labels=labels,
        values=values,
        rows=[np.zeros(2)] * len(labels),
        overlaps=labels / pool,
        groups=[np.array(["0", "1"])],
        most=1.0,
    )
