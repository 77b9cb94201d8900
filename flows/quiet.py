"""Import this before prefect, whose client would otherwise report to its makers; prefect.toml keeps servers from it."""

import os

os.environ.setdefault("DO_NOT_TRACK", "1")
