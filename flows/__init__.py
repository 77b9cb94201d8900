"""Prefect: any dvc.yaml as a flow. `python -m flows.reproduce --help`, `python -m flows.ui --help`."""

import logging
import os

# Prefect's client reads this when it is imported, or reports to its makers; prefect.toml keeps servers from that.
os.environ.setdefault("DO_NOT_TRACK", "1")


def _says_more(record: logging.LogRecord) -> bool:
    """Leave out the traceback that Prefect's engine adds where a run has said in its state why it failed."""
    if record.exc_info and record.exc_info[1] is None:  # which would be logged as NoneType: None
        record.exc_info = None
    return not record.exc_info or type(record.exc_info[1]).__name__ != "FailedRun"


for name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(name).addFilter(_says_more)
