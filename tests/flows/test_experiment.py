"""The flow on this project's own dvc.yaml, with tiny data."""

import re

import yaml

PACKAGE = "core/reporting"  # which few stages name: each is run twice
HELPER = f"{PACKAGE}/markdown.py"


def test_a_helper_edited_under_core_reruns_exactly_the_stages_that_name_its_package_by_both_ways(
    finished, tmp_path, monkeypatch, reproduce
):
    copy = finished.copy(tmp_path / "copy")
    monkeypatch.chdir(copy.folder)
    before = reproduce()
    assert set(before.names.values()) == {"Cached"}

    stages = yaml.safe_load((copy.folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    importing = sorted(name for name, stage in stages.items() if PACKAGE in stage["deps"])
    with (copy.folder / HELPER).open("a", encoding="utf-8") as file:
        file.write("# edited once\n")
    run = reproduce()
    assert run.ran == importing
    assert all(f"{HELPER} changed" in run.messages[name] for name in importing)
    assert "up to date" in copy.dvc("status", "dvc.yaml")

    with (copy.folder / HELPER).open("a", encoding="utf-8") as file:
        file.write("# edited twice\n")
    assert sorted(re.findall("Running stage '(.+)'", copy.dvc("repro"))) == importing
    assert set(reproduce().names.values()) == {"Cached"}
