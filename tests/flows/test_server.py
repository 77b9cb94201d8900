"""A flow without a server brings its own, which sees the run through."""

import os
import re
import signal
import time

import httpx

from tests.flows.conftest import commands_in


def test_a_flow_without_a_server_starts_one_and_ctrl_c_ends_both_without_a_traceback(stages):
    project = stages("  slow: {cmd: 'echo begun; sleep 30', outs: [x]}\n")
    command = 'unset PREFECT_API_URL; PREFECT_HOME="$PWD/home" exec python -m flows.pipeline'
    run = project.start("setsid", "sh", "-c", command)
    lines = []
    while "- begun" not in "".join(lines):
        lines.append(run.stdout.readline())
        assert run.poll() is None, "".join(lines)
    address = re.search(r"View at (http://127\.0\.0\.1:\d+)", "".join(lines))[1]
    assert httpx.get(f"{address}/api/health").is_success
    before = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)  # Ctrl-C reaches every process of the terminal
    said, _ = run.communicate(timeout=60)
    assert time.monotonic() - before < 30
    assert run.returncode == 130
    assert "slow" in said and "the run was cancelled" in said
    assert "Traceback" not in said and "does not answer" not in said
    assert commands_in(project.folder, "sleep", "prefect") == []
