"""The process that forks needs nothing of the project, and ends with whoever started it."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from flows import dvc_forks


def test_it_runs_commands_from_a_folder_of_its_own_and_ends_with_its_socket(tmp_path):
    script = shutil.copy(dvc_forks.__file__, tmp_path)
    requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen([sys.executable, "-P", script], stdin=theirs.fileno(), cwd=tmp_path)
    stdout, writer = os.pipe()
    reply, answers = os.pipe()
    request = json.dumps([str(tmp_path), ["dvc", "--version"], dict(os.environ)]).encode()
    with requests:
        descriptors = [writer, os.dup(writer), answers]
        socket.send_fds(requests, [request], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        with os.fdopen(stdout) as said, os.fdopen(reply, "rb") as told:
            assert said.read().strip() == subprocess.check_output(["dvc", "--version"], text=True).strip()
            pid, status = (int.from_bytes(told.read(4), sys.byteorder, signed=True) for _ in range(2))
    assert pid > 0 and status == 0
    assert process.wait(240) == 0
    assert [each.name for each in Path(tmp_path).iterdir()] == ["dvc_forks.py"]
