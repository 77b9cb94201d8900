"""packages.yaml says what is installed, or DVC records nothing."""

from importlib.metadata import version
from pathlib import Path

import pytest

from core.base import packages
from core.base.errors import UserError, run

NUMPY = version("numpy")
DVC = """
stages:
  first: {cmd: a, params: [seed, packages.yaml: [numpy]]}
  many: {foreach: [1], do: {cmd: a, params: [packages.yaml: [numpy, torch]]}}
  every: {cmd: a, params: [{packages.yaml: null}]}
  none: {cmd: a, params: [seed]}
"""


def write(text: str) -> None:
    Path("packages.yaml").write_text(text, encoding="utf-8")


def read() -> str:
    return Path("packages.yaml").read_text(encoding="utf-8")


def test_what_is_installed_is_written_and_what_that_changed_is_said():
    write('# of all\nnumpy: "1.0" # arrays\n\nno-such-package: "2.0"\ntorch: 2.0\n')
    torch = version("torch").partition("+")[0]
    assert packages.refresh() == [f"numpy 1.0 -> {NUMPY}", "no-such-package 2.0 -> none", f"torch 2.0 -> {torch}"]
    assert read() == f'# of all\nnumpy: "{NUMPY}" # arrays\n\nno-such-package: "none"\ntorch: "{torch}"\n'


def test_a_file_that_is_true_is_left_alone():
    write(f'numpy: "{NUMPY}"\n')
    before = Path("packages.yaml").stat().st_mtime_ns
    assert packages.refresh() == [] and Path("packages.yaml").stat().st_mtime_ns == before


def test_a_version_without_its_quotation_marks_is_written_as_text_again():
    write(f"numpy: {NUMPY}\n")  # 2.10 would be 2.1 to DVC
    assert packages.refresh() == [] and read() == f'numpy: "{NUMPY}"\n'


def test_a_build_for_another_device_is_the_same_version():
    assert "+" not in packages.installed("torch")
    write(f'torch: "{packages.installed("torch")}"\n')
    packages.hold("any")


def test_without_the_file_nothing_is_held_or_written():
    packages.hold("any")
    assert packages.refresh() == [] and not Path("packages.yaml").exists()


@pytest.mark.parametrize(
    "stage, names",
    [
        ("first", "numpy"),
        ("many@1", "numpy torch"),
        ("every", "numpy scipy torch"),
        ("none", ""),
        ("../dvc.yaml:first", "numpy scipy torch"),  # as DVC says it where it was started in a folder within
    ],
)
def test_a_stage_s_packages_are_those_that_dvc_yaml_names(stage, names):
    Path("dvc.yaml").write_text(DVC, encoding="utf-8")
    write('numpy: "1"\nscipy: "1"\ntorch: "1"\n')
    assert " ".join(packages.of_stage(stage)) == names


def test_a_stage_that_dvc_runs_stops_where_others_are_installed_than_would_be_recorded(monkeypatch, capsys):
    Path("dvc.yaml").write_text(DVC, encoding="utf-8")
    write('numpy: "1.0"\ntorch: "1.0"\n')
    ran: list[str] = []
    monkeypatch.setenv("DVC_STAGE", "first")
    with pytest.raises(SystemExit):
        run(lambda: ran.append("under DVC"))
    said = capsys.readouterr().err
    torch = packages.installed("torch")  # which another stage would stop for next
    assert f"numpy 1.0 -> {NUMPY}, torch 1.0 -> {torch}: packages.yaml has the first" in said
    assert "`python -m tasks.packages`" in said and "`pip install numpy==1.0 torch==1.0`" in said
    assert "come back by `dvc checkout`" in said
    monkeypatch.setenv("SAME_ENVIRONMENT", "false")
    run(lambda: ran.append("as it is"))
    monkeypatch.undo()
    run(lambda: ran.append("by hand"))  # of which nothing is recorded
    assert ran == ["as it is", "by hand"]


@pytest.mark.parametrize("false", ["false", "False"])
def test_what_is_to_be_used_as_it_is_is_not_written_either(monkeypatch, false):
    write('numpy: "1.0"\n')
    monkeypatch.setenv("SAME_ENVIRONMENT", false)
    assert packages.refresh() == [] and read() == 'numpy: "1.0"\n'


def test_what_is_neither_true_nor_false_is_refused(monkeypatch):
    monkeypatch.setenv("SAME_ENVIRONMENT", "no")
    with pytest.raises(UserError, match="SAME_ENVIRONMENT=no: it is true or false"):
        packages.refresh()


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    (tmp_path / "packages.yaml").write_bytes(b'numpy: "1.0" # \xe4\n')
    with pytest.raises(UserError, match=r"packages\.yaml is not UTF-8, at byte 15: `git checkout"):
        packages.recorded(tmp_path / "packages.yaml")


def test_what_is_installed_where_nothing_was_is_told_without_a_way_back():
    write('numpy: "none"\n')
    with pytest.raises(UserError, match=f"numpy none -> {NUMPY}") as error:
        packages.hold("any")
    assert "pip install" not in str(error.value)
