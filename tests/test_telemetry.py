"""No tool of this project reports anything to anybody, by the project's own files."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def printed(*command: str) -> str:
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "DO_NOT_"))}
    return subprocess.run(command, cwd=ROOT, env=quiet, check=True, capture_output=True, text=True).stdout.strip()


def test_dvc_reports_nothing():
    assert printed(sys.executable, "-m", "dvc", "config", "core.analytics") == "false"


def test_prefect_reports_nothing():
    code = "from prefect.settings import get_current_settings as s; print(s().server.analytics_enabled)"
    assert printed(sys.executable, "-c", code) == "False"


def test_stages_turn_off_what_their_libraries_would_report():
    code = "import tasks, huggingface_hub.constants as hub; print(hub.HF_HUB_DISABLE_TELEMETRY)"
    assert printed(sys.executable, "-c", code) == "True"
    code = "import tasks, os; print(os.environ['GX_ANALYTICS_ENABLED'], os.environ['DO_NOT_TRACK'])"
    assert printed(sys.executable, "-c", code) == "false 1"
