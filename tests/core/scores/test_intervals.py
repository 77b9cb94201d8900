"""Figures with their intervals."""

import subprocess
import sys
from pathlib import Path

from core.scores.intervals import Ends, Interval


def test_an_interval_tells_its_ends():
    assert Interval(estimate=0.5, low=0.4, high=0.6).ends == Ends(low=0.4, high=0.6)


def test_who_merely_shows_intervals_loads_no_scipy():
    code = "import sys; import core.reporting.markdown; sys.exit('scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)
