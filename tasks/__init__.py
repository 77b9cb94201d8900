"""A package per stage: `python -m tasks.<stage>`."""

import os
import signal
import sys

if sys.argv[0] == "-m":  # a stage, about to start: Ctrl-C ends it at once, where Python would show a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

# Nobody's data or habits leave the machine. Libraries read these when they are first imported, so they stand here.
for _name, _value in {
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TORCH_CPP_LOG_LEVEL": "ERROR",  # processes on one machine need no name of it, and would warn that it has none
}.items():
    os.environ.setdefault(_name, _value)
