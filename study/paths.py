"""Where the study's files stand, seen from the project's folder."""

from pathlib import Path

CELLS = Path("data/study/cells")
SPARE = Path("data/study/spare")  # cells that the grid left out since
TABLE = Path("reports/study.csv")
CHOOSING = Path("reports/study/choosing.json")
REPORT = Path("reports/study.md")
FIGURES = Path("reports/study_figures")
