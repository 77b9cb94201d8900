"""Prefect: any dvc.yaml as a flow. `python -m flows.reproduce --help`, `python -m flows.ui --help`."""

import os

# Prefect's client reads this when it is imported, or reports to its makers; prefect.toml keeps servers from that.
os.environ.setdefault("DO_NOT_TRACK", "1")
