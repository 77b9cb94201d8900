"""Machines of different speed write different files, and a file says whose it is."""

from pathlib import Path

import pytest
import torch

from benchmarks import processor, speed

UNITS = [({"amx_bf16": True, "avx512_bf16": True}, "amx_bf16"), ({"avx512_bf16": True}, "avx512_bf16")]


@pytest.mark.parametrize(("capabilities", "unit"), UNITS)
def test_a_processor_is_of_the_kind_of_what_multiplies_bfloat16(monkeypatch, capabilities, unit):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert processor.kind() == unit
    assert processor.described() == f"{processor.central()} (bfloat16: {unit})"


def test_a_processor_without_bfloat16_is_of_the_kind_of_its_widest_unit(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert processor.kind() == torch.backends.cpu.get_cpu_capability().lower()
    assert processor.described() == f"{processor.central()} (bfloat16: none)"


def test_a_processor_is_called_what_its_maker_calls_it(monkeypatch, tmp_path):
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: AMD EPYC 9R14\nmodel name\t: AMD EPYC 9R14\n", encoding="utf-8")
    monkeypatch.setattr(processor, "CPUINFO", told)
    assert processor.central() == "AMD EPYC 9R14"
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "nowhere")
    assert processor.central()


def test_a_card_is_a_kind_of_its_own(monkeypatch):
    monkeypatch.setattr(processor, "device", lambda: torch.device("cuda"))
    monkeypatch.setattr(processor, "device_name", lambda: "NVIDIA H100 80GB HBM3")
    assert processor.kind() == "nvidia_h100_80gb_hbm3"
    assert processor.described() == "NVIDIA H100 80GB HBM3"


def test_committed_results_lie_where_the_command_writes_them():
    folder = Path(speed.__file__).parents[1] / speed.RESULTS
    assert {path.stem for path in folder.glob("*.md")} >= {"avx2", "avx512_bf16"}
