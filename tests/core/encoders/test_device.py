"""A device and a precision that this machine has."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.encoders.device import be_deterministic, device, device_name, has_bf16, precision, take_card
from tests.conftest import ROOT

CPUINFO = Path("/proc/cpuinfo")


def test_the_device_computes():
    assert torch.ones(2, device=device()).sum().item() == 2


@pytest.mark.skipif(not CPUINFO.is_file() or device().type != "cpu", reason="no CPU under Linux")
def test_bf16_is_used_where_the_processor_says_that_it_multiplies_in_it():
    flags = CPUINFO.read_text(encoding="utf-8").split()
    assert has_bf16() == bool({"amx_bf16", "avx512_bf16"}.intersection(flags))
    if has_bf16():
        ones = torch.ones(4, 4, dtype=torch.bfloat16, device=device())
        assert (ones @ ones == 4).all()


def test_device_and_precision_have_a_name():
    assert device_name() == "cpu" or device().type != "cpu"
    assert precision() == ("bfloat16" if has_bf16() else "float32")


HOLD = "import sys; from pathlib import Path; "
HOLD += "from core.encoders.device import take_card; print(take_card(2, Path(sys.argv[1]))); "
HOLD += "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], flush=True); sys.stdin.read()"


def test_two_stages_take_a_card_each_and_give_it_back_however_they_end(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def hold() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def said(process: subprocess.Popen[str]) -> list[str]:
        assert process.stdout
        return [process.stdout.readline().strip() for _ in range(2)]

    first = hold()
    assert said(first) == ["0", "0"]
    second = hold()
    assert said(second) == ["1", "1"]
    first.kill()
    first.wait()
    third = hold()
    assert said(third) == ["0", "0"]
    for process in (second, third):
        process.communicate()
    first.communicate()


def test_a_choice_of_the_users_stands_and_one_card_is_no_choice(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert take_card(1, tmp_path) is None
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert take_card(2, tmp_path) is None


def test_on_a_cpu_determinism_costs_nothing_as_it_is_there_already():
    be_deterministic()
    assert torch.are_deterministic_algorithms_enabled() == (device().type != "cpu")
    torch.use_deterministic_algorithms(False)
